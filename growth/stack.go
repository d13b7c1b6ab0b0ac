package growth

import "growlab/growth/shape"

// Stack is the plain copy without masks: the old network is the leading block, added layers are copies, and all of it takes
// part at once (StackBERT and G_stack in depth, arXiv:2405.15319; in width new entries are fresh). It does not preserve the
// function, the loss jumps and heals. It is the baseline that MSG is compared with.
//
//	+-------------+  copy of 1
//	+-------------+  copy of 0
//	+-------------+  1
//	+-------------+  0
//
// Deviation: G_stack starts a fresh Adam; here moments are carried as in MSG, so that the masks are the only difference.
type Stack struct{}

// Name is "stack".
func (Stack) Name() string { return "stack" }

// Preserves is false.
func (Stack) Preserves() bool { return false }

// Masked is false.
func (Stack) Masked() bool { return false }

// Grow expands the state.
func (Stack) Grow(old State, fresh shape.Tree, depth string) Grown { return expand(old, fresh, depth) }
