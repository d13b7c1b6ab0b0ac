package planner

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"growlab/growth"
)

// kind is what a key holds, and so how a person writes it.
type kind int

const (
	kindNumber kind = iota // 3, 8e-3
	kindTokens             // 1536, 100k, 2.5M
	kindFLOPs              // 6T
	kindText               // any text
	kindChoice             // one of a few words
	kindToggle             // true or false
)

// entry is a key that a recipe may have; stages are "stage.*.".
type entry struct {
	pattern  string
	kind     kind
	comment  string // as the recipe file has it
	optional bool   // may be absent
}

// schema lists the keys of a recipe in the order of its file, read off the structs that the file is decoded into: a key that is
// new there is editable here at once.
var schema = sync.OnceValue(func() []entry {
	var all []entry
	walk(reflect.TypeFor[growth.Recipe](), "", &all)
	return all
})

func walk(t reflect.Type, prefix string, all *[]entry) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		key := prefix + name
		of := f.Type
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch {
		case of.Kind() == reflect.Struct:
			walk(of, key+".", all)
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
			walk(of.Elem(), key+".*.", all)
		case of.Kind() == reflect.Slice: // a list of values, which one edits in the file
		default:
			e := entry{pattern: key, kind: kindOfType(of), comment: f.Tag.Get("comment"), optional: strings.Contains(options, "omitempty")}
			if e.kind == kindText && specs[key].Choices != nil {
				e.kind = kindChoice
			}
			*all = append(*all, e)
		}
	}
}

func kindOfType(t reflect.Type) kind {
	switch {
	case t == reflect.TypeFor[growth.Tokens]():
		return kindTokens
	case t == reflect.TypeFor[growth.FLOPs]():
		return kindFLOPs
	case t.Kind() == reflect.String:
		return kindText
	case t.Kind() == reflect.Bool:
		return kindToggle
	}
	return kindNumber
}

// patternOf is the pattern of a key: stage.2.tokens is stage.*.tokens.
func patternOf(key string) string {
	if n := stageOf(key); n > 0 {
		return strings.Replace(key, fmt.Sprintf("stage.%d.", n), "stage.*.", 1)
	}
	return key
}

// entryOf is the schema's entry of a key; false if a recipe has no such key.
func entryOf(key string) (entry, bool) {
	pattern := patternOf(key)
	for _, e := range schema() {
		if e.pattern == pattern {
			return e, true
		}
	}
	return entry{}, false
}

func kindOf(key string) kind {
	e, _ := entryOf(key)
	return e.kind
}

func isStageKey(word string) bool {
	_, ok := entryOf("stage.1." + word)
	return ok
}
