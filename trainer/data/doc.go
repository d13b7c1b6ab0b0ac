// Package data turns text into batches of byte tokens, in an order that is a pure function of a seed.
//
// A Set is one text, cut in two: Train, and the end of it, Valid, which training never sees. A window is
// T+1 neighbouring bytes: T inputs and, shifted by one, T targets. A token is a byte, so the vocabulary
// is 256 and loss/ln 2 is bits per byte.
//
// Most callers want [Open] or [Embedded] for a Set, [Set.Fits] before the first step, [Set.Order] for
// the batches of training, and [Set.Spread] for the fixed windows of an evaluation.
//
// A Teacher holds propositions, each right or wrong, beside the text: [Teacher.Lessons] to learn from, [Teacher.Exam] to be examined
// on. Their labels are two tokens more than bytes have values.
//
// Guaranteed: sequence i of an Order depends on the text, the seed, T and i alone, not on the batch size,
// the number of threads or where a run was resumed. An epoch visits every window once.
//
// Not covered: text that does not fit in memory (it is held once, at one byte a token), other encodings
// than UTF-8, and tokenizers.
package data
