// Package computetest says what an engine must compute, and checks that it does.
//
// Reference is a compute.Device in plain loops over float64: the meaning of every operation, short enough to read beside
// the formulas of compute/device.go. Its gradients are checked against finite differences in this package's tests, so an
// engine that agrees with Reference has right gradients too. Models run on it as on any engine; Data lets a test reach
// into its memory, to nudge one number and look at the loss. With Operands BF16 it rounds operands, and only those.
//
// Run is the suite that every engine passes: each operation against Reference on random numbers of awkward sizes, masked
// and not. RunDeterminism checks that results do not depend on the number of threads. RunGradients checks the gradients
// of a whole network, which is where errors of single operations meet.
//
// # Tolerance
//
// There is no epsilon to tune. Each trial evaluates its formula on numbers that carry a bound on the error of float32 (a
// running error analysis), which for a sum of n products is n roundings of the sum of their absolute values. An engine is
// allowed twice that bound; the worst elements of the C kernels were seen between a tenth of it, in attention, and the
// whole, where the bound is a rounding or two.
//
// An engine with operands of bf16 gets operands and weights that are off by a quarter of a unit, and is compared with
// Reference, and the formula, on the rounded numbers, so that their rounding is checked and not allowed for. The numbers of a
// formula carry a second bound, of what rounding its results, and its operands on the way, may add: 2^-8 of each number
// that is stored (num, stored). It is strict, not to first order, and an engine gets just that beside its float32 bound.
// Where engines may differ by a rounding (attentionRow, attentionGradRow), both ways are allowed. Reference in bf16 uses all
// of it where there is one rounding, a third or more in attention. Statistics, losses, sums of weight gradients, the
// residual stream and dx of the norms stay within float32 bounds.
//
// # Strictness
//
// Reference panics where an engine may go wrong in silence: a length that does not fit, a token outside the vocabulary,
// a result that overlaps an argument, memory used after Free, an S that is not the sum of the mask. Not covered: a
// missing Refresh, for Reference keeps no copies of weights.
package computetest
