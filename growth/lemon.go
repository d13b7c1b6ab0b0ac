package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// LEMON expands to any width without loss (arXiv:2310.07999): channels are copied as often as fits whole, the rest of the
// stream holds the mean, so that LayerNorm's statistics stay, and readers take unequal shares of copies, which breaks symmetry.
//
//	stream  x0 x1 x2 | x0 x1 x2 | mean mean        d = 3, D = 8
//	readers  ¾  ½  ⅜ |  ¼  ½  ⅝ |  any  any        shares of one weight sum to 1
//
// Heads and FFN units go round, uneven or not. New layers write zero.
//
// Deviation: LEMON changes the norm's epsilon; we scale the stream by s = sqrt(D/(n d)) and the gains by 1/s instead, so that
// epsilon can stay (package expand). Deviation: under RMSNorm the rest of the stream is 0. Deviation: shares are drawn for each
// weight between half and one and a half of the equal one.
var LEMON = Operator{
	Name: "lemon", Source: "LEMON, arXiv:2310.07999", Promise: always, Depth: DepthStack,
	Map: func(from, to shape.Config) expand.Map {
		m := cycles(from, to)
		m.Hidden = expand.Tile(from.Hidden, to.Hidden)
		m.Split = expand.Unequal
		return m
	},
}
