package lab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Difference is a key of the recipe, or what a run was made with, in which contenders differ.
type Difference struct {
	Key    string
	Values []string // of each group, in order; "-" where absent
}

// changesKey stands for what people changed as the runs went.
const changesKey = "changed as it went"

// differences lists them, sorted by key.
func differences(groups []Group) ([]Difference, error) {
	values := map[string][]string{}
	for i, g := range groups {
		flat, err := g.flat()
		if err != nil {
			return nil, err
		}
		for key, v := range flat {
			if values[key] == nil {
				values[key] = slices.Repeat([]string{"-"}, len(groups))
			}
			values[key][i] = v
		}
	}
	var all []Difference
	for key, v := range values {
		if slices.ContainsFunc(v, func(x string) bool { return x != v[0] }) {
			all = append(all, Difference{key, v})
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.Key, b.Key) })
	return all, nil
}

// flat is what a group was made with, as keys that --set would take.
func (g Group) flat() (map[string]string, error) {
	r := g.Entries[0].Recipe
	r.Name, r.Title, r.About, r.RivalOf = "", "", "", ""
	text, err := r.TOML()
	if err != nil {
		return nil, err
	}
	doc := map[string]any{}
	if err := toml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("recipe of %s: %w", g.Name, err)
	}
	flat := map[string]string{}
	flatten("", doc, flat)
	flat["train.seed"] = g.joined(func(e Entry) string { return fmt.Sprint(e.Meta.Seed) })
	if s := g.joined(Entry.changed); s != "" {
		flat[changesKey] = s
	}
	flat["device"] = g.joined(func(e Entry) string { return e.Run.Device })
	flat["program"] = g.joined(func(e Entry) string { return e.Meta.Version })
	return flat, nil
}

// joined lists what the runs of a group say, each once.
func (g Group) joined(f func(Entry) string) string {
	var all []string
	for _, e := range g.Entries {
		if s := f(e); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(all, ", ")
}

func flatten(prefix string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			flatten(strings.TrimPrefix(prefix+"."+key, "."), x, into)
		}
	case []any:
		for i, x := range v {
			flatten(fmt.Sprintf("%s.%d", prefix, i+1), x, into)
		}
	default:
		into[prefix] = fmt.Sprint(v)
	}
}
