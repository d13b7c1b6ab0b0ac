package computetest

import (
	"math"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Attention rotates q and k, masks q, k and v, and writes softmax(Scale q·k) v of each head, over the positions up to its
// own. As operands, q, k and v are rounded before they meet, and exp(score - top) before it meets v; the sum that divides it is not.
func (l *lane) Attention(o, lse, qkv compute.Mat, a compute.AttentionSpec) {
	contract.Attention(l, o, lse, qkv, a)
	l.attentionLies("Attention", o, lse, qkv)

	turns := rotation(a.Rotary, l.T(), a.HeadDim)
	scores := make([]float64, l.T())
	for i := range l.seqs * a.Heads {
		h := l.head(qkv, a, i)
		turns.turn(h.q, h.k)
		h.scale(a.Inputs.Of(h.index), l.T())
	}
	settle(qkv.Vec)
	for i := range l.seqs * a.Heads {
		h := l.head(qkv, a, i)
		eta := a.Mask.Of(h.index)
		for t := range l.T() {
			p, q := scores[:t+1], h.q(t)
			top := math.Inf(-1)
			for j := range p {
				p[j] = a.Scale * dot(q, h.k(j))
				top = max(top, p[j])
			}
			var sum float64
			for j := range p {
				p[j] = math.Exp(p[j] - top)
				sum += p[j]
			}
			row(lse, h.row(t))[h.index] = top + math.Log(sum)

			out := h.of(o, t)
			clear(out)
			for j := range p {
				axpy(out, held(p[j], l.operands)/sum, h.v(j))
			}
			for j := range out {
				out[j] *= eta
			}
		}
	}
	settle(o.Vec)
}

// AttentionGrad writes the gradient of qkv. With p the probabilities, recomputed from lse, g = eta do the gradient of a
// head before its mask, and s the scores:
//
//	dv_j = Σ_t p_tj g_t;  ds_tj = p_tj (g_t·v_j - do_t·o_t);  dq_t = Scale Σ_j ds_tj k_j;  dk_j = Scale Σ_t ds_tj q_t
//
// where do·o, with o as masked, is g·(o before the mask). Rotating back is the transpose of rotating; what masked q, k and v
// multiplies their gradients too. As operands, p_tj and ds_tj are rounded where they stand beside g_t, k_j and q_t.
func (l *lane) AttentionGrad(dqkv, do, qkv, o, lse compute.Mat, a compute.AttentionSpec) {
	contract.AttentionGrad(l, dqkv, do, qkv, o, lse, a)
	l.attentionLies("AttentionGrad", o, lse, qkv)
	args{"do": do.Vec, "dqkv": dqkv.Vec}.lie("AttentionGrad", l.operands)

	turns := rotation(a.Rotary, l.T(), a.HeadDim)
	g := make([]float64, a.HeadDim)
	clear(Data(dqkv.Vec))
	for i := range l.seqs * a.Heads {
		h, d := l.head(qkv, a, i), l.head(dqkv, a, i)
		eta := a.Mask.Of(h.index)
		for t := range l.T() {
			dot1 := dot(h.of(do, t), h.of(o, t))
			for j, v := range h.of(do, t) {
				g[j] = eta * v
			}
			for j := range t + 1 {
				p := math.Exp(a.Scale*dot(h.q(t), h.k(j)) - row(lse, h.row(t))[h.index])
				axpy(d.v(j), held(p, l.operands), g)
				ds := held(p*(dot(g, h.v(j))-dot1), l.operands)
				axpy(d.q(t), a.Scale*ds, h.k(j))
				axpy(d.k(j), a.Scale*ds, h.q(t))
			}
		}
		turns.turnBack(d.q, d.k)
		d.scale(a.Inputs.Of(h.index), l.T())
	}
	settle(dqkv.Vec)
}

// attentionLies panics unless the arguments lie where the contract says.
func (l *lane) attentionLies(op string, o, lse, qkv compute.Mat) {
	args{"o": o.Vec, "qkv": qkv.Vec}.lie(op, l.operands)
	args{"lse": lse.Vec}.lie(op, compute.FP32)
}

// head is one head of one sequence in a (rows, 3I) matrix.
type head struct {
	data       []float64 // all of the matrix
	first      int       // row of position 0
	index, dim int
	heads      int
}

// head is head i, counted over sequences, then heads.
func (l *lane) head(qkv compute.Mat, a compute.AttentionSpec, i int) head {
	return head{Data(qkv.Vec), i / a.Heads * l.T(), i % a.Heads, a.HeadDim, a.Heads}
}

func (h head) row(t int) int { return h.first + t }

// at is the head's part of position t in q, k or v (part 0, 1 or 2).
func (h head) at(part, t int) []float64 {
	return h.data[((h.row(t)*3+part)*h.heads+h.index)*h.dim:][:h.dim]
}

func (h head) q(t int) []float64 { return h.at(0, t) }
func (h head) k(t int) []float64 { return h.at(1, t) }
func (h head) v(t int) []float64 { return h.at(2, t) }

// scale multiplies q, k and v at the positions below t.
func (h head) scale(by float64, t int) {
	for p := range 3 * t {
		for i, x := range h.at(p%3, p/3) {
			h.at(p%3, p/3)[i] = by * x
		}
	}
}

// of is the head's part of position t in a (rows, I) matrix.
func (h head) of(m compute.Mat, t int) []float64 { return row(m, h.row(t))[h.index*h.dim:][:h.dim] }

// turns holds, for each position and pair, a rotation and xPos's factor on queries; keys take its inverse.
type turns struct {
	t, pairs       int
	cos, sin, zeta []float64
}

// rotation is the table of r; nil if r rotates nothing.
func rotation(r compute.Rotary, t, dim int) *turns {
	if r.Base == 0 {
		return nil
	}
	n := &turns{t: t, pairs: dim / 2}
	d := float64(dim)
	for p := range t {
		for j := range n.pairs {
			sin, cos := math.Sincos(math.Pow(r.Base, -2*float64(j)/d) * float64(p))
			zeta := 1.0
			if r.XPos {
				zeta = math.Pow((2*float64(j)+0.4*d)/(1.4*d), float64(p-r.Center)/512)
			}
			n.cos, n.sin, n.zeta = append(n.cos, cos), append(n.sin, sin), append(n.zeta, zeta)
		}
	}
	return n
}

// turn rotates queries and keys, given by position.
func (n *turns) turn(q, k func(t int) []float64) { n.apply(q, k, 1) }

// turnBack applies the transpose of turn.
func (n *turns) turnBack(q, k func(t int) []float64) { n.apply(q, k, -1) }

func (n *turns) apply(q, k func(t int) []float64, sign float64) {
	if n == nil {
		return
	}
	for t := range n.t {
		q, k := q(t), k(t)
		for j := range n.pairs {
			i := t*n.pairs + j
			cos, sin, zeta := n.cos[i], sign*n.sin[i], n.zeta[i]
			q[2*j], q[2*j+1] = zeta*(q[2*j]*cos-q[2*j+1]*sin), zeta*(q[2*j+1]*cos+q[2*j]*sin)
			k[2*j], k[2*j+1] = (k[2*j]*cos-k[2*j+1]*sin)/zeta, (k[2*j+1]*cos+k[2*j]*sin)/zeta
		}
	}
}
