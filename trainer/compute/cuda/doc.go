// Package cuda is the compute.Device that trains on an NVIDIA GPU, through package cudart: cuBLASLt's products where that
// library is there, our own kernels (cudart/kernels) for all the rest, and for the products too where it is not.
//
// Open opens one GPU. Several train together as ranks (package trainer/ranks), each with a device and a trainer of its own, in one
// process or in several; the device is a ranks.Joiner, a ranks.Reducer and an optim.Sharder.
//
// # How work gets to the GPU
//
// A method of the device checks its arguments, takes the memory it needs, and puts off a closure. The closures are issued in
// order by the GPU's own thread (cudart.Context.Do), many at a time, into one stream; the caller waits only where it asks for
// numbers: Download, Take, Sync. So a fault shows late. The first one sticks, later work is dropped, and Sync tells it.
// What comes a third time with the same arguments becomes a CUDA graph. A step is issued without waiting: its loss and the squares of its
// gradients are totals on the device, where clipping is decided as well.
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
// is in the way; GELU only where that is faster than a kernel behind the product. A bias beside a result of bf16 is rounded to bf16
// first, since the library has no other. What it refuses, when it is asked or when it is to run, our own kernel does; device.Products
// tells which. With vocabularies from 4,096 on, logits whose gradient is wanted are rounded to bf16 too, in the place of their gradient;
// package model asks for some ten thousand rows of them at a time (Rows), so that they take 2 GiB at most.
//
// # Memory
//
// Reserve takes one allocation from the driver, what Measure found by walking through a step; buffers are parts of it, to the byte
// for a rank of several too, which holds its part of the moments. cuBLASLt's workspace, 4 or 32 MiB, and NCCL's buffers come besides.
//
// # Ranks
//
// Sums over ranks run in a stream of their own beside the gradients of other layers; whatever else uses their numbers waits for them.
// A GPU that fails tells the group at once, whose ranks give up the sums that would wait for it; so they do, at the start too, where a
// rank dies, where NCCL no longer hears one, and where one has not answered for half an hour (five minutes at the start).
//
// # Measured, and not
//
// All of this was run on stand-ins of NVIDIA's libraries with emulated kernels only. Nothing here about speed was measured; nor which
// epilogues the library really has. Where it lacks one, the product is written in fp32, 32 MiB at a time, and a kernel does the rest.
//
// # Not covered
//
// GPUs before compute capability 8.0, and NCCL before 2.14, whose start cannot be given up.
package cuda
