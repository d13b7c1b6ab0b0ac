//go:build unix

package cpu

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"growlab/trainer/compute"
)

// each runs a benchmark for every family and precision, on one thread and on two. f does one round of flops operations.
func each(b *testing.B, prepare func(b *testing.B, d *device) (flops float64, f func())) {
	for _, v := range variants() {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/threads=%d", v, threads), func(b *testing.B) {
				dev := v.open(b, threads)
				flops, f := prepare(b, dev)
				f()
				best, before := time.Hour, used(b)
				for b.Loop() {
					start := time.Now()
					f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				// Two estimates of what a machine of our own would give: the best round, and the rate by time on a core.
				b.ReportMetric(flops/float64(best.Nanoseconds()), "best-GFLOP/s")
				b.ReportMetric(flops*float64(b.N)/float64((used(b)-before).Nanoseconds()), "GFLOP/core-s")
			})
		}
	}
}

// used is the time that this process has spent on cores.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// layer is 12 sequences of 128 positions through hidden 128, 8 heads of 16, ffn 512.
func layer(b *testing.B, d *device) *probe {
	p, err := newProbe(d, 12, 128, 8, 16, 512)
	if err != nil {
		b.Fatal(err)
	}
	p.step()
	return p
}

// overLanes times f on the lanes of a layer's batch. flops is the count of the whole batch.
func overLanes(b *testing.B, flops func(p *probe) float64, f func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat)) {
	each(b, func(b *testing.B, d *device) (float64, func()) {
		p := layer(b, d)
		return flops(p), func() {
			d.Run(p.batch, func(l compute.Lane) {
				f(p, l, func(m compute.Mat) compute.Mat { return m.Part(l.First()*l.T(), l.T()) })
			})
		}
	})
}

func up(p *probe) float64 { return 2 * float64(p.x0.Rows()) * float64(p.hidden*p.ffn) }

// attended counts the products over all pairs of positions, though half of them are skipped.
func attended(products int) func(p *probe) float64 {
	return func(p *probe) float64 { return 2 * float64(products) * float64(p.x0.N) * float64(p.batch.T) }
}

func BenchmarkLinear(b *testing.B) {
	overLanes(b, up, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.Linear(of(p.pre), of(p.y2), p.weights[2], compute.Epilogue{Bias: p.b[2].Vec})
	})
}

func BenchmarkLinearGELU(b *testing.B) {
	overLanes(b, up, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.Linear(of(p.h), of(p.y2), p.weights[2], compute.Epilogue{Bias: p.b[2].Vec, Act: compute.GELU, Pre: of(p.pre)})
	})
}

func BenchmarkLinearDown(b *testing.B) {
	overLanes(b, up, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.Linear(of(p.x2), of(p.h), p.weights[3], compute.Epilogue{Bias: p.b[3].Vec, Residual: of(p.x1), Gate: 1})
	})
}

func BenchmarkLinearGrad(b *testing.B) {
	overLanes(b, up, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.LinearGrad(of(p.dy2), of(p.dpre), p.weights[2], 1, compute.Epilogue{})
	})
}

func BenchmarkLinearGradGELU(b *testing.B) {
	overLanes(b, up, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.LinearGrad(of(p.dpre), of(p.dx2o), p.weights[3], 1, compute.Epilogue{Act: compute.GELU, Pre: of(p.pre)})
	})
}

func BenchmarkWeightGrad(b *testing.B) {
	each(b, func(b *testing.B, d *device) (float64, func()) {
		p := layer(b, d)
		return up(p), func() {
			d.WeightGrad(p.dw[2].Vec, p.db[2].Vec, p.dpre, p.y2, 1)
			d.flush()
		}
	})
}

func BenchmarkAttention(b *testing.B) {
	overLanes(b, attended(2), func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.Attention(of(p.o), of(p.lse), of(p.qkv), p.attention)
	})
}

func BenchmarkAttentionGrad(b *testing.B) {
	overLanes(b, attended(5), func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.AttentionGrad(of(p.dqkv), of(p.do), of(p.qkv), of(p.o), of(p.lse), p.attention)
	})
}

func BenchmarkNorm(b *testing.B) {
	overLanes(b, func(p *probe) float64 { return 8 * float64(p.x0.N) }, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		l.Norm(of(p.y1), of(p.stats1), of(p.x0), p.gain.Vec, p.bias.Vec, p.norm)
	})
}

func BenchmarkNormGrad(b *testing.B) {
	overLanes(b, func(p *probe) float64 { return 16 * float64(p.x0.N) }, func(p *probe, l compute.Lane, of func(compute.Mat) compute.Mat) {
		seq := func(m compute.Mat) compute.Mat { return m.Part(l.First(), 1) }
		l.NormGrad(of(p.dx1), of(p.dx1o), seq(p.gains2), seq(p.bia2), of(p.dx2), of(p.dy2), of(p.x1), of(p.stats2), p.gain.Vec, p.norm)
	})
}

// BenchmarkLayer is a whole step of one layer but for AdamW.
func BenchmarkLayer(b *testing.B) {
	each(b, func(b *testing.B, d *device) (float64, func()) {
		p := layer(b, d)
		return p.flops(), p.step
	})
}

// BenchmarkWideLayer is the same of 12 sequences of 256 positions through hidden 384, 6 heads of 64, ffn 1536.
func BenchmarkWideLayer(b *testing.B) {
	each(b, func(b *testing.B, d *device) (float64, func()) {
		p, err := newProbe(d, 12, 256, 6, 64, 1536)
		if err != nil {
			b.Fatal(err)
		}
		return p.flops(), p.step
	})
}

// BenchmarkPeak is what the processor could do.
func BenchmarkPeak(b *testing.B) {
	each(b, func(b *testing.B, d *device) (float64, func()) {
		flops := d.Peak()
		b.ReportMetric(flops/1e9, "peak-GFLOP/s")
		return d.spin(1 << 12), func() { d.spin(1 << 12) }
	})
}
