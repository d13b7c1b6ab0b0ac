package store_test

import (
	"testing"

	"growlab/store"
)

func bigCheckpoint() store.Checkpoint {
	sizes := make([]int, 64)
	for i := range sizes {
		sizes[i] = 1 << 18
	}
	return checkpoint(1, sizes...)
}

// BenchmarkEmit measures steps from Emit until they are in the file, 1000 to a transaction.
func BenchmarkEmit(b *testing.B) {
	const batch = 1000
	run := newRun(b)
	var n int64
	for b.Loop() {
		for range batch {
			n++
			run.Emit(step(n))
		}
		must(b, run.Flush())
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "steps/s")
	must(b, run.Close())
}

// BenchmarkSave measures checkpoints of 64 MiB in 64 tensors; after the first few they reuse freed pages.
func BenchmarkSave(b *testing.B) {
	run := newRun(b)
	c := bigCheckpoint()
	var n int64
	for b.Loop() {
		n++
		c.Step = n
		b.SetBytes(get[int64](b)(run.Save(c)))
	}
	must(b, run.Close())
}

// BenchmarkLoad measures reading such a checkpoint back, with its checksums.
func BenchmarkLoad(b *testing.B) {
	run := newRun(b)
	b.SetBytes(get[int64](b)(run.Save(bigCheckpoint())))
	must(b, run.Close())
	r := reader(b, run.Path())
	for b.Loop() {
		if _, err := r.LoadCheckpoint(1); err != nil {
			b.Fatal(err)
		}
	}
}
