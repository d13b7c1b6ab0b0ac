//go:build linux

package kernelstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

type attentionCase struct {
	heads        kernels.Heads
	operands     cudart.DataType
	rotary, xPos bool
	inputs, mask twoValued
}

func (c attentionCase) String() string {
	return fmt.Sprintf("%+v, type %d, rotary %v %v, inputs %v, mask %v", c.heads, c.operands, c.rotary, c.xPos, c.inputs, c.mask)
}

var attentionCases = []attentionCase{
	{shaped(1, 1, 1, 64), cudart.BF16, false, false, noMask, noMask},
	{shaped(2, 70, 3, 64), cudart.BF16, true, true, noMask, twoValued{old: 1, m: 0.3}},
	{shaped(1, 200, 1, 64), cudart.BF16, true, false, noMask, noMask},
	{shaped(1, 65, 2, 128), cudart.BF16, true, false, twoValued{old: 1, m: 0.5}, noMask},
	{shaped(1, 130, 1, 128), cudart.BF16, false, false, noMask, noMask},
	{shaped(2, 64, 3, 16), cudart.BF16, true, true, twoValued{old: 2, m: 0}, twoValued{old: 2, m: 0}},
	{shaped(1, 131, 2, 16), cudart.BF16, true, false, noMask, noMask},
	{shaped(1, 100, 2, 32), cudart.BF16, true, false, noMask, twoValued{old: 1, m: 1}},
	{shaped(1, 40, 3, 5), cudart.BF16, false, false, noMask, twoValued{old: 2, m: 0.3}},
	{shaped(2, 35, 2, 40), cudart.F32, true, true, twoValued{old: 1, m: 0.3}, noMask},
	{shaped(1, 33, 1, 16), cudart.F32, true, false, noMask, twoValued{old: 0, m: 0.3}},
}

const rotaryBase, xPosCenter = 10000, 17

// turned is qkv with queries and keys turned, all masked; back: by the transpose.
func (c attentionCase) turned(qkv []float64, back bool) []float64 {
	out := append([]float64(nil), qkv...)
	h := c.heads
	inner := h.Count * h.Dim
	table := make([]float32, kernels.RotaryLen(h.T, h.Dim))
	if c.rotary {
		kernels.Rotary(table, h.T, h.Dim, rotaryBase, c.xPos, xPosCenter)
	}
	for row := range h.Rows() {
		for part := range 3 {
			for head := range h.Count {
				at := out[row*3*inner+part*inner+head*h.Dim:][:h.Dim]
				for j := 0; c.rotary && part < 2 && j < h.Dim/2; j++ {
					w := table[4*(row%h.T*(h.Dim/2)+j)+2*part:]
					cos, sin := float64(w[0]), float64(w[1])
					if back {
						sin = -sin
					}
					at[2*j], at[2*j+1] = at[2*j]*cos-at[2*j+1]*sin, at[2*j+1]*cos+at[2*j]*sin
				}
				for j := range at {
					at[j] *= c.inputs.of(head)
				}
			}
		}
	}
	return out
}

