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
var Random = Operator{
	Name: "random", Source: "control, no paper", Promise: never, Depth: DepthStack,
	Map: func(from, to shape.Config) expand.Map {
		m := expand.Keep(from, to)
		m.Added = expand.Fresh
		return m
	},
}
