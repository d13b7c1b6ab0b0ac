// Package computetest says what an engine must compute, and checks that it does.
//
// Reference is a compute.Device in plain loops over float64: the meaning of every operation, short enough to read beside
// the formulas of compute/device.go. Its gradients are checked against finite differences in this package's tests, so an
// engine that agrees with Reference has right gradients too. Models run on it as on any engine; Data lets a test reach
// into its memory, to nudge one number and look at the loss.
//
// Run is the suite that every engine passes: each operation against Reference on random numbers of awkward sizes, masked
// and not. RunDeterminism checks that results do not depend on the number of threads.
//
// # Tolerance
//
// There is no epsilon to tune. Each trial evaluates its formula on numbers that carry a bound on the error of float32 (a
// running error analysis), which for a sum of n products is n roundings of the sum of their absolute values. An engine is
// allowed twice that bound; the worst elements of the C kernels were seen between a tenth of it, in attention, and the
// whole, where the bound is a rounding or two. Engines with operands of fewer bits need a bound with their own unit; there is none yet.
//
// # Strictness
//
// Reference panics where an engine may go wrong in silence: a length that does not fit, a token outside the vocabulary,
// a result that overlaps an argument, memory used after Free, an S that is not the sum of the mask. Not covered: a
// missing Refresh, for Reference keeps no copies of weights.
package computetest
