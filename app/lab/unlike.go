package lab

import (
	"fmt"
	"slices"
	"strings"
)

// asMeant are the keys in which contenders may differ without a word: what is compared, and what changes no number or rounding only.
// Those that end in a dot stand for all below them.
var asMeant = []string{
	"stage.", "train.lr", "train.seed", "train.micro_batch", "train.recompute", "eval.every", "sample.", "checkpoint.", "device",
	"teacher.", changesKey, // told elsewhere
}

// unlike says in which other keys rivals differ from the run, so that not growth alone is compared.
func unlike(groups []Group) ([]string, error) {
	var notes []string
	for _, rival := range groups[1:] {
		pair := []Group{groups[0], rival}
		all, err := differences(pair)
		if err != nil {
			return nil, err
		}
		var what []string
		for _, d := range all {
			switch {
			case slices.ContainsFunc(asMeant, func(key string) bool {
				return d.Key == key || strings.HasSuffix(key, ".") && strings.HasPrefix(d.Key, key)
			}):
			case d.Key == "program":
				notes = append(notes, fmt.Sprintf("%s and %s come from different builds of growlab (%s and %s), which may round differently",
					pair[0].Name, rival.Name, d.Values[0], d.Values[1]))
			default:
				what = append(what, fmt.Sprintf("%s (%s and %s)", d.Key, d.Values[0], d.Values[1]))
			}
		}
		if len(what) > 0 {
			notes = append(notes, fmt.Sprintf("%s and %s differ in more than stages and learning rate: %s", pair[0].Name, rival.Name, strings.Join(what, ", ")))
		}
	}
	return notes, nil
}
