package cpu

// #include "kernels.h"
import "C"

import (
	"fmt"
	"math"
	"sync"
	"unsafe"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Attention rotates q and k and masks q, k and v in place, and writes causal attention to o and its log-sum-exp to lse.
func (l *lane) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	contract.Attention(l, o, lse, qkv, a)
	g := l.attention(o, lse, qkv, a)
	l.heads(g, l.kernels.attention)
}

// AttentionGrad writes the gradient of qkv before rotation.
func (l *lane) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	contract.AttentionGrad(l, dqkv, do, qkv, o, lse, a)
	g := l.attention(o, lse, qkv, a)
	g.dout, g.dqkv = l.operand(do.Vec), l.operand(dqkv.Vec)
	l.heads(g, l.kernels.attentionGrad)
}

// heads calls f for ranges of the heads.
func (l *lane) heads(g C.gl_attention, f func(*C.gl_attention)) {
	l.share(int(g.heads), 1, func(w *lane, first, count int) {
		g := g
		g.first, g.count = C.ptrdiff_t(first), C.ptrdiff_t(count)
		if g.tmp = w.scratch(C.gl_attention_scratch(g.t, g.dim)); g.tmp == nil {
			return // the fault is noted
		}
		f(&g)
	})
}

// attention is what Attention and AttentionGrad hand to the kernels alike.
func (l *lane) attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) C.gl_attention {
	g := C.gl_attention{
		o: l.operand(o.Vec), lse: ptr(lse.Vec), qkv: l.operand(qkv.Vec),
		seqs: C.ptrdiff_t(l.Seqs()), t: C.ptrdiff_t(l.T()), heads: C.ptrdiff_t(a.Heads), dim: C.ptrdiff_t(a.HeadDim),
		scale: C.float(a.Scale), inputs: mask(a.Inputs, a.Heads), mask: mask(a.Mask, a.Heads),
	}
	table, err := l.tables.of(l.device, a.Rotary, l.T(), a.HeadDim)
	if err != nil {
		l.fail(err) // and the result is not rotated
	}
	g.rotary = table
	return g
}

// tables keeps the tables of all rotations asked for. Lanes share it.
type tables struct {
	mu   sync.Mutex
	made map[rotation]block
}

// rotation is what a table depends on.
type rotation struct {
	compute.Rotary
	t, dim int
}

// of returns the table of r for t positions of heads of dim.
func (s *tables) of(d *device, r compute.Rotary, t, dim int) (C.gl_rotary, error) {
	if r.Base == 0 {
		return C.gl_rotary{}, nil
	}
	s.mu.Lock() // nobody else takes memory while lanes run
	defer s.mu.Unlock()
	key := rotation{r, t, dim}
	b, ok := s.made[key]
	if !ok {
		var err error
		if b, err = d.take(4 * t * dim); err != nil {
			return C.gl_rotary{}, fmt.Errorf("table of rotations: %w", err)
		}
		if !d.dry {
			key.fill(unsafe.Slice((*float32)(b.p), b.n))
		}
		if s.made == nil {
			s.made = map[rotation]block{}
		}
		s.made[key] = b
	}
	n := t * dim
	return C.gl_rotary{qcos: b.p, qsin: at(b.p, n), kcos: at(b.p, 2*n), ksin: at(b.p, 3*n)}, nil
}

func (s *tables) free() {
	for _, b := range s.made {
		b.free()
	}
	s.made = nil
}

// fill writes (t, dim) factors for queries, cosines then signed sines, and the same for keys:
// x'[i] = cos[i] x[i] + sin[i] x[i^1], xPos's zeta included.
func (r rotation) fill(table []float32) {
	n, d := r.t*r.dim, float64(r.dim)
	for p := range r.t {
		for j := range r.dim / 2 {
			sin, cos := math.Sincos(math.Pow(r.Base, -2*float64(j)/d) * float64(p))
			zeta := 1.0
			if r.XPos {
				zeta = math.Pow((2*float64(j)+0.4*d)/(1.4*d), float64(p-r.Center)/512)
			}
			for k, f := range []float64{zeta, 1 / zeta} {
				c, s := table[2*k*n+p*r.dim+2*j:], table[(2*k+1)*n+p*r.dim+2*j:]
				c[0], c[1] = float32(f*cos), float32(f*cos)
				s[0], s[1] = float32(-f*sin), float32(f*sin)
			}
		}
	}
}
