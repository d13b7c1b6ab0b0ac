package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"growlab/growth"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// ask is a command as a person would give it.
func ask(words string) control.Command {
	if words == "grow" {
		return control.Command{Verb: control.Grow}
	}
	var c control.Command
	if n, err := fmt.Sscanf(words, "%s %d", &c.Verb, &c.Tokens); n == 2 && err == nil {
		return c
	}
	key, value, _ := strings.Cut(words, "=")
	return control.Command{Verb: control.Set, Key: key, Value: value}
}

// driven trains r, asking what script says after each step, and returns its answers too: "" for what was accepted.
func driven(t *testing.T, r growth.Recipe, script map[int64][]string) (m *memory, answers []string) {
	t.Helper()
	requests := make(chan control.Request, 8)
	m = &memory{}
	m.hook = func(e event.Event) {
		s, ok := e.(event.Step)
		if !ok {
			return
		}
		for _, words := range script[s.Step] {
			requests <- control.NewRequest(ask(words), func(err error) {
				if err == nil {
					err = errors.New("")
				}
				answers = append(answers, err.Error())
			})
		}
	}
	end, err := start(t, r, m, nil, requests).Run(t.Context())
	if err != nil || end.State != "done" {
		t.Fatalf("%v: run ended %q: %v", script, end.State, err)
	}
	return m, answers
}

// last is the last checkpoint and the journal that it has.
func last(t *testing.T, r growth.Recipe, m *memory) (Checkpoint, []growth.Edit) {
	t.Helper()
	c := m.saved[len(m.saved)-1]
	journal, err := c.Journal(r)
	if err != nil {
		t.Fatal(err)
	}
	return c, journal
}

// replayed trains r from a checkpoint (nil: the beginning) after a journal.
func replayed(t *testing.T, r growth.Recipe, from *Checkpoint, by Replay) (*memory, event.Ended, error) {
	t.Helper()
	m := &memory{}
	tr, err := New(Options{Recipe: r, Device: newDevice(), Data: text(t), Sink: m, Resume: from, Replay: &by})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	end, err := tr.Run(t.Context())
	return m, end, err
}

