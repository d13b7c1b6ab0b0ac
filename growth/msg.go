package growth

import "growlab/growth/expand"

// MSG grows by masks ("masked structural growth", arXiv:2305.02869): the old network is the leading block of the new one,
// and a factor m on everything new makes it invisible at m = 0, whatever its weights are. m then ramps to 1.
//
//	       hidden              heads, ffn             layers
//	  old |  new · m       old |  new · m       x + m·branch(x)
//	+-----+- - - -+      +-----+- - - -+        +- - - - - - -+  copy of 1, gate m
//	|  W  : fresh |      |  W  : fresh |        +- - - - - - -+  copy of 0, gate m
//	+- - -+ - - - +      +- - -+ - - - +        +-------------+  1
//	: fresh fresh :      : fresh fresh :        +-------------+  0
//
// The masks sit in the statistics and the output of every norm, on the outputs of new heads,
// on new FFN units after the activation, and as a gate on both branches of an added layer.
//
// Deviation: MSG's code masks queries, keys and values and the FFN before its activation, and gates whole blocks. Masking
// outputs is equally exact at 0 and 1, but leaves new query and key weights a gradient of order m instead of m³. Theirs is
// msg-authors.
// Deviation: MSG grows one dimension at a time; FLM-101B grew several at once at each of its two growths, and so do we, unless
// the stage has a ramp_order.
var MSG = Operator{
	Name: "msg", Source: "MSG, arXiv:2305.02869", Promise: always, Masked: true, Depth: DepthStack,
	Map: expand.Keep, // the masks are Recipe.Masks
}
