package trainer

import (
	"reflect"
	"testing"

	"growlab/growth"
	"growlab/trainer/event"
)

// growthFor are settings under which op grows tiny twice: the shapes as they are, or those that it accepts.
func growthFor(op growth.Operator) []string {
	sets := []string{"stage.2.operator=" + op.Name(), "stage.3.operator=" + op.Name()}
	if _, free := op.Depth(); !free {
		own, _ := op.Depth()
		sets = append(sets, "stage.3.depth="+own)
	}
	switch op.(type) {
	case growth.LLaMAPro:
		return append(sets, "stage.2.hidden=8", "stage.3.hidden=8")
	case growth.HyperCloning:
		return append(sets, "stage.2.hidden=16", "stage.2.layers=1", "stage.3.hidden=32", "stage.3.layers=1")
	}
	return sets
}

// TestEveryOperatorTrains: through both growths, keeping what it promises, resumed in between to the same numbers.
func TestEveryOperatorTrains(t *testing.T) {
	for _, op := range growth.Operators {
		t.Run(op.Name(), func(t *testing.T) {
			r := recipe(t, growthFor(op)...)
			var whole, rest memory
			end := finishRun(t, r, &whole, nil)
			grew := of[event.Grew](whole.events)
			if len(grew) != 2 {
				t.Fatalf("grew %d times, want 2", len(grew))
			}
			for i, g := range grew {
				if want := op.Promise().Holds(r.Config(i), r.Config(i+1)); g.Preserves != want {
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

// TestMomentsOfAStage: fresh counts Adam's steps anew, zero goes on counting; both resume to the same numbers.
func TestMomentsOfAStage(t *testing.T) {
	ends := map[string]float64{}
	for kind, steps := range map[string]int64{"carry": 24, "zero": 24, "fresh": 6} { // stage 3 has 6 steps
		var whole, rest memory
		r := recipe(t, "stage.2.moments="+kind, "stage.3.moments="+kind)
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
	plain := finishRun(t, recipe(t), &memory{}, nil)
	if !reflect.DeepEqual(plain.Loss, ends["carry"]) {
		t.Errorf("the default ends at %v, carry at %v", plain.Loss, ends["carry"])
	}
}
