package cpu

import (
	"slices"
	"testing"

	"growlab/trainer/compute"
)

// TestAdamWPacks: after AdamW and Refresh products use the new numbers, whether a weight lies in the parameters, overlaps another, or
// is cut by spans; and Refresh packs again what was changed in between.
func TestAdamWPacks(t *testing.T) {
	const out, in, rows = 200, 70, 5
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) {
			d := v.open(t, 2)
			p := upload(t, d, noise(3*out*in+40))
			zero := make([]float32, p.N)
			g, m, mv := upload(t, d, noise(p.N)), upload(t, d, zero), upload(t, d, zero)
			weights := []compute.Weight{
				d.Weight(p.At(11, out*in), out, in), d.Weight(p.At(11+out*in+3, out*in), out, in),
				d.Weight(p.At(11+out*in+3+7*in, out*in), out, in), // overlaps it
			}
			spans := []compute.Span{{Off: 5, N: out * in / 2, LR: 0.1}, {Off: 5 + out*in/2, N: 2 * out * in, LR: 0.05, Decay: 0.1}}
			adam := compute.Adam{Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Step: 1}
			for _, round := range []struct {
				name   string
				change func()
			}{
				{"AdamW", func() { d.AdamW(p, g, m, mv, spans, adam) }},
				{"AdamW, then upload", func() {
					d.AdamW(p, g, m, mv, spans, adam)
					d.Upload(p, noise(p.N))
				}},
				{"AdamW, then zeroed rows", func() {
					d.AdamW(p, g, m, mv, spans, adam)
					d.Zero(p.At(11, 3*in))
				}},
			} {
				round.change()
				d.Refresh()
				for i, w := range weights {
					want := d.Weight(w.(*weight).Vec, out, in)
					for _, back := range []bool{false, true} {
						got, want := product(t, d, w, rows, back), product(t, d, want, rows, back)
						if at := differ(got, want); at >= 0 {
							t.Errorf("%s: weight %d, back %v: element %d is %g, a new weight gives %g", round.name, i, back, at, got[at], want[at])
						}
					}
					want.Free()
				}
			}
		})
	}
}

// product multiplies some rows by w, or back.
func product(t *testing.T, d *device, w compute.Weight, rows int, back bool) []float32 {
	t.Helper()
	from, to := w.In(), w.Out()
	if back {
		from, to = to, from
	}
	operand, err := d.AllocOperand(rows * from)
	if err != nil {
		t.Fatal(err)
	}
	x := compute.Matrix(compute.All(operand), from)
	d.Upload(x.Vec, noise(x.N))
	y := compute.Matrix(upload(t, d, slices.Repeat([]float32{-1}, rows*to)), to)
	d.Run(compute.Batch{Seqs: 1, T: rows, Inputs: make([]int32, rows)}, func(l compute.Lane) {
		if back {
			l.LinearGrad(y, x, w, 1, compute.Epilogue{})
		} else {
			l.Linear(y, x, w, compute.Epilogue{})
		}
	})
	return download(d, y.Vec)
}
