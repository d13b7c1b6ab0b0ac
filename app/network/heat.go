package network

import (
	"image/color"
	"math"
	"slices"

	"growlab/app/words"
)

// Parts are the numbers of one row of the drawing: of what was there before the last growth, and of what that added. 0 is not
// known.
type Parts struct{ Old, New float64 }

// Heat colours a drawing by a positive number for each part instead of by age. The zero Heat colours nothing.
type Heat struct {
	Name   string  // of the number, in a word or two
	Ends   Parts   // embedding and output matrix
	Blocks []Parts // by layer
}

func (h Heat) same(o Heat) bool {
	return h.Name == o.Name && h.Ends == o.Ends && slices.Equal(h.Blocks, o.Blocks)
}

// on reports whether h has numbers for a network of so many layers.
func (h Heat) on(layers int) bool { return h.Name != "" && len(h.Blocks) == layers }

// of are the numbers of a layer, ends for what is in none.
func (h Heat) of(layer int) Parts {
	if layer == outside {
		return h.Ends
	}
	return h.Blocks[layer]
}

// span is the least and the largest number that is known.
func (h Heat) span() (lo, hi float64) {
	for _, p := range append([]Parts{h.Ends}, h.Blocks...) {
		for _, x := range []float64{p.Old, p.New} {
			if !(x > 0) || math.IsInf(x, 0) {
				continue
			}
			if lo == 0 || x < lo {
				lo = x
			}
			hi = max(hi, x)
		}
	}
	return lo, hi
}

// level places x on the scale from lo to hi, both positive, by its logarithm: 0 to 1. What is not known is cold.
func level(x, lo, hi float64) float32 {
	switch {
	case !(x > 0) || lo == 0:
		return cold
	case hi/lo < 1.02:
		return 0.5
	}
	return float32(min(max(math.Log(x/lo)/math.Log(hi/lo), 0), 1))
}

// cold is the level of a cell that has no number.
const cold float32 = -1

// ramp is the scale of heat: viridis (van der Walt and Smith), which colour-blind eyes and grey prints order alike, without its
// darkest end, which dark themes would hide.
var ramp = []color.NRGBA{
	{0x48, 0x3d, 0x8b, 0xff}, {0x35, 0x6f, 0x9e, 0xff}, {0x22, 0x98, 0x8b, 0xff}, {0x5e, 0xc9, 0x62, 0xff}, {0xf4, 0xe0, 0x2a, 0xff},
}

// heatColour is the colour at a level of 0 to 1.
func heatColour(at float32) color.NRGBA {
	x := at * float32(len(ramp)-1)
	i := min(int(x), len(ramp)-2)
	a, b, u := ramp[i], ramp[i+1], x-float32(i)
	mix := func(p, q uint8) uint8 { return uint8(float32(p) + u*(float32(q)-float32(p)) + 0.5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// short writes a number of the scale in two digits.
func short(x float64) string {
	if !(x > 0) {
		return "–"
	}
	return words.About(x, 2)
}
