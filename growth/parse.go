package growth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ErrRecipe is wrapped by every error about a recipe's text.
var ErrRecipe = errors.New("bad recipe")

// recipeError is one fault of a recipe: ErrRecipe to callers that branch, its sentence to people.
type recipeError struct{ sentence string }

func (e recipeError) Error() string { return e.sentence }
func (recipeError) Unwrap() error   { return ErrRecipe }

func faultf(format string, a ...any) error { return recipeError{fmt.Sprintf(format, a...)} }

// Parse reads the TOML text of a recipe over Default, applies sets ("train.lr=1e-3", "stage.2.tokens=1M"; stages count
// from 1), refuses unknown keys, and validates. name is used in errors, and as the recipe's name if it has none.
func Parse(name string, text []byte, sets ...string) (Recipe, error) {
	r := Default()
	doc := map[string]any{}
	if err := toml.Unmarshal(text, &doc); err != nil {
		return r, faultf("recipe %q: %v", name, whereTOML(err))
	}
	for _, s := range sets {
		if err := set(doc, s); err != nil {
			return r, faultf("recipe %q: --set %s: %v", name, s, err)
		}
	}
	whole, err := toml.Marshal(doc)
	if err != nil {
		return r, faultf("recipe %q: %v", name, err)
	}
	r.Version = 0
	if err := decode(name, whole, doc, &r); err != nil {
		return r, err
	}
	if r.Name == "" {
		r.Name = name
	}
	return r, r.Validate()
}

// TOML is the canonical text of r; Parse of it gives r again.
func (r Recipe) TOML() ([]byte, error) {
	b, err := toml.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("recipe %q: %w", r.Name, err)
	}
	return b, nil
}

func whereTOML(err error) error {
	var d *toml.DecodeError
	if errors.As(err, &d) {
		row, col := d.Position()
		return fmt.Errorf("line %d, column %d: %w", row, col, err)
	}
	return err
}

// set applies one "path=value" to a decoded document.
func set(doc map[string]any, s string) error {
	path, value, ok := strings.Cut(s, "=")
	if !ok || path == "" {
		return errors.New("write section.key=value, for example train.lr=1e-3")
	}
	keys := strings.Split(strings.TrimSpace(path), ".")
	at := doc
	for i := 0; i < len(keys)-1; i++ {
		if keys[i] == "stage" {
			stages, err := stageList(doc)
			if err != nil {
				return err
			}
			if i+2 >= len(keys) {
				return errors.New("say which stage, for example stage.2.tokens=1M")
			}
			n, err := strconv.Atoi(keys[i+1])
			if err != nil || n < 1 || n > len(stages) {
				return fmt.Errorf("stage %q does not exist; the stages are 1 to %d", keys[i+1], len(stages))
			}
			at, i = stages[n-1], i+1
			continue
		}
		next, ok := at[keys[i]].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[keys[i]] = next
		}
		at = next
	}
	at[keys[len(keys)-1]] = scalar(strings.TrimSpace(value))
	return nil
}

func stageList(doc map[string]any) ([]map[string]any, error) {
	list, ok := doc["stage"].([]any)
	if !ok {
		return nil, errors.New("the recipe has no stages")
	}
	var out []map[string]any
	for _, s := range list {
		m, ok := s.(map[string]any)
		if !ok {
			return nil, errors.New("stage must be a table, [[stage]]")
		}
		out = append(out, m)
	}
	return out, nil
}

// scalar reads a value as TOML would (numbers, booleans, quoted strings), and anything else as a plain string.
func scalar(v string) any {
	var d map[string]any
	if err := toml.Unmarshal([]byte("v="+v), &d); err == nil {
		return d["v"]
	}
	return v
}
