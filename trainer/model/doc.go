// Package model runs a pre-norm decoder on a compute.Device: New gives it memory, Grad and Loss carry a batch through it.
//
// There is no autograd. block.go holds the block's forward pass and, mirrored below it, its backward pass, each line
// undoing one of the forward's. Everything a growth in progress changes enters through shape.Masks (SetMasks) as arguments
// of the same operations; at m = 1 the plain path runs.
//
// Parameters, gradients and whatever an optimizer keeps are flat arenas with one Layout: the tensors of the shape.Config in
// table order. Activations live in one batch-wide set, because weight gradients are taken over the whole batch after all
// lanes are through.
//
// Not covered: the schedule of growth (package growth), the optimizer (trainer/optim).
package model
