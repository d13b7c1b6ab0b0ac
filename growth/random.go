package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// Random is the control: the old network is the leading block, and all that is new, added layers too, starts from initial
// values and takes part at once. What an operator gains over it is what its copies and masks are worth.
//
//	+-----+- - - -+      +- - - - - - -+  fresh
//	|  W  : fresh |      +- - - - - - -+  fresh
//	+- - -+ - - - +      +-------------+  1
//	: fresh fresh :      +-------------+  0
type Random struct{ unmasked }

// Name is "random".
func (Random) Name() string { return "random" }

// Source says that it is no one's.
func (Random) Source() string { return "control, no paper" }

// Promise is never.
func (Random) Promise() Promise { return never }

// Depth is stack, fresh layers on top, or any other.
func (Random) Depth() (string, bool) { return DepthStack, true }

// Map leads every width and draws added layers anew.
func (Random) Map(from, to shape.Config) expand.Map {
	m := expand.Keep(from, to)
	m.Added = expand.Fresh
	return m
}
