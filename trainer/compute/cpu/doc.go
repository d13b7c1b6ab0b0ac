// Package cpu is the compute.Device of processors: C kernels called through cgo, in fp32 throughout.
//
// # Families
//
// The kernels are written once, over vectors of a width fixed at compile time (vec.h), and compiled once for each family of
// vector instructions: avx512, avx2, and plain, which is what the compiler may assume of every processor (SSE2, NEON).
// Open picks the fastest of those the processor has, by a short measurement, since AVX-512 is no faster than AVX2 on some.
// Nothing is compiled for the building machine: one binary runs everywhere.
//
// # Work
//
// Run gives each worker one sequence at a time and carries it through the model, so that its activations stay in the
// worker's cache. Matrix products read weights from packed panels, which Refresh renews. Parameter gradients (WeightGrad,
// SumRows, EmbedGrad) are queued and computed together, as independent ranges of columns, at the next call that could see
// the difference. Workers are goroutines that take tasks from a counter; nobody spins.
//
// # Guarantees
//
// Results do not depend on the number of threads, bit for bit, nor on avx512 or avx2: every sum runs in an order fixed by
// the rows, 16 lanes wide in either family. Plain rounds differently where it lacks fused multiply-add.
// NaN in gives NaN out, so that a diverged run shows. Results below the smallest normal number may be flushed to zero by
// exp.
//
// Not covered: bf16 and AMX; several memory nodes.
package cpu
