package expand

import (
	"math"

	"growlab/growth/shape"
)

// Map is a growth of one shape into another.
type Map struct {
	From, To shape.Config
	// Layers has an entry for each layer of To. Layers that were not added keep their order.
	Layers []Layer
	Added  Added
	// Hidden, Heads and FFN give each new index its source, none for nothing. The old indices come first, in order.
	Hidden, Heads, FFN []int
	// Exact changes the numbers so that the function stays (package comment). Without it copies keep theirs, and what has no
	// source is fresh.
	Exact bool
	Split Split
	// Next takes copies of heads, FFN units and written channels from the next layer instead of from the same.
	Next bool
}

// Layer says where a layer of the grown network comes from.
type Layer struct {
	From  int  // layer of the old network
	Added bool // not the layer itself
}

// Added says what an added layer is made of.
type Added uint8

// The kinds of added layer.
const (
	Copy  Added = iota // of its source
	Mute               // of its source, but both branches write zero: the layer is the identity
	Fresh              // initial values
)

// Split says which share of a weight each copy of what it reads gets. All splits sum to the weight. Equal shares leave the
// copies twins for ever, since they see the same gradient.
type Split uint8

// The splits.
const (
	Equal   Split = iota
	Noise         // equal shares, plus fresh values with their mean over the copies taken off
	Unequal       // shares between half and one and a half of the equal one, drawn for each weight from the fresh values
)

const none = -1

// Lead gives the old indices to themselves and nothing to the new ones.
func Lead(old, n int) []int {
	src := make([]int, n)
	for j := range src {
		src[j] = none
		if j < old {
			src[j] = j
		}
	}
	return src
}

// Cycle goes round the old indices until n are full.
func Cycle(old, n int) []int {
	src := make([]int, n)
	for j := range src {
		src[j] = j % old
	}
	return src
}

// Tile goes round the old indices as often as fits whole; the rest gets nothing.
func Tile(old, n int) []int {
	src := Cycle(old, n)
	for j := n / old * old; j < n; j++ {
		src[j] = none
	}
	return src
}

// Keep has no layer added and every width led; it is what operators start from.
func Keep(from, to shape.Config) Map {
	return Map{
		From: from, To: to, Hidden: Lead(from.Hidden, to.Hidden), Heads: Lead(from.Heads, to.Heads), FFN: Lead(from.FFN, to.FFN),
	}
}

// Even reports whether n indices over old ones, in a Cycle, copy each equally often.
func Even(old, n int) bool { return n%old == 0 }

// side is one axis of a tensor: for each new index its source, and how many copies the source has.
type side struct {
	src    []int
	copies []float64
	old    int
}

func newSide(src []int, old int) side {
	n := make([]float64, old)
	for _, i := range src {
		if i != none {
			n[i]++
		}
	}
	s := side{src: src, old: old, copies: make([]float64, len(src))}
	for j, i := range src {
		if i != none {
			s.copies[j] = n[i]
		}
	}
	return s
}

// sides are those of all axes.
func (m Map) sides() map[shape.Axis]side {
	d := m.From.HeadDim
	inner := make([]int, m.To.Inner())
	for j := range inner {
		inner[j] = none
		if h := m.Heads[j/d]; h != none {
			inner[j] = h*d + j%d
		}
	}
	all := map[shape.Axis]side{
		shape.Hidden: newSide(m.Hidden, m.From.Hidden),
		shape.Inner:  newSide(inner, m.From.Inner()),
		shape.FFN:    newSide(m.FFN, m.From.FFN),
	}
	for _, a := range []shape.Axis{shape.Vocab, shape.Context, shape.QKV, shape.Gates} {
		n := m.From.Size(a)
		all[a] = newSide(Lead(n, n), n)
	}
	return all
}

// stream is s, the factor on the residual stream.
func (m Map) stream() float64 {
	sourced := 0
	for _, i := range m.Hidden {
		if i != none {
			sourced++
		}
	}
	return math.Sqrt(float64(m.To.Hidden) / float64(sourced))
}
