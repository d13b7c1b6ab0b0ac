package growth

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// decode reads the TOML document whole into r; it refuses unknown keys. Its error has a sentence for each fault.
func decode(name string, whole []byte, doc map[string]any, r *Recipe) error {
	err := toml.NewDecoder(bytes.NewReader(whole)).DisallowUnknownFields().Decode(r)
	if err == nil {
		return nil
	}
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		var all []error
		for _, e := range unknown.Errors {
			all = append(all, faultf("recipe %q: %s", name, unknownKey(keyPath(whole, &e))))
		}
		return errors.Join(all...)
	case errors.As(err, &wrong):
		return faultf("recipe %q: %s", name, wrongValue(doc, keyPath(whole, wrong), err))
	}
	return faultf("recipe %q: %v", name, err)
}

// keyPath is where a fault lies, as --set names it: "stage.2.tokens".
func keyPath(whole []byte, e *toml.DecodeError) []string {
	path := append([]string(nil), e.Key()...)
	if len(path) < 2 || path[0] != "stage" {
		return path
	}
	row, _ := e.Position()
	n := 0
	for i, line := range bytes.Split(whole, []byte("\n")) {
		if i < row && string(bytes.TrimSpace(line)) == "[[stage]]" {
			n++
		}
	}
	return append([]string{"stage", strconv.Itoa(n)}, path[1:]...)
}

// unknownKey says that there is no such key, and which there are in its place.
func unknownKey(path []string) string {
	place, of := "a recipe", reflect.TypeFor[Recipe]()
	if len(path) > 1 {
		section := path[0]
		for i := range of.NumField() {
			if keyOf(of.Field(i)) != section {
				continue
			}
			place, of = "section "+section, of.Field(i).Type
			if of.Kind() == reflect.Slice {
				place, of = "a "+section, of.Elem()
			}
			break
		}
	}
	var keys []string
	for i := range of.NumField() {
		if key := keyOf(of.Field(i)); key != "" {
			keys = append(keys, key)
		}
	}
	return fmt.Sprintf("unknown key %q; %s has %s", strings.Join(path, "."), place, strings.Join(keys, ", "))
}

// keyOf is the TOML key of a field of a recipe; "" of one that is not written.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return key
}

// wanted is what a key of a Go type takes, in words.
var wanted = []struct{ goType, words string }{
	{"[]string", `a list of texts, such as ["ffn", "hidden"]`},
	{"[]growth.Stage", "stages, each under [[stage]]"},
	{"float64", "a number"},
	{"uint64", "a whole number from 0 to 2^63-1"},
	{"int", "a whole number"},
	{"bool", "true or false"},
	{"string", "a text"},
	{"growth.", "a section with keys of its own"},
}

// wrongValue says what a key has, and what it takes.
func wrongValue(doc map[string]any, path []string, err error) string {
	key, why := strings.Join(path, "."), strings.TrimPrefix(err.Error(), "toml: ")
	for _, w := range wanted {
		if strings.Contains(why, "of type "+w.goType) || strings.HasSuffix(why, "stored in "+w.goType) {
			return fmt.Sprintf("%s is %s; it must be %s", key, written(doc, path), w.words)
		}
	}
	return key + ": " + why // as growth's own types say it
}

// written is the value at path, as a person wrote it.
func written(doc any, path []string) string {
	for _, key := range path {
		switch at := doc.(type) {
		case map[string]any:
			doc = at[key]
		case []any:
			if n, err := strconv.Atoi(key); err == nil && n >= 1 && n <= len(at) {
				doc = at[n-1]
			}
		}
	}
	if s, is := doc.(string); is {
		return strconv.Quote(s)
	}
	return fmt.Sprint(doc)
}
