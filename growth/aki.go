package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// AKI is bert2BERT's advanced knowledge initialisation (arXiv:2110.07143): Net2Net's widening, but the new outputs of every
// matrix come from the layer above, which breaks the symmetry of copies and brings later knowledge down. The last layer takes
// from itself.
//
//	layer l+1   +------+
//	            | W'   | --+
//	            +------+   |          reads shared among copies, as in Net2Net
//	layer l     +------+   v   +------+------+
//	            |  W   | ----> |  W   |  W   |  old outputs
//	            +------+       |  W'  |  W'  |  new outputs, from above
//	                           +------+------+
//
// It does not keep the function. New layers are copies on top, as bert2BERT stacks.
//
// Deviation: copies go round in order, where bert2BERT draws the source of each; embeddings and norms are Net2Net's. Moments of
// outputs that come from above start at zero.
var AKI = Operator{
	Name: "aki", Source: "bert2BERT's AKI, arXiv:2110.07143", Promise: never, Depth: DepthStack,
	Map: func(from, to shape.Config) expand.Map {
		m := cycles(from, to)
		m.Next, m.Added = true, expand.Copy
		return m
	},
}
