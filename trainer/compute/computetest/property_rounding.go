package computetest

import (
	"math"
	"testing"

	"growlab/trainer/compute"
)

// numbersToRound are finite numbers on, and beside, the middle between two of bf16.
func numbersToRound() []float32 {
	var all []float32
	for _, x := range []float32{1, 1 + 1.0/128, 2 - 1.0/128, 255, 1e-30, 3e30} {
		x = RoundBF16(x)
		bits := math.Float32bits(x)
		for _, below := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			y := math.Float32frombits(bits + below)
			all = append(all, y, -y)
		}
	}
	return all
}

// rounding: what is kept as operand is the nearest number of bf16, of two as near the even one, whether it is uploaded, a
// weight, or a result. On a device of fp32 it is the number itself.
func rounding(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	t.Run("upload", func(t *testing.T) { roundsUploads(t, dev) })
	t.Run("weights", func(t *testing.T) { roundsWeights(t, dev) })
	t.Run("results", func(t *testing.T) { roundsResults(t, dev) })
}

func roundsUploads(t *testing.T, dev compute.Device) {
	inf := float32(math.Inf(1))
	src := append(numbersToRound(), 0, float32(math.Copysign(0, -1)), inf, -inf, math.MaxFloat32, -math.MaxFloat32,
		float32(math.NaN()), math.Float32frombits(0x7f800001), math.Float32frombits(0xffffffff), // signalling; all bits
		0x1p-126, 0x1p-126+0x1p-134, 0x1p-127, 0x1p-133, -0x1p-149)
	buf := room(t, dev.AllocOperand, len(src))
	defer buf.Free()
	dev.Upload(compute.All(buf), src)
	got := make([]float32, len(src))
	dev.Download(got, compute.All(buf))
	for i, x := range src {
		want := held(float64(x), dev.Precision())
		flushed := math.Abs(float64(x)) < 0x1p-126 && got[i] == 0 // as some processors do with subnormals
		if !same(float64(got[i]), want) && !flushed {
			t.Errorf("upload of %g (%#08x) to operand memory: got %g, want %g", x, math.Float32bits(x), got[i], want)
		}
	}
}

// roundsWeights multiplies the identity by weights: the results have one term that is not zero, and so are the weights.
func roundsWeights(t *testing.T, dev compute.Device) {
	w := numbersToRound()
	const in, out = 8, 9
	k := newTrial(1, 1, in)
	weights := k.arg("w", out, in, k.normal)
	copy(weights.data, w)
	x := k.arg("x", in, in, func() float64 { return 0 })
	dy := k.arg("dy", in, out, func() float64 { return 0 })
	for i := range in {
		x.data[i*in+i], dy.data[i*out+i] = 1, 1
	}
	y, dx := k.written("y", in, out), k.written("dx", in, in)
	lanes(x, dy, y, dx)
	operands(x, dy)
	k.device = func(e *env) {
		h := e.Weight(e.vec(weights), out, in) // not k.weight, whose numbers trials round themselves
		defer h.Free()
		e.Run(k.batch, func(l compute.Lane) {
			l.Linear(e.mat(l, y), e.mat(l, x), h, compute.Epilogue{})
			l.LinearGrad(e.mat(l, dx), e.mat(l, dy), h, 1, compute.Epilogue{})
		})
	}
	got := mustRun(t, k, dev)
	for i := range in {
		for o := range out {
			want := held(float64(weights.data[o*in+i]), dev.Precision())
			if g := got[y][i*out+o]; g != want {
				t.Errorf("Linear by weight %g: got %g, want %g", weights.data[o*in+i], g, want)
			}
			if o < in && got[dx][o*in+i] != want {
				t.Errorf("LinearGrad by weight %g: got %g, want %g", weights.data[o*in+i], got[dx][o*in+i], want)
			}
		}
	}
}

// roundsResults has Linear and LinearGrad store sums of two operands that need more bits than an operand.
func roundsResults(t *testing.T, dev compute.Device) {
	terms := [][2]float64{
		{1, 0x1p-8}, {1 + 0x1p-7, 0x1p-8}, {-1, -0x1p-8}, {-1 - 0x1p-7, -0x1p-8}, // in the middle
		{1, 0x1p-8 + 0x1p-15}, {1, 0x1p-8 - 0x1p-16}, {2, -0x1p-8}, {255, 0.75},
	}
	const in = 2
	out := len(terms)
	k := newTrial(1, 1, 1)
	x, w := k.arg("x", 1, in, func() float64 { return 1 }), k.input("w", out, in)
	dy, wt := k.arg("dy", 1, in, func() float64 { return 1 }), k.input("transpose of w", in, out)
	for o, term := range terms {
		for i, v := range term {
			w.data[o*in+i], wt.data[i*out+o] = float32(v), float32(v)
		}
	}
	y, pre, dx := k.written("y", 1, out), k.written("pre", 1, out), k.written("dx", 1, out)
	act := k.written("act", 1, out)
	lanes(x, dy, y, pre, dx, act)
	operands(x, dy, y, pre, dx)
	k.device = func(e *env) {
		h, ht := e.Weight(e.vec(w), out, in), e.Weight(e.vec(wt), in, out)
		defer h.Free()
		defer ht.Free()
		e.Run(k.batch, func(l compute.Lane) {
			l.Linear(e.mat(l, y), e.mat(l, x), h, compute.Epilogue{})
			l.Linear(e.mat(l, act), e.mat(l, x), h, compute.Epilogue{Act: compute.GELU, Pre: e.mat(l, pre)})
			l.LinearGrad(e.mat(l, dx), e.mat(l, dy), ht, 1, compute.Epilogue{})
		})
	}
	got := mustRun(t, k, dev)
	for o, term := range terms {
		want := held(term[0]+term[1], dev.Precision())
		for _, a := range []*arg{y, pre, dx} {
			if got[a][o] != want {
				t.Errorf("%s, %g + %g: got %.9g, want %.9g", a.name, term[0], term[1], got[a][o], want)
			}
		}
	}
}
