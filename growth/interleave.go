package growth

import "growlab/growth/expand"

// Interleave is Stack with each copy right above its source, the other order that MSG's code knows ("random-interpolate",
// arXiv:2305.02869). A layer then stands near where it was trained.
//
//	+-------------+  copy of 1
//	+-------------+  1
//	+-------------+  copy of 0
//	+-------------+  0
//
// Where layers do not come out even, the last ones are copied first. Moments and widths are as in Stack.
var Interleave = Operator{
	Name: "interleave", Source: "MSG's code, arXiv:2305.02869", Promise: never, Depth: DepthInterleave, OnlyDepth: true,
	Map: expand.Keep,
}
