package computetest_test

import (
	"math"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

func TestReference(t *testing.T) {
	for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
		t.Run(p.String(), func(t *testing.T) {
			computetest.Run(t, func(testing.TB) compute.Device { return &computetest.Reference{Operands: p} })
		})
	}
}

// One lane of the whole batch, as on a GPU, gives the same bits as a lane for each sequence.
func TestReferenceLanes(t *testing.T) {
	computetest.RunDeterminism(t, func(n int) compute.Device { return &computetest.Reference{Per: n} })
}

// put is a matrix that holds numbers.
func put(t *testing.T, dev compute.Device, cols int, numbers ...float64) compute.Mat {
	t.Helper()
	buf, err := dev.Alloc(len(numbers))
	if err != nil {
		t.Fatal(err)
	}
	copy(computetest.Data(compute.All(buf)), numbers)
	return compute.Matrix(compute.All(buf), cols)
}

// near reports elements of got that are not want to 14 digits.
func near(t *testing.T, name string, got compute.Mat, want ...float64) {
	t.Helper()
	for i, x := range computetest.Data(got.Vec) {
		if math.Abs(x-want[i]) > 1e-14*max(1, math.Abs(want[i])) {
			t.Errorf("%s, element %d: got %.16g, want %.16g", name, i, x, want[i])
		}
	}
}

func run(dev compute.Device, t int, f func(compute.Lane)) {
	dev.Run(compute.Batch{Seqs: 1, T: t, Inputs: make([]int32, t), Targets: make([]int32, t)}, f)
}

// Values worked out by hand.
func TestReferenceByHand(t *testing.T) {
	dev := computetest.NewReference()
	out := func(cols int, n int) compute.Mat { return put(t, dev, cols, make([]float64, n)...) }

	t.Run("LayerNorm", func(t *testing.T) {
		x, y, stats := put(t, dev, 3, 1, 3, 100), out(3, 3), out(2, 2)
		run(dev, 1, func(l compute.Lane) {
			l.Norm(y, stats, x, put(t, dev, 3, 10, 10, 10).Vec, put(t, dev, 3, 1, 2, 3).Vec,
				compute.NormSpec{Eps: 3, Mask: compute.Mask{Old: 2}, S: 2})
		})
		near(t, "stats", stats, 2, 0.5) // of 1 and 3: variance 1, plus eps 3
		near(t, "y", y, 1-5, 2+5, 0)
	})
	t.Run("RMSNorm", func(t *testing.T) {
		x, y, stats := put(t, dev, 3, 1, 3, 4), out(3, 3), out(2, 2)
		run(dev, 1, func(l compute.Lane) {
			l.Norm(y, stats, x, put(t, dev, 3, 10, 20, 30).Vec, compute.Vec{},
				compute.NormSpec{RMS: true, Eps: 1.75, Mask: compute.Mask{Old: 2, M: 0.5}, S: 2.5})
		})
		rstd := 1 / math.Sqrt((1+9+8)/2.5+1.75)
		near(t, "stats", stats, 0, rstd)
		near(t, "y", y, 10*rstd, 60*rstd, 0.5*120*rstd)
	})
	t.Run("Linear", func(t *testing.T) {
		x, w, y, pre := put(t, dev, 2, 1, 2), put(t, dev, 2, 1, 1, -1, 0, 0, 2, 3, 1), out(2, 2), out(4, 4)
		run(dev, 1, func(l compute.Lane) {
			l.Linear(y, x, dev.Weight(w.Vec, 4, 2), compute.Epilogue{
				Bias: put(t, dev, 4, 0, 0, 1, 1).Vec, Act: compute.SwiGLU, Pre: pre, Mask: compute.Mask{Old: 1, M: 0.5},
				Residual: put(t, dev, 2, 7, 9), Gate: 2,
			})
		})
		near(t, "pre", pre, 3, -1, 5, 6)
		near(t, "y", y, 7+2*3/(1+math.Exp(-3))*5, 9+2*0.5*-1/(1+math.Exp(1))*6)
	})
	t.Run("GELU", func(t *testing.T) {
		x, y, pre := put(t, dev, 1, 1, -2, 0), out(1, 3), out(1, 3)
		run(dev, 3, func(l compute.Lane) {
			l.Linear(y, x, dev.Weight(put(t, dev, 1, 1).Vec, 1, 1), compute.Epilogue{Act: compute.GELU, Pre: pre})
		})
		near(t, "y", y, 0.84119199060827670, -0.04540230591222498, 0) // worked out in decimal, 40 digits
	})
	t.Run("Classify", func(t *testing.T) {
		w := put(t, dev, 2, math.Log(2), 7, math.Log(1), 7, math.Log(5), 7)
		y, z, loss := put(t, dev, 2, 2, 0), out(3, 3), out(1, 1)
		run(dev, 1, func(l compute.Lane) { l.Classify(loss.Vec, z, y, dev.Weight(w.Vec, 3, 2), 0.5, 2) })
		near(t, "loss", loss, math.Log(4)) // token 0 has probability 2/8
		near(t, "gradient", z, 2*(0.25-1), 2*0.125, 2*0.625)
	})
}

