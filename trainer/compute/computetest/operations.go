package computetest

import (
	"math"

	"growlab/trainer/compute"
)

// operation is an operation with the trials that try it.
type operation struct {
	name    string
	methods string
	trials  func() []*trial
}

// operations is the table of all that computes.
func operations() []operation {
	return []operation{
		{"Embed", "Embed", embeds},
		{"Norm", "Norm", norms},
		{"NormGrad", "NormGrad", normGrads},
		{"Linear", "Linear", linears},
		{"LinearGrad", "LinearGrad", linearGrads},
		{"Attention", "Attention", attentions},
		{"AttentionGrad", "AttentionGrad", attentionGrads},
		{"Combine", "Combine", combines},
		{"Classify", "Classify", classifies},
		{"WeightGrad", "WeightGrad", weightGrads},
		{"SumRows", "SumRows", sumRows},
		{"EmbedGrad", "EmbedGrad", embedGrads},
		{"Sums", "Total Sum SumSquares Take", reductions},
		{"AdamW", "AdamW", adams},
	}
}

// edges are sizes around those of registers and tiles.
var edges = []int{1, 7, 16, 31, 32, 33, 64, 127, 130}

// shapes pairs edges, so that each stands in each place with several partners, without trying all.
func shapes(f func(i, a, b, c int)) {
	n := len(edges)
	for i := range 3 * n {
		f(i, edges[i%n], edges[(2*i+1+i/n)%n], edges[(4*i+3+2*(i/n))%n])
	}
}

// batchOf splits rows into sequences.
func batchOf(i, rows int) (seqs, t int) {
	for _, s := range []int{3, 2, 5, 7} {
		if rows%s == 0 && i%2 == 0 {
			return s, rows / s
		}
	}
	return 1, rows
}

// masksOf are no mask, and masks with the first half of n old.
func masksOf(n int) []compute.Mask {
	old := (n + 1) / 2
	return []compute.Mask{{}, {Old: old, M: 0}, {Old: old, M: 0.3}, {Old: old, M: 1}}
}

func embeds() (all []*trial) {
	shapes(func(i, t, c, vocab int) {
		all = append(all, embedTrial(uint64(i), 1+i%3, t, c, vocab, i%2 == 0))
	})
	return all
}

func embedGrads() (all []*trial) {
	shapes(func(i, t, c, vocab int) {
		all = append(all, embedGradTrial(uint64(i), 1+i%3, t, c, vocab, i%2 == 0))
	})
	return all
}

// normCases gives every width every mask and both kinds.
func normCases(f func(i, seqs, t, c int, s compute.NormSpec)) {
	i := 0
	for _, c := range append([]int{2, 257}, edges...) {
		for _, mask := range masksOf(c) {
			for _, rms := range []bool{false, true} {
				i++
				f(i, 1+i%3, []int{1, 2, 5, 33}[i%4], c, normSpec(rms, mask, c))
			}
		}
	}
}

func norms() (all []*trial) {
	normCases(func(i, seqs, t, c int, s compute.NormSpec) { all = append(all, normTrial(uint64(i), seqs, t, c, s)) })
	return all
}

func normGrads() (all []*trial) {
	normCases(func(i, seqs, t, c int, s compute.NormSpec) {
		all = append(all, normGradTrial(uint64(i), seqs, t, c, s, residualForms[i%3], i%2 == 0))
	})
	return all
}

var acts = []compute.Act{compute.None, compute.GELU, compute.SwiGLU}

