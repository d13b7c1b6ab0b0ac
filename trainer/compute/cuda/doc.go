// Package cuda is the compute.Device that trains on an NVIDIA GPU, through package cudart: cuBLASLt's products where that
// library is there, our own kernels (cudart/kernels) for all the rest, and for the products too where it is not.
//
// Most callers want Open for one GPU, or OpenGroup for several, which are ranks of one run.
//
// # How work gets to the GPU
//
// A method of the device checks its arguments, takes the memory it needs, and puts off a closure. The closures are issued in
// order by the GPU's own thread (cudart.Context.Do), many at a time, into one stream; the caller waits only where it asks for
// numbers: Download, Sum, SumSquares, Sync. So a fault shows late. The first one sticks, later work is dropped, and Sync tells it.
//
// # Numbers
//
// Operands are bf16, or fp32 if asked for; sums are fp32 in either. Parameters, gradients and moments are fp32. Linear multiplies
// by copies of the weights in the precision of operands, which Refresh renews. Everything adds up in an order fixed by shapes:
// the same calls give the same bits, on the same kind of GPU with the same libraries.
//
// # Products
//
// A product whose operands are aligned as cuBLASLt wants goes there: its candidates are timed when a shape is first seen, and the
// fastest is kept. Bias, GELU and its gradient, and the residual go into the product where the library can do that and no mask
// is in the way. All other products run on our own kernel.
//
// # Memory
//
// Reserve takes one allocation from the driver, what Measure found by walking through a step; buffers are parts of it.
//
// # Not covered
//
// More than one process for each GPU; GPUs before compute capability 8.0.
package cuda
