//go:build unix

package cpu

import (
	"fmt"
	"testing"

	"growlab/trainer/compute"
)

// BenchmarkProducts times the three products of a linear layer, rows x in -> out, from the small networks of a laptop to GPT-2,
// as fractions of the peak.
func BenchmarkProducts(b *testing.B) {
	for _, s := range []struct{ seqs, t, in, out int }{
		{12, 64, 128, 512},
		{12, 256, 384, 1536},
		{12, 256, 1536, 384},
		{16, 256, 256, 1024},
		{16, 256, 512, 2048},
		{16, 256, 1024, 4096},
		{4, 64, 768, 3072},
	} {
		name := fmt.Sprintf("%dx%dx%d", s.seqs*s.t, s.in, s.out)
		flops := 2 * float64(s.seqs*s.t) * float64(s.in) * float64(s.out)
		for _, op := range []string{"Linear", "LinearGrad", "WeightGrad"} {
			b.Run(name+"/"+op, func(b *testing.B) {
				each(b, func(b *testing.B, d *device) (float64, func()) {
					b.ReportMetric(d.Peak()/1e9, "peak-GFLOP/s")
					return flops, newProduct(b, d, s.seqs, s.t, s.in, s.out).of(op)
				})
			})
		}
	}
}

// layerProduct is a linear layer on its own.
type layerProduct struct {
	dev   *device
	batch compute.Batch
	x, y  compute.Mat // operands
	w, dw compute.Vec
	k     compute.Weight
}

func newProduct(b *testing.B, d *device, seqs, t, in, out int) *layerProduct {
	operand := func(cols int) compute.Mat {
		m, err := d.AllocOperand(seqs * t * cols)
		if err != nil {
			b.Fatal(err)
		}
		d.Upload(compute.All(m), noise(m.Len()))
		return compute.Matrix(compute.All(m), cols)
	}
	p := &layerProduct{dev: d, batch: compute.Batch{Seqs: seqs, T: t, Inputs: make([]int32, seqs*t)}, x: operand(in), y: operand(out)}
	p.w, p.dw = upload(b, d, noise(in*out)), upload(b, d, noise(in*out))
	p.k = d.Weight(p.w, out, in)
	return p
}

func (p *layerProduct) of(op string) func() {
	if op == "WeightGrad" {
		return func() {
			p.dev.WeightGrad(p.dw, compute.Vec{}, p.y, p.x, 1)
			p.dev.flush()
		}
	}
	return func() {
		p.dev.Run(p.batch, func(l compute.Lane) {
			of := func(m compute.Mat) compute.Mat { return m.Part(l.First()*l.T(), l.T()) }
			if op == "Linear" {
				l.Linear(of(p.y), of(p.x), p.k, compute.Epilogue{})
			} else {
				l.LinearGrad(of(p.x), of(p.y), p.k, 1, compute.Epilogue{})
			}
		})
	}
}

// BenchmarkSwiGLU times the first half of a SwiGLU FFN, in channels to units: of the small networks, whose weights fit into the
// cache, and of GPT-2's width, whose weights do not.
func BenchmarkSwiGLU(b *testing.B) {
	for _, s := range []struct{ seqs, t, in, units int }{{12, 128, 128, 512}, {4, 256, 768, 2048}} {
		b.Run(fmt.Sprintf("%dx%dx%d", s.seqs*s.t, s.in, s.units), func(b *testing.B) {
			each(b, func(b *testing.B, d *device) (float64, func()) {
				p, h := newProduct(b, d, s.seqs, s.t, s.in, 2*s.units), newProduct(b, d, s.seqs, s.t, 1, s.units)
				return 4 * float64(s.seqs*s.t) * float64(s.in) * float64(s.units), func() {
					p.dev.Run(p.batch, func(l compute.Lane) {
						of := func(m compute.Mat) compute.Mat { return m.Part(l.First()*l.T(), l.T()) }
						l.Linear(of(h.y), of(p.x), p.k, compute.Epilogue{Act: compute.SwiGLU, Pre: of(p.y)})
					})
				}
			})
		})
	}
}