// TestEdits: every edit takes effect with the next step, is journalled with its step and its plan, and the state before it is
// saved under the journal that has it.
func TestEdits(t *testing.T) {
	r := recipe(t, quick...)
	m, answers := driven(t, r, map[int64][]string{
		3: {"lr=0.5x", "clip=1e-3"}, 5: {"batch=64", "weight_decay=0"}, 7: {"grow"}, 8: {"ramp=96"}, 10: {"postpone 64"},
		11: {"eval.every=32", "checkpoint.every=64"}, 12: {"extend 96"},
	})
	for i, a := range answers {
		if a != "" {
			t.Fatalf("answer %d: %s", i+1, a)
		}
	}
	_, journal := last(t, r, m)
	var said []string
	now := r
	for _, e := range journal {
		var err error
		if now, err = now.Edit(e); err != nil {
			t.Fatal(err)
		}
		said = append(said, fmt.Sprintf("%d %v", e.Step, e))
	}
	want := []string{
		"3 lr=0.5x", "3 clip=1e-3", "5 batch=64", "5 weight_decay=0", "7 grow", "8 ramp=96", "10 postpone 64", "11 eval.every=32",
		"11 checkpoint.every=64", "12 extend 96",
	}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("the journal says\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	commands := of[event.Command](m.events)
	if len(commands) != len(journal) {
		t.Fatalf("%d commands, %d edits", len(commands), len(journal))
	}
	for i, c := range commands {
		planned := map[string]int{"batch": 3, "ramp": 3, growth.EditPostpone: 3, growth.EditExtend: 3}
		if e := journal[i]; c.Step != e.Step || c.Tokens != e.Tokens || len(c.Plan) != planned[e.Key] {
			t.Errorf("command %+v of edit %+v", c, e)
		}
	}
	saved := 0
	for _, c := range m.saved {
		if c.Reason == "edit" {
			past, err := c.Journal(r)
			if err != nil || !reflect.DeepEqual(past, journal[:saved+1]) || c.Step != journal[saved].Step {
				t.Errorf("before edit %d step %d was saved, with journal %v, %v", saved+1, c.Step, past, err)
			}
			saved++
		}
	}
	if saved != len(journal) {
		t.Errorf("%d checkpoints before %d edits", saved, len(journal))
	}
	steps := of[event.Step](m.events)
	if a, b := steps[2].LR, steps[3].LR; b > 0.5*a || b < 0.45*a {
		t.Errorf("the rate went from %v to %v, want half, and a little less as it decays", a, b)
	}
	if steps[5].Tokens != steps[4].Tokens+64 || steps[4].Tokens != 5*32 {
		t.Errorf("steps 5 and 6 end after %d and %d tokens", steps[4].Tokens, steps[5].Tokens)
	}
	final := steps[len(steps)-1]
	if plan := now.Plan(); final.Step != plan.Steps || final.Tokens != plan.Tokens {
		t.Errorf("ended at step %d after %d tokens; the recipe as edited says %d and %d", final.Step, final.Tokens, plan.Steps, plan.Tokens)
	}
}

// TestEditsChangeNumbers: what the optimizer is told does something.
func TestEditsChangeNumbers(t *testing.T) {
	r := recipe(t, quick...)
	plain := finishRun(t, r, &memory{}, nil)
	for _, words := range []string{"lr=0.5x", "clip=1e-3", "weight_decay=10", "batch=64"} {
		m, _ := driven(t, r, map[int64][]string{3: {words}})
		if end := of[event.Ended](m.events)[0]; end.Loss == plain.Loss {
			t.Errorf("%s changes nothing", words)
		}
	}
	m, _ := driven(t, r, map[int64][]string{3: {"sample.every=32", "eval.every=64", "checkpoint.every=32"}})
	if end := of[event.Ended](m.events)[0]; end.Loss != plain.Loss {
		t.Errorf("cadences change the final loss from %v to %v", plain.Loss, end.Loss)
	}
	if n := len(m.saved); n < 20 {
		t.Errorf("%d checkpoints, want one for each step", n)
	}
}

// TestEditedRunsResumeAndReplay: a run with edits at random steps is, resumed from any of its checkpoints, or replayed from its
// journal, the same to the last bit; one that is killed between an edit and the next step loses nothing.
func TestEditedRunsResumeAndReplay(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	words := []string{"lr=0.7x", "lr=2e-2", "clip=0.01", "weight_decay=1", "batch=64", "batch=16", "ramp=16", "ramp=96", "grow", "grow", "postpone 96", "extend 64", "eval.every=64", "checkpoint.every=64"}
	kinds := map[string]int{}
	for n := range 4 {
		r := recipe(t, append([]string{"stage.1.tokens=160", "stage.1.warmup=0", "stage.2.plateau=2", "eval.every=64", "stage.2.plateau_gain=100"}, quick...)...)
		script := map[int64][]string{}
		for range 10 {
			s := 1 + rng.Int64N(16)
			script[s] = append(script[s], words[rng.IntN(len(words))])
		}
		whole, _ := driven(t, r, script)
		end, journal := last(t, r, whole)
		for _, e := range journal {
			kinds[e.Key]++
		}
		want := of[event.Step](whole.events)
		same := func(how string, got []event.Step, from int64) {
			t.Helper()
			if !reflect.DeepEqual(got, want[from:]) {
				t.Errorf("run %d, journal %v, %s: steps differ", n, journal, how)
			}
		}
		again, _, err := replayed(t, r, nil, Replay{Edits: journal})
		if err != nil {
			t.Fatalf("run %d, journal %v: %v", n, journal, err)
		}
		same("replayed", of[event.Step](again.events), 0)
		if c, j := last(t, r, again); !reflect.DeepEqual(j, journal) || !reflect.DeepEqual(c.Params, end.Params) || !reflect.DeepEqual(c.V, end.V) {
			t.Errorf("run %d: the replay ends with another state, or the journal %v, want %v", n, j, journal)
		}
		for i, c := range whole.saved[:len(whole.saved)-1] {
			if i%5 != n%5 {
				continue
			}
			rest, _, err := replayed(t, r, &c, Replay{Edits: journal})
			if err != nil {
				t.Fatalf("run %d, journal %v, resumed at step %d: %v", n, journal, c.Step, err)
			}
			same(fmt.Sprintf("resumed at step %d (%s)", c.Step, c.Reason), of[event.Step](rest.events), c.Step)
			net, err := Open(newDevice(), r, c)
			if err != nil {
				t.Fatalf("the checkpoint of step %d does not open: %v", c.Step, err)
			}
			net.Free()
		}
	}
	for _, key := range []string{"lr", "clip", "weight_decay", "batch", "ramp", growth.EditEnd, growth.EditPostpone, growth.EditExtend} {
		if kinds[key] == 0 {
			t.Errorf("no run had an edit of %s: %v", key, kinds)
		}
	}
}

// TestKilledBeforeGrowing: the growth that was asked for comes after the resume, without another word.
func TestKilledBeforeGrowing(t *testing.T) {
	r := recipe(t)
	whole, _ := driven(t, r, map[int64][]string{5: {"grow"}})
	for _, c := range whole.saved {
		if c.Reason != "edit" {
			continue
		}
		var rest memory
		end := finishRun(t, r, &rest, &c)
		if want := of[event.Ended](whole.events)[0]; end.Loss != want.Loss || end.Step != want.Step {
			t.Errorf("loss %v after %d steps, want %v after %d", end.Loss, end.Step, want.Loss, want.Step)
		}
		if got, want := of[event.Grew](rest.events), of[event.Grew](whole.events); !reflect.DeepEqual(got, want) {
			t.Errorf("grew %+v, want %+v", got, want)
		}
		if got, want := len(of[event.Sampled](rest.events)), len(of[event.Sampled](whole.events)); got != want {
			t.Errorf("%d samples, want %d", got, want)
		}
		return
	}
	t.Fatal("nothing was saved before the growth")
}

// TestEditedBeforeTheFirstStep: the journal begins at step 0, and so does the resumed run.
func TestEditedBeforeTheFirstStep(t *testing.T) {
	r := recipe(t, quick...)
	requests := make(chan control.Request, 1)
	requests <- control.NewRequest(ask("batch=64"), func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	m := &memory{}
	if _, err := start(t, r, m, nil, requests).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := m.saved[0]
	if first.Step != 0 || first.Reason != "edit" || of[event.Step](m.events)[0].Tokens != 64 {
		t.Errorf("saved %q at step %d; the first step ends after %d tokens", first.Reason, first.Step, of[event.Step](m.events)[0].Tokens)
	}
	var rest memory
	finishRun(t, r, &rest, &first)
	if !reflect.DeepEqual(of[event.Step](rest.events), of[event.Step](m.events)) {
		t.Error("resumed at step 0 the steps differ")
	}
}

// TestPausedRunIsEdited: at the same step it makes no difference that the run waited.
func TestPausedRunIsEdited(t *testing.T) {
	r := recipe(t, quick...)
	want, _ := driven(t, r, map[int64][]string{4: {"batch=64", "lr=0.5x"}})
	requests := make(chan control.Request, 8)
	send := func(c control.Command) {
		requests <- control.NewRequest(c, func(err error) {
			if err != nil {
				t.Errorf("%v: %v", c, err)
			}
		})
	}
	m := &memory{}
	m.hook = func(e event.Event) {
		switch e := e.(type) {
		case event.Step:
			if e.Step == 4 {
				send(control.Command{Verb: control.Pause})
			}
		case event.Paused:
			send(ask("batch=64"))
			send(ask("lr=0.5x"))
			send(control.Command{Verb: control.Resume})
		}
	}
	if _, err := start(t, r, m, nil, requests).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(of[event.Step](m.events), of[event.Step](want.events)) {
		t.Error("the steps differ")
	}
}

// TestReplayStops where it is told to, and goes on from there.
func TestReplayStops(t *testing.T) {
	r := recipe(t, quick...)
	whole, _ := driven(t, r, map[int64][]string{3: {"lr=0.5x"}, 9: {"clip=0.01"}})
	_, journal := last(t, r, whole)
	first, end, err := replayed(t, r, nil, Replay{Edits: journal, Until: 6})
	if err != nil || end.State != "stopped" || end.Step != 6 {
		t.Fatalf("ended %+v: %v; want stopped at step 6", end, err)
	}
	c, _ := last(t, r, first)
	rest, end, err := replayed(t, r, &c, Replay{Edits: journal})
	if err != nil || end.State != "done" || !reflect.DeepEqual(of[event.Step](rest.events), of[event.Step](whole.events)[6:]) {
		t.Errorf("ended %+v: %v; or the steps differ", end, err)
	}
}

// TestReplayOfAnotherRun: a journal that the run never comes to ends it with a sentence, and so does one that does not fit.
func TestReplayOfAnotherRun(t *testing.T) {
	for want, e := range map[string]growth.Edit{
		"lr=1 was made at step 3, after 100 tokens; this run is at step 4, after 128": {Step: 3, Tokens: 100, Key: "lr", Value: "1"},
		"there is no ramp to change": {Step: 3, Tokens: 96, Key: "ramp", Value: "0"},
	} {
		_, end, err := replayed(t, recipe(t, quick...), nil, Replay{Edits: []growth.Edit{e}})
		if err == nil || !strings.Contains(err.Error(), want) || end.State != "failed" {
			t.Errorf("ended %q: %v; want %q", end.State, err, want)
		}
	}
}

// TestEditsRefused: as commands, with a sentence; growth has the table of what cannot be.
func TestEditsRefused(t *testing.T) {
	tr := start(t, recipe(t, "stage.1.tokens=4096", "stage.2.tokens=4096", "stage.3.tokens=4096"), &memory{}, nil, nil)
	for words, want := range map[string]string{
		"batch=20":         "batch is 20 tokens; it must be a multiple of context 8",
		"batch=4000":       "but one batch of 500 sequences of 8 needs 4001: give a longer text or a smaller batch",
		"extend 3":         "extend by 3 tokens is less than a step",
		"grow":             "stage 1 has just begun, at step 0",
		"end=1":            `cannot change "end"`,
		"stage.2.tokens=3": `cannot change "stage.2.tokens"`,
		"lr=0.5":           "",
	} {
		if err := tr.refuse(ask(words)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
}

// TestReplayIsNotEdited: it would be another run.
func TestReplayIsNotEdited(t *testing.T) {
	tr, err := New(Options{Recipe: recipe(t), Device: newDevice(), Data: text(t), Sink: &memory{}, Replay: &Replay{}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.refuse(ask("lr=0.5x")); err == nil || !strings.Contains(err.Error(), "replays the journal of another, so lr=0.5x") {
		t.Errorf("got %v", err)
	}
}

// TestOldJournal: what runs kept of stages that ended early before there were edits is read as edits.
func TestOldJournal(t *testing.T) {
	r := recipe(t, quick...)
	whole, _ := driven(t, r, map[int64][]string{5: {"grow"}})
	c := whole.saved[len(whole.saved)-2]
	var meta map[string]any
	if err := json.Unmarshal(c.Meta, &meta); err != nil {
		t.Fatal(err)
	}
	delete(meta, "edits")
	meta["ends"] = []int64{5 * 32}
	var err error
	if c.Meta, err = json.Marshal(meta); err != nil {
		t.Fatal(err)
	}
	journal, err := c.Journal(r)
	if want := []growth.Edit{{Step: 5, Tokens: 160, Key: growth.EditEnd}}; err != nil || !reflect.DeepEqual(journal, want) {
		t.Errorf("journal %+v, %v; want %+v", journal, err, want)
	}
	if end, want := finishRun(t, r, &memory{}, &c), of[event.Ended](whole.events)[0]; end.Loss != want.Loss {
		t.Errorf("final loss %v, want %v", end.Loss, want.Loss)
	}
}
