package trainer

import (
	"errors"
	"math"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/event"
)

// blockWatch measures what one step does to each block: made before the parameters are updated, reported after. It holds one
// host copy of the parameters, and exists only at the steps that an evaluation follows.
type blockWatch struct {
	split  split
	before shape.Tree
	sums   map[int]*[2]sums // by layer, -1 for what is in none; 0 is old, 1 is new
	err    error            // of summing gradients over ranks
}

// sums of squares over the entries of one part, in float64.
type sums struct {
	params               int64
	weight, grad, update float64
}

func (s sums) norms() event.PartNorms {
	return event.PartNorms{Params: s.params, Weight: math.Sqrt(s.weight), Grad: math.Sqrt(s.grad), Update: math.Sqrt(s.update)}
}

// watches reports whether an evaluation is due after the step from pos.
func (t *Trainer) watches(pos growth.Position) bool {
	every := int64(t.Recipe.Eval.Every)
	return every > 0 && (t.tokens+pos.Batch)/every != t.tokens/every
}

// watchBlocks begins to measure the step from pos if an evaluation is due after it; else it is nil.
func (t *Trainer) watchBlocks(pos growth.Position) *blockWatch {
	if !t.watches(pos) {
		return nil
	}
	w := &blockWatch{
		split:  split{t.Recipe.Masks(pos.Stage, shape.Factors{})},
		before: t.net.Download(t.Device, t.net.Params()),
		sums:   map[int]*[2]sums{},
	}
	w.each(t, t.net.Grads(), func(s *sums, weight, grad float32) {
		s.params++
		s.weight += float64(weight) * float64(weight)
		s.grad += float64(grad) * float64(grad)
	})
	return w
}

// fault is what went wrong in measuring, if anything did.
func (w *blockWatch) fault() error {
	if w == nil {
		return nil
	}
	return w.err
}

// emitBlocks reports the step that w began to measure; without one it does nothing.
func (t *Trainer) emitBlocks(pos growth.Position, w *blockWatch) {
	if w == nil {
		return
	}
	w.each(t, t.net.Params(), func(s *sums, before, after float32) {
		d := float64(after) - float64(before)
		s.update += d * d
	})
	e := event.Blocks{Step: pos.Step + 1, Tokens: t.tokens, Stage: pos.Stage + 1}
	for layer := -1; layer < t.net.Config.Layers; layer++ {
		if s := w.sums[layer]; s != nil {
			e.Blocks = append(e.Blocks, event.BlockNorms{Layer: layer, Old: s[0].norms(), New: s[1].norms()})
		}
	}
	t.spend()
	t.Sink.Emit(e)
}

// each calls f for every parameter: the sums of its part, its value before the step, and its entry of arena.
func (w *blockWatch) each(t *Trainer, arena compute.Vec, f func(s *sums, before, other float32)) {
	var host []float32
	for _, tensor := range t.net.Tensors {
		if cap(host) < tensor.Len() {
			host = make([]float32, tensor.Len())
		}
		host = host[:tensor.Len()]
		t.Device.Download(host, arena.At(t.net.Offset(tensor), tensor.Len()))
		if arena == t.net.Grads() { // this rank's share of them
			w.err = errors.Join(w.err, t.Ranks.SumVector(host))
		}
		s := w.sums[tensor.Layer]
		if s == nil {
			s = &[2]sums{}
			w.sums[tensor.Layer] = s
		}
		before := w.before.Data[tensor.Name]
		for first := 0; first < len(host); first += tensor.FanIn() {
			old := w.split.oldInRow(tensor, first/tensor.FanIn())
			for i := first; i < first+tensor.FanIn(); i++ {
				part := 1
				if i-first < old {
					part = 0
				}
				f(&s[part], before[i], host[i])
			}
		}
	}
}

// split tells the entries that were there before the last growth, leading blocks all, from those that it added.
type split struct{ growth shape.Masks }

// oldInRow is how many leading entries along the last axis of a row of tensor are old. Rows count over the other axes.
func (s split) oldInRow(tensor shape.Tensor, row int) int {
	last := len(tensor.Axes) - 1
	if s.growth.From.Layers == 0 {
		return tensor.Dims[last]
	}
	if tensor.Layer >= 0 && s.growth.NewLayer[tensor.Layer] {
		return 0
	}
	for i := last - 1; i >= 0; i-- {
		if row%tensor.Dims[i] >= s.growth.From.Size(tensor.Axes[i]) {
			return 0
		}
		row /= tensor.Dims[i]
	}
	return s.growth.From.Size(tensor.Axes[last])
}