// reference computes output and log-sum-exp from turned qkv, and the gradient of it (not turned back) by g.
func (c attentionCase) reference(qkv, do []float64, scale float64) (o, lse, dqkv []float64) {
	h := c.heads
	inner := h.Count * h.Dim
	o, lse, dqkv = make([]float64, h.Rows()*inner), make([]float64, h.Rows()*h.Count), make([]float64, len(qkv))
	for i := range h.Seqs * h.Count {
		seq, head := i/h.Count, i%h.Count
		at := func(v []float64, part, t int) []float64 { return v[((seq*h.T+t)*3+part)*inner+head*h.Dim:][:h.Dim] }
		of := func(v []float64, t int) []float64 { return v[(seq*h.T+t)*inner+head*h.Dim:][:h.Dim] }
		eta := c.mask.of(head)
		for t := range h.T {
			p, top, sum := make([]float64, t+1), math.Inf(-1), 0.0
			for j := range p {
				p[j] = scale * dotOf(at(qkv, 0, t), at(qkv, 1, j))
				top = max(top, p[j])
			}
			for j := range p {
				sum += math.Exp(p[j] - top)
			}
			lse[(seq*h.T+t)*h.Count+head] = top + math.Log(sum)
			for j := range p {
				p[j] = math.Exp(p[j]-top) / sum
				for d, v := range at(qkv, 2, j) {
					of(o, t)[d] += eta * p[j] * v
				}
			}
			if do == nil {
				continue
			}
			delta := dotOf(of(do, t), of(o, t))
			for j := range p {
				ds := p[j] * (eta*dotOf(of(do, t), at(qkv, 2, j)) - delta)
				for d := range h.Dim {
					at(dqkv, 0, t)[d] += scale * ds * at(qkv, 1, j)[d]
					at(dqkv, 1, j)[d] += scale * ds * at(qkv, 0, t)[d]
					at(dqkv, 2, j)[d] += p[j] * eta * of(do, t)[d]
				}
			}
		}
	}
	return o, lse, dqkv
}

func dotOf(a, b []float64) (s float64) {
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

func (c attentionCase) run(g *gpu) {
	h := c.heads
	inner, rows := h.Count*h.Dim, h.Rows()
	qkv, do := random(1, rows*3*inner, 1), random(2, rows*inner, 1)
	scale := 1.3 / math.Sqrt(float64(h.Dim))
	atQKV, atDO := g.put(qkv, c.operands), g.put(do, c.operands)
	r := kernels.Rotate{QKV: atQKV, Inputs: g.mask(c.inputs, h.Count), Heads: h}
	if c.rotary {
		table := make([]float32, kernels.RotaryLen(h.T, h.Dim))
		kernels.Rotary(table, h.T, h.Dim, rotaryBase, c.xPos, xPosCenter)
		b := make([]byte, 4*len(table))
		for i, v := range table {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
		}
		r.Table = g.bytes(b)
	}
	g.must(g.k.Rotate(g.s, r))
	qkv = c.turned(qkv, false)
	got := g.get(atQKV, len(qkv))
	near(g.t, c.String()+": turned", got, qkv, tolerance(c.operands)/2)
	qkv = got // as rounded
	a := kernels.Attention{QKV: atQKV, O: g.room(rows*inner, c.operands), LSE: g.room(rows*h.Count, cudart.F32).At, Heads: h, Scale: scale, Mask: g.mask(c.mask, h.Count)}
	g.must(g.k.Attention(g.s, a))
	o, lse, dqkv := c.reference(qkv, do, scale)
	near(g.t, c.String()+": o", g.get(a.O, len(o)), o, tolerance(c.operands)*2)
	near(g.t, c.String()+": lse", g.getF32(a.LSE, len(lse)), lse, 1e-5)
	d := kernels.AttentionGrad{
		DQKV: g.room(len(qkv), c.operands), DO: atDO, QKV: atQKV, O: a.O, LSE: a.LSE, Table: r.Table, Inputs: r.Inputs, Mask: a.Mask, Heads: h,
		Scale: scale, Scratch: g.alloc(int(kernels.AttentionScratch(h))),
	}
	g.must(g.k.AttentionGrad(g.s, d))
	near(g.t, c.String()+": dqkv", g.get(d.DQKV, len(qkv)), c.turned(dqkv, true), tolerance(c.operands)*4)
}

func (on host) testAttention(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, c := range attentionCases {
			g.schedule(schedules[i%len(schedules)])
			c.run(g)
		}
	})
}

// shaped are count heads of dim in seqs sequences of t positions.
func shaped(seqs, t, count, dim int) kernels.Heads {
	return kernels.Heads{Seqs: seqs, T: t, Count: count, Dim: dim}
}