func TestRoundBF16(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{
		{1, 1},
		{-3, -3},
		{0, 0},
		{1 + 0x1p-8, 1},
		{1 + 0x1p-8 + 0x1p-23, 1 + 0x1p-7},
		{1 + 0x3p-8, 1 + 0x1p-6}, // the gap after 1 is 2^-7
		{-1 - 0x1p-8, -1},
		{255.5, 256},
		{0x1p-133, 0x1p-133},
		{0x1p-134, 0},
		{math.MaxFloat32, inf},
		{-math.MaxFloat32, -inf},
		{inf, inf},
		{nan, nan},
		{math.Float32frombits(0x7f800001), nan},
	} {
		if got := computetest.RoundBF16(c.x); got != c.want && !(got != got && c.want != c.want) {
			t.Errorf("RoundBF16(%g): got %g, want %g", c.x, got, c.want)
		}
	}
}

// Two positions of one head of four: the rotation as in RoFormer, and the decay as in torchscale's xPos.
func TestReferenceRotation(t *testing.T) {
	dev := computetest.NewReference()
	qkv := put(t, dev, 12,
		1, 0, 0, 1, 1, 0, 1, 0, 5, 6, 7, 8,
		1, 0, 0, 1, 1, 0, 1, 0, 1, 2, 3, 4)
	o, lse := put(t, dev, 4, make([]float64, 8)...), put(t, dev, 1, 0, 0)
	const scale, base = 0.5, 100
	run(dev, 2, func(l compute.Lane) {
		l.Attention(o, lse, qkv, compute.AttentionSpec{
			Heads: 1, HeadDim: 4, Scale: scale, Rotary: compute.Rotary{Base: base, XPos: true, Center: -511},
		})
	})
	// Position 0 is p = 511, position 1 is p = 512, where zeta enters as it is: 1.6/5.6 and 3.6/5.6.
	z0, z1 := 1.6/5.6, 3.6/5.6
	sin0, cos0 := math.Sincos(1)
	sin1, cos1 := math.Sincos(0.1)
	e := 511.0 / 512
	near(t, "rotated", qkv,
		math.Pow(z0, e), 0, 0, math.Pow(z1, e), math.Pow(z0, -e), 0, math.Pow(z1, -e), 0, 5, 6, 7, 8,
		z0*cos0, z0*sin0, -z1*sin1, z1*cos1, cos0/z0, sin0/z0, cos1/z1, sin1/z1, 1, 2, 3, 4)

	// The scores of position 1 depend on the distance alone: q₁ is turned by (1, 0.1) against k₀, and by nothing against
	// k₁; pair 1 has q at a right angle to k.
	s0 := scale * (math.Pow(z0, 1-e)*cos0 - math.Pow(z1, 1-e)*sin1)
	s1 := scale * 1
	p0 := math.Exp(s0) / (math.Exp(s0) + math.Exp(s1))
	near(t, "lse", lse, scale*1, math.Log(math.Exp(s0)+math.Exp(s1)))
	near(t, "o", o, 5, 6, 7, 8, 1+4*p0, 2+4*p0, 3+4*p0, 4+4*p0)
}

