package growth

import "growlab/growth/expand"

// MIDAS duplicates the middle of the stack (gradual stacking, arXiv:2409.19044): first and last layers, which do work of
// their own, stay single. Repeated growths copy the middle again and again, as a loop would.
//
//	+-------------+  3
//	+-------------+  copy of 2
//	+-------------+  copy of 1
//	+-------------+  2
//	+-------------+  1
//	+-------------+  0
//
// Deviation: MIDAS inserts blocks of one fixed number of layers; here as many as the stage adds, and if it adds more than there
// are, the middle of the result once more. Widths, which MIDAS does not grow, are as in Stack, and so are moments.
var MIDAS = Operator{
	Name: "midas", Source: "MIDAS, arXiv:2409.19044", Promise: never, Depth: DepthMiddle, OnlyDepth: true,
	Map: expand.Keep,
}