// linears tries every option with every other at one shape, and every shape with one choice of options.
func linears() (all []*trial) {
	try := func(c linearCase) { all = append(all, linearTrial(uint64(len(all)), c)) }
	for _, act := range acts {
		for _, mask := range masksOf(19) {
			for _, bias := range []bool{false, true} {
				c := linearCase{seqs: 3, t: 3, in: 21, out: 19, act: act, mask: mask, bias: bias, gate: 0.7}
				for _, res := range []residual{alone, apartFrom, inPlace} {
					c.residual = res
					try(c)
				}
				c.residual, c.operand = alone, true
				try(c)
				if act != compute.None {
					c.premask = compute.Mask{Old: 7, M: mask.M}
					try(c)
				}
			}
		}
	}
	try(linearCase{seqs: 3, t: 3, in: 21, out: 19, residual: apartFrom, gate: 0})
	shapes(func(i, rows, in, out int) {
		seqs, t := batchOf(i, rows)
		res := residual(i / 3 % 3)
		act, premask := acts[i%3], compute.Mask{}
		if act != compute.None {
			premask = masksOf(out)[i/2%4]
		}
		try(linearCase{seqs, t, in, out, act, masksOf(out)[i%4], premask, i%2 == 0, res, 1, res == alone && i/9%2 == 0})
	})
	try(linearCase{seqs: 3, t: 11, in: 1029, out: 21, act: compute.GELU}) // deeper and wider than blocks for caches
	try(linearCase{seqs: 3, t: 11, in: 21, out: 515, act: compute.SwiGLU})
	try(linearCase{seqs: 1, t: 35, in: 545, out: 67, bias: true, operand: true}) // past all edges at once
	for _, act := range acts[1:] {                                               // more rows than meet a panel at once
		try(linearCase{seqs: 1, t: 200, in: 9, out: 64, act: act, premask: compute.Mask{Old: 41, M: 0.3}, bias: true})
	}
	return all
}

func linearGrads() (all []*trial) {
	try := func(c linearCase) { all = append(all, linearGradTrial(uint64(len(all)), c)) }
	for _, act := range acts {
		for _, mask := range masksOf(21) {
			for _, scale := range []float64{0, 0.7, 1} {
				for _, operand := range []bool{false, true} {
					try(linearCase{seqs: 3, t: 3, in: 21, out: 19, act: act, mask: mask, gate: scale, operand: operand})
				}
			}
			if act != compute.None {
				try(linearCase{seqs: 3, t: 3, in: 21, out: 19, act: act, mask: mask, premask: compute.Mask{Old: 7, M: 0.4}, gate: 0.7})
				try(linearCase{seqs: 3, t: 3, in: 21, out: 19, act: act, premask: mask, gate: 0.7, operand: true})
			}
		}
	}
	shapes(func(i, rows, in, out int) {
		seqs, t := batchOf(i, rows)
		try(linearCase{seqs: seqs, t: t, in: in, out: out, act: acts[i%3], mask: masksOf(in)[i%4], gate: 0.5, operand: i/3%2 == 0})
	})
	try(linearCase{seqs: 3, t: 11, in: 21, out: 1029, act: compute.GELU, gate: 1}) // deeper and wider than blocks for caches
	try(linearCase{seqs: 3, t: 11, in: 515, out: 21, act: compute.SwiGLU, gate: 1})
	try(linearCase{seqs: 1, t: 35, in: 67, out: 545, gate: 1, operand: true}) // past all edges at once
	return all
}

var rotaries = []compute.Rotary{{}, {Base: 10000}, {Base: 10000, XPos: true, Center: 64}}

// attentionCases tries every option with every other at one shape, and lengths and widths with one choice of options.
func attentionCases(f func(i, seqs, t int, a compute.AttentionSpec, seeks ...int)) {
	i, sharp := 0, 1.0 // sharp: scores so large that few positions count
	var inputs compute.Mask
	try := func(seqs, t, heads, dim int, mask compute.Mask, rotary compute.Rotary, seeks ...int) {
		i++
		scale := sharp * 1.3 / float64(dim)
		f(i, seqs, t, compute.AttentionSpec{Heads: heads, HeadDim: dim, Scale: scale, Inputs: inputs, Mask: mask, Rotary: rotary}, seeks...)
	}
	for _, rotary := range rotaries {
		for _, mask := range masksOf(3) {
			try(3, 5, 3, 8, mask, rotary)
		}
	}
	for _, rotary := range rotaries {
		for _, inputs = range masksOf(3)[1:3] {
			try(3, 5, 3, 10, masksOf(3)[i%4], rotary)
		}
	}
	inputs = compute.Mask{}
	for j, dim := range []int{5, 33} { // odd widths, which only heads that do not rotate can have
		try(2, 7+24*j, 2, dim, compute.Mask{}, compute.Rotary{})
	}
	for j, dim := range []int{6, 10, 34} { // even, and no multiple of a register
		try(1, 9, 3, dim, masksOf(3)[j], rotaries[1+j%2])
	}
	sharp = 20
	try(1, 33, 2, 16, compute.Mask{}, rotaries[1])
	sharp = 10
	try(1, 300, 2, 16, compute.Mask{}, compute.Rotary{}, 0, 75)
	sharp = 1
	try(1, 257, 1, 10, compute.Mask{}, rotaries[1])
	for _, dim := range []int{2, 8, 16, 64} {
		for _, t := range []int{1, 2, 5, 33} {
			heads := 1 + i%3
			try(1+i%2, t, heads, dim, masksOf(heads)[i%4], rotaries[i%3])
		}
	}
	for j, t := range []int{128, 130} { // not at every width: these take most of the time
		try(2, t, 1, 2+6*j, compute.Mask{}, rotaries[1])
		try(1, t, 2, 16+48*j, compute.Mask{Old: 1, M: 0.3}, rotaries[2])
	}
	inputs = compute.Mask{Old: 1, M: 0.6}
	try(1, 130, 2, 32, compute.Mask{}, rotaries[2])
}