// The first step of AdamW from zero moments moves every parameter by the rate, against its gradient; decay comes apart
// from that, and the second step is the written-out formula.
func TestReferenceAdamW(t *testing.T) {
	dev := computetest.NewReference()
	p, g := put(t, dev, 2, 1, -2), put(t, dev, 2, 8, -0.5)
	m, v := put(t, dev, 2, 0, 0), put(t, dev, 2, 0, 0)
	const lr, decay = 0.1, 0.01
	squares, err := dev.Total()
	if err != nil {
		t.Fatal(err)
	}
	step := func(n int64, scale float64) {
		*computetest.SumOf(squares) = 4
		dev.AdamW(p.Vec, g.Vec, m.Vec, v.Vec, []compute.Span{{N: 2, LR: lr, Decay: decay}},
			compute.Adam{Beta1: 0.9, Beta2: 0.95, Step: n, Squares: squares, Clip: 2 * scale})
	}
	step(1, 0.5)
	near(t, "p after one step", p, 1-lr*decay*1-lr, -2+lr*decay*2+lr)
	near(t, "m after one step", m, 0.1*4, 0.1*-0.25)
	near(t, "v after one step", v, 0.05*16, 0.05*0.0625)

	p1 := 1 - lr*decay - lr
	step(2, 0.25) // the first gradient is 2 now
	m2, v2 := 0.9*0.4+0.1*2, 0.95*0.8+0.05*4
	want := p1 - lr*decay*p1 - lr*(m2/(1-0.81))/math.Sqrt(v2/(1-0.9025))
	near(t, "p after two steps", compute.Matrix(p.At(0, 1), 1), want)
}

// Reference names what is wrong with a call, since it is the first device that a new model meets.
func TestReferencePanics(t *testing.T) {
	dev := computetest.NewReference()
	m := put(t, dev, 2, 1, 2, 3, 4)
	freed := put(t, dev, 2, 1, 2)
	freed.Buf.Free()
	spec := compute.NormSpec{RMS: true, Eps: 1, S: 2}
	stats := put(t, dev, 2, 0, 0, 0, 0)
	rough := &computetest.Reference{Operands: compute.BF16}
	buf, err := rough.AllocOperand(2)
	if err != nil {
		t.Fatal(err)
	}
	operand := compute.All(buf)
	for _, c := range []struct {
		name, want string
		call       func(l compute.Lane)
	}{
		{"wrong rows", "Norm: y has 2 elements in rows of 2, want (2, 2)", func(l compute.Lane) {
			l.Norm(m.Part(0, 1), stats, m, m.At(0, 2), compute.Vec{}, spec)
		}},
		{"overlap", "Norm: y, elements 0 to 4 of its buffer, overlaps an argument, 0 to 4", func(l compute.Lane) {
			l.Norm(m, stats, m, m.At(0, 2), compute.Vec{}, spec)
		}},
		{"sum of the mask", "S is 2, but the mask {Old:1 M:0.5} sums to 1.5 over 2 channels", func(l compute.Lane) {
			masked := spec
			masked.Mask = compute.Mask{Old: 1, M: 0.5}
			l.Norm(put(t, dev, 2, 0, 0, 0, 0), stats, m, m.At(0, 2), compute.Vec{}, masked)
		}},
		{"token", "Embed: token 3, at 1, is outside the vocabulary of 2", func(l compute.Lane) {
			l.Embed(put(t, dev, 2, 0, 0, 0, 0), m.Vec, compute.Vec{})
		}},
		{"weight of operands", "Weight: w lies in bf16 memory, want fp32", func(compute.Lane) { rough.Weight(operand, 1, 2) }},
		{"operand in fp32", "Linear: x lies in fp32 memory, want bf16", func(compute.Lane) {
			w, x, y := rough.Weight(m.Vec, 2, 2), put(t, rough, 2, 0, 0), put(t, rough, 2, 0, 0)
			run(rough, 1, func(l compute.Lane) { l.Linear(y, x, w, compute.Epilogue{}) })
		}},
		{"freed", "buffer used after Free", func(compute.Lane) { dev.Zero(freed.Vec) }},
		{"step 0", "AdamW: step 0, want 1 or more", func(compute.Lane) { dev.AdamW(m.Vec, m.Vec, m.Vec, m.Vec, nil, compute.Adam{}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, c.want) {
					t.Errorf("panic %q, want it to contain %q", got, c.want)
				}
			}()
			dev.Run(compute.Batch{Seqs: 1, T: 2, Inputs: []int32{0, 3}}, c.call)
			t.Error("no panic")
		})
	}
}
