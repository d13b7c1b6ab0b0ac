// Package bench times training: whole optimizer steps, forward, backward, clipping and AdamW, of a Shape on a device.
//
// A Run gives the tokens of a second over several runs, and apart from those, from steps on a device that package profile wraps,
// what each operation takes. Rates in FLOP/s count as nanoGPT does, so that they compare with others' (Shape.FLOPsPerToken);
// plans count attention's causal half only (growth.FLOPsPerToken).
//
// The text is random tokens, new ones for each step, which no network learns: the numbers stay of the size that they have in
// training.
package bench
