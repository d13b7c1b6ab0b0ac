package kernels

import (
	"encoding/binary"
	"math"

	"growlab/cudart"
)

// AdamBytes is the size of an AdamBlock in device memory.
const AdamBytes = 32

// AdamBlock holds what all parameters share in a step of AdamW. Step counts from 1.
type AdamBlock struct {
	Beta1, Beta2, Eps float64
	Step              int64
}

// Put writes the block as it lies in device memory.
func (b AdamBlock) Put(to []byte) {
	for i, v := range []float64{
		b.Beta1, b.Beta2, b.Eps, 1 / (1 - math.Pow(b.Beta1, float64(b.Step))), 1 / (1 - math.Pow(b.Beta2, float64(b.Step))),
		1 - b.Beta1, 1 - b.Beta2, 0,
	} {
		binary.LittleEndian.PutUint32(to[4*i:], math.Float32bits(float32(v)))
	}
}

// Span is a range of the parameters with its own learning rate and decay.
type Span struct {
	Off, N    int64
	LR, Decay float64
}

const (
	// SpanBytes is the size of a Span in device memory.
	SpanBytes = 32
	adamTile  = 1024 // parameters of a block
)

// PutSpans writes spans as they lie in device memory, SpanBytes each, and returns the number of tiles they make, which AdamW is told.
// Empty spans are left out; the table is filled with spans that have no tile.
func PutSpans(to []byte, spans []Span) (tiles int) {
	clear(to[:SpanBytes*len(spans)])
	n := 0
	put := func(s Span) {
		b := to[SpanBytes*n:]
		binary.LittleEndian.PutUint64(b, uint64(s.Off))
		binary.LittleEndian.PutUint64(b[8:], uint64(s.N))
		binary.LittleEndian.PutUint32(b[16:], math.Float32bits(float32(s.LR)))
		binary.LittleEndian.PutUint32(b[20:], math.Float32bits(float32(s.LR*s.Decay)))
		binary.LittleEndian.PutUint64(b[24:], uint64(tiles))
		tiles += int((s.N + adamTile - 1) / adamTile)
		n++
	}
	for _, s := range spans {
		if s.N > 0 {
			put(s)
		}
	}
	for n < len(spans) {
		put(Span{})
	}
	return tiles
}

// AdamW updates P, M and V from G (Loshchilov and Hutter, arXiv:1711.05101), span by span:
//
//	g' = scale g; m = β1 m + (1-β1) g'; v = β2 v + (1-β2) g'²
//	p = p - lr decay p - lr (m/(1-β1^step)) / (sqrt(v/(1-β2^step)) + eps)
//
// where scale is Clip, 1 if that is absent; where it is not a number, nothing is written. The new parameters are copied to Copy.
type AdamW struct {
	P, G, M, V cudart.Ptr // float32, indexed alike
	Copy       Array      // or absent
	Block      cudart.Ptr // an AdamBlock
	Spans      cudart.Ptr // of PutSpans
	SpanCount  int        // as given to PutSpans
	Tiles      int        // as PutSpans told
	Clip       cudart.Ptr // float32, of ClipScale, or 0
}

// AdamW launches one kernel.
func (k *Set) AdamW(s *cudart.Stream, w AdamW) error {
	if w.Tiles == 0 {
		return nil
	}
	positive("AdamW", w.SpanCount)
	a := struct {
		copy                           Array
		p, g, m, v, block, spans, clip cudart.Ptr
		count, vec                     int32
	}{w.Copy, w.P, w.G, w.M, w.V, w.Block, w.Spans, w.Clip, i32(w.SpanCount), quads(0, w.Copy, F32(w.P), F32(w.G), F32(w.M), F32(w.V))}
	return launch(k, s, adamKernel, dim(w.Tiles), cudart.Dim{X: 256}, 0, &a)
}

// ClipScale writes to to, a float32, the factor that brings the norm of the gradients, whose sum of squares is the float64 at squares,
// down to at most limit: 1 if it is below, and not a number if the norm is not finite. A limit of 0 is none.
func (k *Set) ClipScale(s *cudart.Stream, to, squares cudart.Ptr, limit float64) error {
	if limit == 0 {
		limit = math.Inf(1)
	}
	a := struct {
		to, squares cudart.Ptr
		limit       float32
		_           int32
	}{to, squares, float32(limit), 0}
	return launch(k, s, clipKernel, dim(1), cudart.Dim{X: 32}, 0, &a)
}
