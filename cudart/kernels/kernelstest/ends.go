//go:build linux

package kernelstest

import (
	"math"
	"slices"
	"testing"

	"growlab/cudart"
	"growlab/cudart/kernels"
)

func (on host) testEmbed(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, c := range []int{1, 35, 64, 132} {
			g.schedule(schedules[i])
			embedTrial(g, c)
		}
	})
}

// embedTrial embeds 35 tokens of 11 in c channels, and back.
func embedTrial(g *gpu, c int) {
	const seqs, t, v = 5, 7, 11
	rows := seqs * t
	table, pos, tokens := random(1, v*c, 1), random(2, (t+2)*c, 1), make([]int32, rows)
	for j := range tokens {
		tokens[j] = int32(j*j%5*(j%3)) % v
	}
	e := kernels.Embed{X: g.room(rows*c, cudart.F32).At, Table: g.f32(table), Pos: g.f32(pos), Tokens: g.i32(tokens), Rows: rows, T: t, C: c}
	g.must(g.k.Embed(g.s, e))
	want := make([]float64, rows*c)
	for r, id := range tokens {
		for j := range c {
			want[r*c+j] = table[int(id)*c+j] + pos[r%t*c+j]
		}
	}
	near(g.t, "x", g.getF32(e.X, rows*c), want, 1e-6)

	dx, dtable, dpos := random(3, rows*c, 1), random(4, v*c, 1), random(5, (t+2)*c, 1)
	groups := make([]int32, kernels.GroupsLen(rows, v))
	kernels.Groups(groups, tokens, v)
	d := kernels.EmbedGrad{DTable: g.f32(dtable), DPos: g.f32(dpos), DX: g.f32(dx), Groups: g.i32(groups), Rows: rows, T: t, C: c, V: v}
	g.must(g.k.EmbedGrad(g.s, d))
	for r, id := range tokens {
		for j := range c {
			dtable[int(id)*c+j] += dx[r*c+j]
			dpos[r%t*c+j] += dx[r*c+j]
		}
	}
	near(g.t, "dtable", g.getF32(d.DTable, v*c), dtable, 1e-6)
	near(g.t, "dpos", g.getF32(d.DPos, (t+2)*c), dpos, 1e-6)
}

func (on host) testGroupsOfOneToken(t *testing.T) {
	to := make([]int32, kernels.GroupsLen(3, 300))
	kernels.Groups(to, []int32{299, 299, 299}, 300)
	if want := []int32{1, 299, 0, 0, 0, 3, 0, 0, 0, 1, 2}; !slices.Equal(to, want) {
		t.Errorf("groups %v, want %v: one of token 299 with rows 0, 1, 2", to, want)
	}
}

func (on host) testClassify(t *testing.T) {
	on.gpu(t, nil, func(g *gpu) {
		for i, v := range []int{1, 3, 33, 256, 1003} {
			g.schedule(schedules[i%len(schedules)])
			classifyTrial(g, v)
		}
	})
}

// classifyTrial classifies five rows of v logits, one without a target: logits of either type, gradients of either, also in place.
func classifyTrial(g *gpu, v int) {
	const rows, mult, scale = 5, 0.7, 0.01
	z, targets := random(1, rows*v, 3), []int32{0, int32(v - 1), -1, int32(v / 2), int32(v / 3)}
	wide := g.put(z, cudart.BF16) // rounds z
	atZ, atTargets := g.put(z, cudart.F32), g.i32(targets)
	loss, grad := make([]float64, rows), make([]float64, rows*v)
	for r, target := range targets {
		if target < 0 {
			continue
		}
		top, sum := math.Inf(-1), 0.0
		for _, x := range z[r*v:][:v] {
			top = max(top, mult*x)
		}
		for _, x := range z[r*v:][:v] {
			sum += math.Exp(mult*x - top)
		}
		loss[r] = math.Log(sum) + top - mult*z[r*v+int(target)]
		for j, x := range z[r*v:][:v] {
			grad[r*v+j] = scale * math.Exp(mult*x-top) / sum
		}
		grad[r*v+int(target)] -= scale
	}
	for _, kind := range []cudart.DataType{cudart.F32, cudart.BF16} { // in place, which spoils them, last
		for _, in := range []kernels.Array{atZ, wide} {
			c := kernels.Classify{
				Loss: g.room(rows, cudart.F32).At, DLogits: g.room(rows*v, kind), Z: in, Targets: atTargets, Rows: rows, V: v,
				Mult: kernels.Const(mult), Scale: kernels.Const(scale),
			}
			if in == wide && kind == in.Type {
				c.DLogits = in
			}
			g.must(g.k.Classify(g.s, c))
			near(g.t, "loss", g.getF32(c.Loss, rows), loss, 1e-5)
			near(g.t, "dlogits", g.get(c.DLogits, rows*v), grad, tolerance(kind)+1e-5)
		}
	}
	noGrad := kernels.Classify{Loss: g.room(rows, cudart.F32).At, Z: atZ, Targets: atTargets, Rows: rows, V: v, Mult: kernels.Const(mult)}
	g.must(g.k.Classify(g.s, noGrad))
	near(g.t, "loss alone", g.getF32(noGrad.Loss, rows), loss, 1e-5)
}