func attentions() (all []*trial) {
	attentionCases(func(i, seqs, t int, a compute.AttentionSpec, seeks ...int) {
		all = append(all, attentionTrial(uint64(i), seqs, t, a, seeks...))
	})
	return all
}

func attentionGrads() (all []*trial) {
	attentionCases(func(i, seqs, t int, a compute.AttentionSpec, seeks ...int) {
		all = append(all, attentionGradTrial(uint64(i), seqs, t, a, seeks...))
	})
	return all
}

func combines() (all []*trial) {
	factors := []float64{0.3, 1, 0, 0.7}
	shapes(func(i, rows, c, _ int) {
		seqs, t := batchOf(i, rows)
		all = append(all, combineTrial(uint64(i), seqs, t, c, combineForms[i%4], factors[i/2%4], factors[i/3%4], i%2 == 0))
	})
	return all
}

func classifies() (all []*trial) {
	try := func(seqs, t, c, vocab int, mult float64) {
		for _, grad := range []bool{false, true} {
			all = append(all, classifyTrial(uint64(len(all)), seqs, t, c, vocab, grad, mult, 0))
		}
	}
	for _, without := range []int{1, 2, 3} { // rows without a target, of three; all of them at last
		for _, grad := range []bool{false, true} {
			all = append(all, classifyTrial(uint64(without), 2, 6, 21, 35, grad, 1, without))
		}
	}
	shapes(func(i, rows, c, vocab int) {
		seqs, t := batchOf(i, rows)
		try(seqs, t, c, max(vocab, 2), []float64{1, 40, 0.5}[i%3])
	})
	for i, vocab := range []int{17, 256, 257, 300, 1031} {
		try(1+i%2, 7, 21, vocab, 1)
	}
	try(3, 11, 545, 35, 2) // deeper than blocks for caches
	return all
}

func weightGrads() (all []*trial) {
	shapes(func(i, rows, out, in int) {
		all = append(all, weightGradTrial(uint64(i), rows, out, in, i%2 == 0, []float64{1, 0.3, 0}[i%3]))
	})
	return append(all, weightGradTrial(100, 2053, 23, 37, true, 1)) // more rows than blocks for caches
}

func sumRows() (all []*trial) {
	shapes(func(i, rows, cols, _ int) { all = append(all, sumRowsTrial(uint64(i), rows, cols)) })
	return all
}

func reductions() (all []*trial) {
	for _, n := range append([]int{1000, 4097, 100_003}, edges...) {
		all = append(all, reduceTrial(uint64(n), n))
	}
	return all
}

func adams() (all []*trial) {
	for i, n := range append([]int{1000}, edges...) {
		all = append(all, adamTrial(uint64(i), n, compute.Adam{
			Beta1: 0.9, Beta2: []float64{0.95, 0.999}[i%2], Eps: 1e-8, Step: []int64{1, 2, 10, 100_000}[i%4],
		}, []float64{0, 0.9, 3, math.Inf(1), math.NaN()}[i%5]))
	}
	return all
}
