package trainer

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// quick spares tests of growth what they do not look at.
var quick = []string{"eval.tokens=8", "eval.final_tokens=8", "sample.tokens=0"}

// growthFor are settings under which op grows tiny twice: the shapes as they are, or those that it accepts.
func growthFor(op growth.Operator) []string {
	sets := append([]string{"stage.2.operator=" + op.Name, "stage.3.operator=" + op.Name}, quick...)
	if op.OnlyDepth {
		sets = append(sets, "stage.3.depth="+op.Depth)
	}
	switch op.Name {
	case growth.LLaMAPro.Name:
		return append(sets, "stage.2.hidden=8", "stage.3.hidden=8")
	case growth.HyperCloning.Name:
		return append(sets, "stage.2.hidden=16", "stage.2.layers=1", "stage.3.hidden=32", "stage.3.layers=1")
	}
	return sets
}

// TestEveryOperatorTrains: through both growths, keeping what it promises, resumed in between to the same numbers.
func TestEveryOperatorTrains(t *testing.T) {
	for _, op := range growth.Operators {
		t.Run(op.Name, func(t *testing.T) {
			r := recipe(t, growthFor(op)...)
			var whole, rest memory
			end := finishRun(t, r, &whole, nil)
			grew := of[event.Grew](whole.events)
			if len(grew) != 2 {
				t.Fatalf("grew %d times, want 2", len(grew))
			}
			for i, g := range grew {
				if want := op.Promise.Holds(r.Config(i), r.Config(i+1)); g.Preserves != want {
					t.Errorf("growth %d promises %v, want %v", i+1, g.Preserves, want)
				}
				if g.Preserves && g.MaxLogitDiff > 1e-5*max(g.MaxLogit, 1) {
					t.Errorf("growth %d moved logits of %g by %g", i+1, g.MaxLogit, g.MaxLogitDiff)
				}
			}
			c := whole.saved[len(whole.saved)-2]
			if again := finishRun(t, r, &rest, &c); again.Loss != end.Loss {
				t.Errorf("resumed at step %d: final loss %v, want %v", c.Step, again.Loss, end.Loss)
			}
		})
	}
}

// TestRampOrder: with one dimension after another the growth is as exact, the run another one, and a resume from the middle of a
// ramp comes to the same numbers, in every step.
func TestRampOrder(t *testing.T) {
	const order = `ramp_order=["ffn", "layers", "hidden", "heads"]`
	for _, op := range []growth.Operator{growth.MSG, growth.MSGAuthors} {
		t.Run(op.Name, func(t *testing.T) {
			sets := append(growthFor(op), "checkpoint.every=32")
			together := finishRun(t, recipe(t, sets...), &memory{}, nil)
			r := recipe(t, append(sets, "stage.2."+order, "stage.3."+order)...)
			var whole memory
			end := finishRun(t, r, &whole, nil)
			if end.Loss == together.Loss {
				t.Errorf("the order changes nothing: loss %v", end.Loss)
			}
			if s := of[event.Start](whole.events)[0].Stages; s[1].RampOrder != "ffn, layers, hidden, heads" {
				t.Errorf("the run says %q of its ramp", s[1].RampOrder)
			}
			for i, g := range of[event.Grew](whole.events) {
				if g.MaxLogitDiff > 1e-6 {
					t.Errorf("growth %d moved logits by %g", i+1, g.MaxLogitDiff)
				}
			}
			steps, inside := of[event.Step](whole.events), 0
			for _, c := range whole.saved {
				if p := r.At(c.Tokens); p.Done || p.Factors == shape.Joint(p.Mask) {
					continue
				}
				inside++
				var rest memory
				if again := finishRun(t, r, &rest, &c); again.Loss != end.Loss {
					t.Errorf("resumed at step %d: final loss %v, want %v", c.Step, again.Loss, end.Loss)
				}
				if got := of[event.Step](rest.events); !reflect.DeepEqual(got, steps[c.Step:]) {
					t.Errorf("resumed at step %d: steps differ", c.Step)
				}
			}
			if inside < 4 {
				t.Errorf("%d checkpoints lie inside ramps, want several", inside)
			}
		})
	}
}

// TestMomentsOfAStage: fresh counts Adam's steps anew, zero goes on counting; both resume to the same numbers.
func TestMomentsOfAStage(t *testing.T) {
	ends := map[string]float64{}
	for kind, steps := range map[string]int64{"carry": 24, "zero": 24, "fresh": 6} { // stage 3 has 6 steps
		var whole, rest memory
		r := recipe(t, append([]string{"stage.2.moments=" + kind, "stage.3.moments=" + kind}, quick...)...)
		tr := start(t, r, &whole, nil, nil)
		end, err := tr.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tr.adam.Steps != steps {
			t.Errorf("%s: Adam counts %d steps at the end, want %d", kind, tr.adam.Steps, steps)
		}
		c := whole.saved[len(whole.saved)-2]
		if again := finishRun(t, r, &rest, &c); again.Loss != end.Loss {
			t.Errorf("%s, resumed at step %d: final loss %v, want %v", kind, c.Step, again.Loss, end.Loss)
		}
		ends[kind] = end.Loss
		if g := of[event.Grew](whole.events)[1]; (g.MomentsCarried == 0) != (kind != "carry") {
			t.Errorf("%s: %d moments carried", kind, g.MomentsCarried)
		}
	}
	if ends["carry"] == ends["zero"] || ends["zero"] == ends["fresh"] {
		t.Errorf("what becomes of the moments changes nothing: %v", ends)
	}
	plain := finishRun(t, recipe(t, quick...), &memory{}, nil)
	if !reflect.DeepEqual(plain.Loss, ends["carry"]) {
		t.Errorf("the default ends at %v, carry at %v", plain.Loss, ends["carry"])
	}
}

