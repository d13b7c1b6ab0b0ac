package trainer

import (
	"math"
	"testing"

	"growlab/growth/shape"
	"growlab/trainer/event"
)

// TestBlocks: at the steps that an evaluation follows, the parts together have the gradient norm of the step and all
// parameters, and old parts are as large as the network before.
func TestBlocks(t *testing.T) {
	var m memory
	r := recipe(t)
	finishRun(t, r, &m, nil)
	steps := map[int64]event.Step{}
	for _, s := range of[event.Step](m.events) {
		steps[s.Step] = s
	}
	all := of[event.Blocks](m.events)
	if want := int(768 / 160); len(all) != want {
		t.Fatalf("%d measurements, want %d", len(all), want)
	}
	for _, e := range all {
		c := r.Config(e.Stage - 1)
		var grad float64
		var params, old int64
		for i, b := range e.Blocks {
			if b.Layer != i-1 {
				t.Errorf("step %d: block %d is named %d", e.Step, i-1, b.Layer)
			}
			for _, p := range []event.PartNorms{b.Old, b.New} {
				grad += p.Grad * p.Grad
				params += p.Params
				if p.Params > 0 && !(p.Weight > 0 && p.Ratio() > 0 && p.Ratio() < 10) {
					t.Errorf("step %d, block %d: %+v", e.Step, b.Layer, p)
				}
			}
			old += b.Old.Params
		}
		wantOld := c.Params()
		if e.Stage > 1 {
			wantOld = r.Config(e.Stage - 2).Params()
		}
		if params != c.Params() || old != wantOld {
			t.Errorf("step %d: %d parameters, %d of them old, want %d and %d", e.Step, params, old, c.Params(), wantOld)
		}
		if want := steps[e.Step].GradNorm; math.Abs(math.Sqrt(grad)-want) > 1e-6*want {
			t.Errorf("step %d: gradient norm %g from the blocks, %g from the step", e.Step, math.Sqrt(grad), want)
		}
	}
}

// TestOldInRow: the leading block of each axis, and nothing of an added layer.
func TestOldInRow(t *testing.T) {
	from := shape.Config{Vocab: 9, Context: 8, Layers: 1, Heads: 2, HeadDim: 4, Hidden: 8, FFN: 16}
	s := split{shape.Masks{From: from, NewLayer: []bool{false, true}}}
	qkv := shape.Tensor{Axes: []shape.Axis{shape.QKV, shape.Inner, shape.Hidden}, Dims: []int{3, 12, 12}}
	for _, row := range []struct {
		name   string
		tensor shape.Tensor
		row    int
		want   int
	}{
		{"a vector", shape.Tensor{Axes: []shape.Axis{shape.FFN}, Dims: []int{24}}, 0, 16},
		{"an old query", qkv, 7, 8},
		{"a new query", qkv, 8, 0},
		{"an old key", qkv, 12, 8},
		{"a new value", qkv, 35, 0},
		{"an added layer", shape.Tensor{Layer: 1, Axes: []shape.Axis{shape.Hidden}, Dims: []int{12}}, 0, 0},
		{"the embedding", shape.Tensor{Layer: -1, Axes: []shape.Axis{shape.Vocab, shape.Hidden}, Dims: []int{9, 12}}, 8, 8},
	} {
		if got := s.oldInRow(row.tensor, row.row); got != row.want {
			t.Errorf("%s: %d entries are old, want %d", row.name, got, row.want)
		}
	}
	if got := (split{}).oldInRow(qkv, 35); got != 12 {
		t.Errorf("without growth: %d entries are old, want all 12", got)
	}
}
