package planner

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"growlab/app/words"
	"growlab/growth"
)

// document is a recipe as flat keys, as --set takes them: "train.lr", "stage.2.tokens".
type document map[string]any

// documentOf is the document of r. A recipe can always be written.
func documentOf(r growth.Recipe) document {
	text, err := r.TOML()
	if err != nil {
		panic(fmt.Sprintf("planner: recipe %q cannot be written: %v", r.Name, err))
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(text, &tree); err != nil {
		panic(fmt.Sprintf("planner: recipe %q cannot be read again: %v", r.Name, err))
	}
	d := document{}
	d.add("", tree)
	return d
}

func (d document) add(prefix string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			d.add(strings.TrimPrefix(prefix+"."+key, "."), x)
		}
	case []any:
		if len(v) == 0 || !isTable(v[0]) {
			d[prefix] = v
			return
		}
		for i, x := range v {
			d.add(prefix+"."+strconv.Itoa(i+1), x)
		}
	default:
		d[prefix] = v
	}
}

func isTable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// keys are in order.
func (d document) keys() []string { return slices.Sorted(maps.Keys(d)) }

// text writes the value of a key as a person does: "" if it is absent, 100k for a round number of tokens.
func (d document) text(key string) string {
	switch v := d[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		if kindOf(key) == kindTokens {
			return words.Amount(v)
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return words.Decimal(v)
	default:
		return fmt.Sprint(v)
	}
}

// without is the text of r as TOML less one key, so that reading it gives the key its default.
func without(r growth.Recipe, key string) ([]byte, error) {
	text, err := r.TOML()
	if err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	path := strings.Split(key, ".")
	var at any = tree
	for _, part := range path[:len(path)-1] {
		below, ok := child(at, part)
		if !ok {
			return text, nil // it is not there
		}
		at = below
	}
	if table, ok := at.(map[string]any); ok {
		delete(table, path[len(path)-1])
	}
	return toml.Marshal(tree)
}

// child is the value below v of a name, or of a number that counts from 1.
func child(v any, part string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		c, ok := v[part]
		return c, ok
	case []any:
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > len(v) {
			return nil, false
		}
		return v[n-1], true
	}
	return nil, false
}
