package planner

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"growlab/growth"
)

// Origin is where a draft came from, which its command begins with.
type Origin struct {
	Preset string // name, "" if it is none
	File   string // path, "" if it is none
	Goal   Goal   // what it was derived from, zero if it was not
}

// Goal is the one dial: what growth.Derive makes a whole recipe of, as texts.
type Goal struct {
	Params string // "10M"
	Budget string // "30M" tokens
}

// Draft is a recipe under edit. What a person typed that cannot be read is kept beside it, so that nothing is lost while they
// type.
type Draft struct {
	origin Origin
	base   growth.Recipe // as it came
	recipe growth.Recipe
	doc    document          // of recipe
	typed  map[string]string // texts that could not be read, by key
	why    map[string]string // and the reasons
	faults []Fault
}

// Fault is what is wrong with a draft.
type Fault struct {
	Stage int    // counts from 1; 0 if it is about no stage
	Key   string // of the field that it is about, "" if that cannot be told
	Text  string
}

// NewDraft begins with a recipe.
func NewDraft(r growth.Recipe, o Origin) *Draft {
	d := &Draft{origin: o, base: r, typed: map[string]string{}, why: map[string]string{}}
	d.take(r)
	return d
}

func (d *Draft) take(r growth.Recipe) {
	d.recipe = r
	d.doc = documentOf(r)
	d.faults = d.judge()
}

// Recipe is the recipe as it could be read; it can be trained if there are no Faults.
func (d *Draft) Recipe() growth.Recipe { return d.recipe }

// Origin is where the draft came from.
func (d *Draft) Origin() Origin { return d.origin }

// Faults are all that is wrong, in the order in which a person meets it.
func (d *Draft) Faults() []Fault { return d.faults }

// Fault is what is wrong with one key, "" if nothing is.
func (d *Draft) Fault(key string) string {
	for _, f := range d.faults {
		if f.Key == key {
			return f.Text
		}
	}
	return ""
}

// Keys are those of the recipe that are present.
func (d *Draft) Keys() []string { return d.doc.keys() }

// Text is what a field for key shows.
func (d *Draft) Text(key string) string {
	if text, ok := d.typed[key]; ok {
		return text
	}
	return spoken(key, d.doc.text(key))
}

// spoken is a value of a key as a field shows it: numbers of tokens with commas, which Set takes too.
func spoken(key, text string) string {
	if kindOf(key) == kindTokens {
		return strings.ReplaceAll(text, "_", ",")
	}
	return text
}

// Set changes a key, as --set would; "" takes it out, which gives it its default.
func (d *Draft) Set(key, text string) {
	delete(d.typed, key)
	delete(d.why, key)
	text = strings.TrimSpace(text)
	r, err := d.changed(key, text)
	if err != nil && !readable(r, err) {
		d.typed[key], d.why[key] = text, sentence(err)
		d.faults = d.judge()
		return
	}
	d.take(r)
}

// changed is the recipe with a key changed; the error is that of growth.Parse.
func (d *Draft) changed(key, text string) (growth.Recipe, error) {
	if text == "" {
		whole, err := without(d.recipe, key)
		if err != nil {
			return d.recipe, err
		}
		return growth.Parse(d.recipe.Name, whole)
	}
	whole, err := d.recipe.TOML()
	if err != nil {
		return d.recipe, err
	}
	return growth.Parse(d.recipe.Name, whole, key+"="+quoted(key, text))
}

// quoted is text as --set must have it so that TOML takes it for what the key holds.
func quoted(key, text string) string {
	switch kindOf(key) {
	case kindText, kindChoice:
		return strconv.Quote(text)
	case kindTokens, kindFLOPs:
		return strconv.Quote(strings.ReplaceAll(text, ",", ""))
	case kindNumber, kindToggle:
	}
	return text
}

// readable reports whether the text could be read and only its sense is wrong: then growth.Parse returns the recipe all the same.
func readable(r growth.Recipe, err error) bool {
	return err != nil && r.Version != 0 && len(r.Stages) > 0 && err.Error() == errorText(r.Validate())
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// judge collects what could not be read and what does not make sense.
func (d *Draft) judge() []Fault {
	var all []Fault
	for _, key := range slices.Sorted(maps.Keys(d.typed)) {
		all = append(all, Fault{Stage: stageOf(key), Key: key, Text: d.why[key]})
	}
	for _, text := range sentences(d.recipe.Validate()) {
		all = append(all, d.locate(text))
	}
	return all
}

// sentences are those of a joined error, without the name of the recipe.
func sentences(err error) []string {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, sentences(e)...)
		}
		return all
	}
	return []string{sentence(err)}
}

// sentence is that of an error about a recipe, without its name and the words of --set.
func sentence(err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "recipe "); ok {
		if quoted, e := strconv.QuotedPrefix(rest); e == nil {
			text = strings.TrimPrefix(rest[len(quoted):], ": ")
		}
	}
	if rest, ok := strings.CutPrefix(text, "--set "); ok {
		if _, after, cut := strings.Cut(rest, ": "); cut {
			text = after
		}
	}
	return text
}

// locate finds the stage and the key that a sentence is about.
func (d *Draft) locate(text string) Fault {
	f := Fault{Text: text}
	rest := text
	if _, err := fmt.Sscanf(text, "stage %d:", &f.Stage); err == nil {
		_, rest, _ = strings.Cut(text, ": ")
		f.Text = rest
	}
	word, _, _ := strings.Cut(rest, " ")
	word = strings.TrimSuffix(word, ",")
	switch {
	case f.Stage > 0 && isStageKey(word):
		f.Key = stageKey(f.Stage, word)
	case f.Stage == 0 && strings.Contains(word, "."):
		f.Key = word
	}
	return f
}

// stageKey is a key of stage n, which counts from 1.
func stageKey(n int, key string) string { return fmt.Sprintf("stage.%d.%s", n, key) }

// stageOf is the stage of a key, 0 if it has none.
func stageOf(key string) int {
	var n int
	if _, err := fmt.Sscanf(key, "stage.%d.", &n); err != nil {
		return 0
	}
	return n
}

// Change is a key that the draft has otherwise than its origin.
type Change struct{ Key, From, To string }

// Changes are those since the origin, in order of keys.
func (d *Draft) Changes() []Change { return Difference(d.base, d.recipe) }

// Difference lists the keys in which two recipes differ; absent ones are "".
func Difference(a, b growth.Recipe) []Change {
	from, to := documentOf(a), documentOf(b)
	both := maps.Clone(from)
	maps.Copy(both, to)
	var all []Change
	for _, key := range both.keys() {
		if x, y := from.text(key), to.text(key); x != y {
			all = append(all, Change{key, x, y})
		}
	}
	return all
}

// Changed reports whether anything is other than in the origin.
func (d *Draft) Changed() bool { return len(d.typed) > 0 || len(d.Changes()) > 0 }

// Saved notes that the draft is now the recipe in a file.
func (d *Draft) Saved(path string) {
	d.origin, d.base = Origin{File: path}, d.recipe
}
