// Package compute is the contract between the model and the engines that run it: Device, its memory, and the operations a
// transformer needs, each with its gradient. It holds no mathematics; engines are compute/cpu (C kernels),
// compute/cuda, and computetest.Reference (float64, pure Go), which every engine is compared with.
//
// # Letters
//
//	B sequences   T positions   N = B*T rows   C hidden   H heads   D head_dim   I = H*D   F ffn   V vocab   L layers
//
// The gradient of x is dx. A Mat is row-major, (rows, cols).
//
// # Gradient conventions
//
// Parameter gradients accumulate (+=), activation gradients are written (=). The residual stream and its gradient are
// written out of place, old plus branch, because the norms' gradients and the weight gradients need every stage of them.
//
// # Lanes
//
// A step runs in two parts. Device.Run carries the model's text through all layers, forward and back, for a group of
// sequences at a time: one lane with the whole micro-batch on a GPU, one sequence a lane on the CPU, where it stays in L2.
// A lane writes no parameter gradient. What those need (inputs, output gradients, per-sequence partial sums) is saved in
// batch-wide matrices, and a second pass (WeightGrad, SumRows, EmbedGrad) turns it into gradients in an order fixed by the
// rows alone. So results do not depend on the number of workers.
//
// # Masks
//
// A growth in progress enters as arguments of existing operations, each two-valued (Mask), never as a mask tensor.
// With no mask, or m = 1, an operation must give bit for bit what its plain form gives.
//
// # Errors
//
// Wrong lengths are bugs of the caller and panic. Faults of the device are sticky and surface from Sync.
package compute