// TestPlateau: a stage whose evaluations gain too little ends early; the rest follows as planned, and resumes to the same
// numbers from every checkpoint.
func TestPlateau(t *testing.T) {
	r := recipe(t, append([]string{
		"eval.every=64", "stage.1.plateau=2", "stage.1.plateau_gain=100", "stage.2.plateau=1", "stage.2.plateau_gain=100",
	}, quick...)...)
	var whole memory
	end := finishRun(t, r, &whole, nil)
	grew := of[event.Grew](whole.events)
	// Stage 1 ends at its third evaluation, step 6; stage 2 at its second after a ramp of 4 steps, evaluated at even steps: 12.
	if len(grew) != 2 || grew[0].Step != 6 || grew[1].Step != 12 || end.Step != 18 || end.Tokens != 18*32 {
		t.Fatalf("grew %+v, ended at step %d", grew, end.Step)
	}
	for i, g := range grew {
		if len(g.Plan) != 3 || g.Plan[i].Steps != 6 || g.To != g.Plan[i+1] || g.To.FromStep != g.Step || g.MaxLogitDiff > 1e-6 {
			t.Errorf("growth %d: %+v", i+1, g)
		}
	}
	var plan event.Start
	plan.Replan(grew[1].Plan)
	if plan.Steps != end.Step || plan.Tokens != end.Tokens {
		t.Errorf("the last plan has %d steps, the run %d", plan.Steps, end.Step)
	}
	for _, c := range whole.saved {
		if c.Reason == "end" {
			continue
		}
		var rest memory
		if again := finishRun(t, r, &rest, &c); again.Loss != end.Loss || again.Step != end.Step {
			t.Errorf("resumed at step %d: loss %v after %d steps, want %v after %d", c.Step, again.Loss, again.Step, end.Loss, end.Step)
		}
		if got, want := of[event.Step](rest.events), of[event.Step](whole.events)[c.Step:]; !reflect.DeepEqual(got, want) {
			t.Errorf("resumed at step %d: steps differ", c.Step)
		}
		net, err := Open(newDevice(), r, c)
		if err != nil {
			t.Fatalf("the checkpoint of step %d does not open: %v", c.Step, err)
		}
		net.Free()
	}
}

// TestAskedEvaluationsDoNotCount: who looks does not change the run.
func TestAskedEvaluationsDoNotCount(t *testing.T) {
	r := recipe(t, append([]string{"eval.every=64", "stage.1.plateau=2", "stage.1.plateau_gain=100"}, quick...)...)
	want := finishRun(t, r, &memory{}, nil)
	requests := make(chan control.Request, 8)
	m := &memory{}
	m.hook = func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step < 6 {
			requests <- control.NewRequest(control.Command{Verb: control.Eval}, func(error) {})
		}
	}
	got, err := start(t, r, m, nil, requests).Run(t.Context())
	if err != nil || got.Loss != want.Loss || got.Step != want.Step {
		t.Errorf("asked for evaluations the run ends at loss %v, step %d: %v; else at %v, %d", got.Loss, got.Step, err, want.Loss, want.Step)
	}
}

// TestGrowNow: asked by a person, the run grows at once, refuses where that makes no sense, and resumes to the same numbers.
func TestGrowNow(t *testing.T) {
	r := recipe(t)
	requests := make(chan control.Request, 8)
	var refusals []string
	m := &memory{}
	m.hook = func(e event.Event) {
		s, ok := e.(event.Step)
		if !ok || s.Step != 5 && s.Step != 6 && s.Step != 9 && s.Step != 13 {
			return
		}
		for range 2 { // the second comes when the first has been carried out
			requests <- control.NewRequest(control.Command{Verb: control.Grow}, func(err error) {
				if err != nil {
					refusals = append(refusals, fmt.Sprintf("%d: %v", s.Step, err))
				}
			})
		}
	}
	end, err := start(t, r, m, nil, requests).Run(t.Context())
	if err != nil || end.Step != 5+4+6 {
		t.Fatalf("ended %+v: %v", end, err)
	}
	want := []string{
		"5: stage 2 has just begun, at step 5; let it take a step",
		"6: the last growth is still being faded in, m is 0.25; growing waits until step 9",
		"6: the last growth is still being faded in, m is 0.25; growing waits until step 9",
		"9: the run is in the last of its 3 stages; there is nothing to grow into",
		"13: the run is in the last of its 3 stages; there is nothing to grow into",
		"13: the run is in the last of its 3 stages; there is nothing to grow into",
	}
	if !reflect.DeepEqual(refusals, want) {
		t.Errorf("refused\n%s\nwant\n%s", strings.Join(refusals, "\n"), strings.Join(want, "\n"))
	}
	grew := of[event.Grew](m.events)
	if len(grew) != 2 || grew[0].Step != 5 || grew[1].Step != 9 || len(grew[1].Plan) != 3 || grew[1].MaxLogitDiff > 1e-6 {
		t.Fatalf("grew %+v", grew)
	}
	for _, c := range m.saved {
		if c.Reason == "end" || c.Stage < 2 { // before the second growth it was not yet asked for
			continue
		}
		var rest memory
		if again := finishRun(t, r, &rest, &c); again.Loss != end.Loss {
			t.Errorf("resumed at step %d: loss %v, want %v", c.Step, again.Loss, end.Loss)
		}
	}
	for i, c := range m.saved {
		if c.Reason == "transition" && (m.saved[i-1].Reason != "edit" || m.saved[i-1].Step != c.Step || m.saved[i-1].Stage != c.Stage-1) {
			t.Errorf("before the growth at step %d the run saved %q at step %d", c.Step, m.saved[i-1].Reason, m.saved[i-1].Step)
		}
	}
}
