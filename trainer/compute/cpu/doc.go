// Package cpu is the compute.Device of processors: C kernels called through cgo, with products in fp32 or in bf16.
//
// # Families
//
// The kernels are written once, over vectors of a width fixed at compile time (vec.h), and compiled once for each family of
// instructions: amx, avx512bf16, avx512, avx2, and plain, which is what the compiler may assume of every processor (SSE2, NEON). Nothing is compiled for the
// building machine: one binary runs everywhere. Open picks the family by a short measurement, since neither AVX-512 nor bf16 is fast
// on all processors that have it.
//
// # Precision
//
// In bf16 the operands of products are stored as bf16 and added up in fp32 (half_tile.h); parameters, moments, the residual
// stream, norms, softmax, loss and gradients of parameters are fp32 in either. Every family can do both, so a run goes on on
// another processor; "auto" means bf16 where its products are at least 1.3 times as fast.
//
// # Work
//
// Run gives each worker one sequence at a time and carries it through the model, so that its activations stay in the
// worker's cache; where there are fewer sequences than workers, and they are long, the workers share each operation on one sequence.
// Products read weights from packed panels, which AdamW renews while it has the weights at hand. Parameter gradients (WeightGrad,
// SumRows, EmbedGrad) are queued and computed together, as independent ranges of columns, at the next call that could see
// the difference. Workers are goroutines that take tasks from a counter; nobody spins.
//
// # Memory
//
// Tensors lie outside Go's heap. Measure walks through work with kernels that do nothing and tells what memory it takes; Reserve
// lays that out as one arena.
//
// # Guarantees
//
// Results do not depend on the number of threads, bit for bit, nor in fp32 on which of the families with fused multiply-add it
// is: every sum runs in an order fixed by the rows, 16 lanes wide in each. Plain rounds differently where it lacks fused multiply-add, and
// bf16 products round differently in amx, in avx512bf16 and in the rest.
// NaN in gives NaN out, so that a diverged run shows. Results below the smallest normal number may be flushed to zero by
// exp, and by bf16 products.
//
// Not covered: several memory nodes. AMX has been run only with its tiles emulated (tag amxemulated), for want of a processor.
package cpu
