// Package kernels holds what a trainer of transformers computes on an NVIDIA GPU besides matrix products of a library:
// CUDA C kernels of our own, compiled ahead and embedded, and one Go method for each operation, which launches them.
//
// [Load] puts the machine code for a GPU onto it. Each operation is then a method of [Set] that takes a stream and a struct of
// device addresses and sizes, named by the letters of the literature (rows, T, C, H, V). It queues work and returns: nothing
// waits and nothing is allocated, so all of it can be captured in a graph. Like everything of a cudart.Context, a Set is used on
// the context's thread.
//
// # Numbers that change
//
// A captured graph keeps the arguments of its launches. What changes from step to step therefore lies in device memory: a [Mask]
// is the address of a [MaskBlock], a [Scalar] may have an address, rates and moments of AdamW are blocks ([AdamBlock],
// [PutSpans]), token ids and [Groups] are arrays. The host renews them by a copy on the stream between two launches.
//
// # Conventions
//
// Matrices are row-major and dense unless a struct has a leading dimension. An [Array] is float32 or bf16; addresses need only
// the alignment of their element, and are fastest if aligned to 16 bytes with rows of a multiple of 16 bytes. An address of 0 is
// an absent argument. Products, statistics, softmax and sums are float32 (bf16 operands, float32 accumulation), the two sums
// over all parameters float64. A number is rounded to bf16, to the nearest and ties to even, when it is stored, and nowhere else.
// Two-valued masks with m = 0 give zeros whatever they multiply, NaN included; with m = 1 they change no bit.
//
// Every result has one order of summation, which depends on the shapes alone (products may be split over the number of
// multiprocessors, see [Set.Splits]): there are no atomics, and two runs give the same bits.
//
// Wrong sizes are bugs of the caller and panic. Errors are those of the launch.
//
// # Shapes, by arithmetic
//
// One mma.m16n8k16 is 2048 multiply-adds, two clocks of an A100 multiprocessor, in which shared memory gives 256 bytes. Products take
// tiles of 128 x 128 x 32 by four warps of 64 x 64, three in flight (48 KiB, so two blocks on every GPU from 8.0 on): 128 bytes for
// an mma. Attention forward has 32 queries a warp up to heads of 64: 160 bytes. Its gradients have 16 rows a warp, for want of
// registers: 256 bytes, so they should be bound by shared memory. Norms, embedding, activation and AdamW read and write each
// number once, 8 or 16 bytes a thread; the softmax of logits reads its row twice, four loads ahead, the second time from the cache if
// the rows under way fit there (27 MB of bf16 logits of GPT-2 on an H100's 132 multiprocessors, whose cache has 50).
//
// Hopper's own instructions (wgmma, the bulk tensor copy) are not used: mma.sync is reported to reach about two thirds of its tensor
// cores' rate, and attention and our own products cannot come closer to it than that; cuBLASLt's can.
//
// # What was measured, and what not
//
// Registers and shared memory of each kernel are in code/table.txt, which a test compares; nothing spills, or make kernels fails. The
// numbers are tested by running the same source on the CPU (packages kernelstest and fake), with bugs planted that have to be caught;
// make gpu-check carries the same suite to a GPU, with the embedded code. No statement here about speed on a GPU was
// measured: tiles, stages and launch shapes are chosen by the arithmetic above.
//
// Not covered: compute capabilities below 8.0 (no bf16 tensor cores), head dimensions above 256, hidden sizes above 8192 in
// the gradient of norms, fp8, wgmma and TMA.
package kernels
