package growth_test

import (
	"fmt"

	"growlab/growth"
	"growlab/growth/shape"
)

// A recipe is laid out before it runs, and asked where a run stands.
func ExampleRecipe_At() {
	r, err := growth.Parse("example", []byte(`
recipe = 1
[train]
batch = 1280
lr = 1e-3
[[stage]]
tokens = 128_000
layers = 2
hidden = 32
lr = 1
[[stage]]
tokens = 64_000
layers = 3
hidden = 48
lr = 0.5
ramp = 12_800
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tokens := range []int64{0, 128_000, 134_400, 140_800} {
		p := r.At(tokens)
		fmt.Printf("step %d: stage %d, mask %.1f, lr %.2g\n", p.Step, p.Stage+1, p.Mask, p.LR)
	}
	// Output:
	// step 0: stage 1, mask 1.0, lr 0.001
	// step 100: stage 2, mask 0.0, lr 0.0005
	// step 105: stage 2, mask 0.5, lr 0.00049
	// step 110: stage 2, mask 1.0, lr 0.00045
}

// One dial: a size and a budget make a plan.
func ExampleDerive() {
	r, err := growth.Derive(growth.Goal{Params: 10_000_000, Tokens: 30_000_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range r.Plan().Stages {
		fmt.Printf("%v, %d parameters, %d steps\n", s.Config, s.Params, s.Steps)
	}
	// Output:
	// 5L × 160, 1587680 parameters, 4858 steps
	// 8L × 224, 4897984 parameters, 785 steps
	// 8L × 320, 9946240 parameters, 525 steps
}

// Which operators take a growth, and which of them promise to keep the function.
func ExampleOperator() {
	from := shape.Config{Layers: 3, Hidden: 64, Heads: 4, FFN: 256}
	to := shape.Config{Layers: 3, Hidden: 128, Heads: 8, FFN: 512}
	for _, op := range growth.Operators {
		if err := op.Takes(from, to); err != nil {
			fmt.Printf("%s refuses\n", op.Name)
			continue
		}
		fmt.Printf("%s: %v\n", op.Name, op.Promise.Holds(from, to))
	}
	// Output:
	// msg: true
	// msg-authors: true
	// exact: true
	// lemon: true
	// hypercloning: true
	// net2net: true
	// aki: false
	// llama-pro refuses
	// stack: false
	// interleave: false
	// midas: false
	// random: false
}

// Where each operator takes new channels and layers from: -1 is nowhere, so a fresh value, a mean or 0, and + marks an added layer.
func ExampleMapOf() {
	from := shape.Config{Layers: 4, Hidden: 2, Heads: 1, FFN: 2, HeadDim: 2, Norm: shape.LayerNorm}
	to := shape.Config{Layers: 6, Hidden: 5, Heads: 1, FFN: 2, HeadDim: 2, Norm: shape.LayerNorm}
	for _, op := range growth.Operators {
		if op.Takes(from, to) != nil {
			fmt.Printf("%-12s refuses\n", op.Name)
			continue
		}
		m := growth.MapOf(op, from, to, "")
		fmt.Printf("%-12s %2d ", op.Name, m.Hidden)
		for _, l := range m.Layers {
			mark := ""
			if l.Added {
				mark = "+"
			}
			fmt.Printf(" %s%d", mark, l.From)
		}
		fmt.Println()
	}
	// Output:
	// msg          [ 0  1 -1 -1 -1]  0 1 2 3 +0 +1
	// msg-authors  [ 0  1 -1 -1 -1]  0 1 2 3 +0 +1
	// exact        [ 0  1 -1 -1 -1]  0 1 2 3 +0 +1
	// lemon        [ 0  1  0  1 -1]  0 1 2 3 +0 +1
	// hypercloning refuses
	// net2net      [ 0  1  0  1  0]  0 1 2 3 +0 +1
	// aki          [ 0  1  0  1  0]  0 1 2 3 +0 +1
	// llama-pro    refuses
	// stack        [ 0  1 -1 -1 -1]  0 1 2 3 +0 +1
	// interleave   [ 0  1 -1 -1 -1]  0 1 2 +2 3 +3
	// midas        [ 0  1 -1 -1 -1]  0 1 2 +1 +2 3
	// random       [ 0  1 -1 -1 -1]  0 1 2 3 +0 +1
}
