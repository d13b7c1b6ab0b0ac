package knobs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"growlab/app/words"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/control"
)

// Course is where a run stands and what lies ahead of it.
type Course struct {
	Now    growth.Recipe // as edited until now
	Step   int64
	Tokens int64
	Edits  int // how many changes were made so far
}

// Keys of what can be staged besides growth.Settable.
const (
	keyThreads  = "threads"
	keyPostpone = control.Postpone
	keyExtend   = control.Extend
)

// order is the one in which staged edits are made; a batch, which bends a stage's course, before its length.
var order = []string{
	"lr", "weight_decay", "clip", "batch", "ramp", keyPostpone, keyExtend, "eval.every", "sample.every", "checkpoint.every", keyThreads,
}

// keys are all that can be staged: those in order, and whatever else a live run takes.
func keys() []string {
	all := slices.Clone(order)
	for _, key := range growth.Settable() {
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// Staged is edits that were not applied yet.
type Staged struct {
	course *Course // nil while it is not known
	values map[string]string
	then   growth.Recipe     // after all edits that can be made
	faults map[string]string // why the others cannot, by key
}

// NewStaged has no edits and knows no course.
func NewStaged() *Staged { return &Staged{values: map[string]string{}, faults: map[string]string{}} }

// Follow takes note of where the run stands, nil if that is not known.
func (s *Staged) Follow(c *Course) {
	s.course = c
	s.foresee()
}

// amounts are the keys of numbers of tokens, which people also write with commas.
var amounts = []string{"batch", "ramp", keyPostpone, keyExtend, "eval.every", "sample.every", "checkpoint.every"}

// Set stages an edit; "", or what is so anyway, takes it back.
func (s *Staged) Set(key, value string) {
	value = strings.TrimSpace(value)
	if slices.Contains(amounts, key) {
		value = plainAmount(value)
	}
	if value == "" || s.isPresent(key, value) {
		delete(s.values, key)
	} else {
		s.values[key] = value
	}
	s.foresee()
}

// plainAmount is a number of tokens without commas.
func plainAmount(text string) string { return strings.ReplaceAll(text, ",", "") }

// Clear takes all edits back.
func (s *Staged) Clear() {
	clear(s.values)
	s.foresee()
}

// Len is how many edits are staged.
func (s *Staged) Len() int { return len(s.values) }

// Fault is why an edit cannot be made, "" if it can.
func (s *Staged) Fault(key string) string { return s.faults[key] }

// Faults are all of them, in order.
func (s *Staged) Faults() []string {
	var all []string
	for _, key := range keys() {
		if f := s.faults[key]; f != "" {
			all = append(all, f)
		}
	}
	return all
}

// Text is what a field shows: the staged value, else the present one.
func (s *Staged) Text(key string) string {
	if v, ok := s.values[key]; ok {
		if n, err := strconv.ParseInt(strings.ReplaceAll(v, "_", ""), 10, 64); err == nil && slices.Contains(amounts, key) {
			return words.Thousands(n)
		}
		return v
	}
	return s.Present(key)
}

// isPresent reports whether a key has a value already, however it is written: 98304, 98_304.
func (s *Staged) isPresent(key, value string) bool {
	now := s.Present(key)
	if !slices.Contains(amounts, key) {
		return value == now
	}
	a, err := growth.ParseTokens(value)
	b, err2 := growth.ParseTokens(plainAmount(now))
	return err == nil && err2 == nil && a == b
}

// Present is the value of a key now, "" if it has none.
func (s *Staged) Present(key string) string {
	if s.course == nil {
		return ""
	}
	r, at := s.course.Now, s.course.Now.At(s.course.Tokens)
	switch key {
	case "lr":
		return words.Decimal(r.Train.LR)
	case "weight_decay":
		return words.Decimal(r.Train.WeightDecay)
	case "clip":
		return words.Decimal(r.Train.Clip)
	case "batch":
		if at.Done {
			return ""
		}
		return words.Thousands(at.Batch)
	case "eval.every":
		return words.Thousands(int64(r.Eval.Every))
	case "sample.every":
		return words.Thousands(int64(r.Sample.Every))
	case "checkpoint.every":
		return words.Thousands(int64(r.Checkpoint.Every))
	}
	return ""
}

// Ramping reports whether a growth is being faded in, and over how many tokens yet.
func (s *Staged) Ramping() (left int64, on bool) {
	if s.course == nil {
		return 0, false
	}
	at := s.course.Now.At(s.course.Tokens)
	if at.Done || at.Mask >= 1 {
		return 0, false
	}
	stage := s.course.Now.Plan().Stages[at.Stage]
	return stage.Begin + stage.Ramp - s.course.Tokens, true
}

// command is what asks the engine for an edit; the error is a sentence.
func command(key, value string) (control.Command, error) {
	c := control.Command{Verb: control.Set, Key: key, Value: value}
	if key == keyPostpone || key == keyExtend {
		n, err := growth.ParseTokens(value)
		if err != nil {
			return c, fmt.Errorf("%s by %w", key, err)
		}
		c = control.Command{Verb: key, Tokens: int(n)}
	}
	return c, c.Validate()
}

// Commands are the staged edits as the engine takes them, in the order in which they are to be made.
func (s *Staged) Commands() []control.Command {
	var all []control.Command
	for _, key := range keys() {
		if value, ok := s.values[key]; ok {
			if c, err := command(key, value); err == nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// foresee makes the edits on paper.
func (s *Staged) foresee() {
	clear(s.faults)
	if s.course == nil {
		return
	}
	s.then = s.course.Now
	for _, key := range keys() {
		value, ok := s.values[key]
		if !ok {
			continue
		}
		c, err := command(key, value)
		if err == nil && key == keyThreads {
			err = threads(value)
		} else if err == nil {
			err = s.edit(c)
		}
		if err != nil {
			s.faults[key] = err.Error()
		}
	}
}

// edit makes one edit on paper.
func (s *Staged) edit(c control.Command) error {
	e, ok := trainer.EditOf(c)
	if !ok {
		return fmt.Errorf("a live run cannot change %q", c.Key)
	}
	e.Step, e.Tokens = s.course.Step, s.course.Tokens
	next, err := s.then.Edit(e)
	if err == nil {
		s.then = next
	}
	return err
}

// threads says what is wrong with a number of them; the engine knows how many it has.
func threads(value string) error {
	if n, err := strconv.Atoi(value); err != nil || n < 1 {
		return fmt.Errorf("threads is %q; it must be a whole number of 1 or more", value)
	}
	return nil
}

// CanGrow says why the run cannot grow now, "" if it can.
func (s *Staged) CanGrow() string {
	if s.course == nil {
		return "where the run stands is not known yet"
	}
	if _, err := s.course.Now.Edit(growth.Edit{Step: s.course.Step, Tokens: s.course.Tokens, Key: growth.EditEnd}); err != nil {
		return err.Error()
	}
	return ""
}

// Words says what is staged, a line for each edit.
func (s *Staged) Words() []string {
	var all []string
	for _, key := range keys() {
		value, ok := s.values[key]
		if !ok {
			continue
		}
		if n, err := growth.ParseTokens(value); err == nil && slices.Contains(amounts, key) {
			value = words.Thousands(int64(n))
		}
		if was := s.Present(key); was != "" {
			all = append(all, fmt.Sprintf("%s %s to %s", key, was, value))
		} else {
			all = append(all, key+" "+value)
		}
	}
	return all
}

// staged keys, for tests.
func (s *Staged) staged() []string { return slices.Sorted(maps.Keys(s.values)) }
