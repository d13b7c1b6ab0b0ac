package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// Net2Net copies channels, heads and FFN units and lets each reader take its share of every copy (Net2Net, arXiv:1511.05641;
// for Transformers bert2BERT's function-preserving initialisation, arXiv:2110.07143). New layers are the identity.
//
//	   unit 0 1 2       unit 0  1  2  0' 1'
//	 in  |  |  |      in  |  |  |  |  |     rows copied
//	     h  h  h          h  h  h  h  h
//	out  |  |  |     out  ½  ½  1  ½  ½     columns shared, plus and minus noise
//
// It keeps the function except for the norms: their statistics weigh channels equally, so it is exact only if every channel of
// the residual stream is copied equally often (heads and FFN units may come out uneven).
//
// The shares of copies differ by noise that sums to zero, one number for each weight: without it, or with one share for each
// unit, Adam, which is blind to the scale of a gradient, would move twins alike for ever.
//
// Deviation: copies go round in order, where Net2Net and bert2BERT draw the source of each. Deviation: bert2BERT deepens by
// stacking, which is operator stack; Net2Net's identity layer is here a copy that writes zero.
var Net2Net = Operator{
	Name: "net2net", Source: "Net2Net, arXiv:1511.05641; bert2BERT's FPI, arXiv:2110.07143", Depth: DepthStack,
	Promise: Promise{"if hidden grows by a whole factor, or not at all", func(from, to shape.Config) bool {
		return expand.Even(from.Hidden, to.Hidden)
	}},
	Map: noisyCycles,
}
