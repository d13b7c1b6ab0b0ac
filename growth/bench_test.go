package growth

import (
	"testing"

	"growlab/growth/shape"
)

// BenchmarkGrow grows a network of about a million parameters to three.
func BenchmarkGrow(b *testing.B) {
	from := parse(b).Final()
	to := from
	to.Hidden, to.Heads, to.FFN, to.Layers = 192, 12, 768, 7
	old := State{shape.NewTree(from), shape.NewTree(from), shape.NewTree(from)}
	fresh := shape.NewTree(to)
	for _, op := range []Operator{MSG, Exact, Net2Net} {
		b.Run(op.Name, func(b *testing.B) {
			b.SetBytes(3 * 4 * to.Params())
			for b.Loop() {
				Grow(op, old, fresh, "")
			}
		})
	}
}
