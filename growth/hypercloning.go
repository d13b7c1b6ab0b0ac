package growth

import (
	"fmt"

	"growlab/growth/expand"
	"growlab/growth/shape"
)

// HyperCloning tiles each matrix n times over both of its axes and divides it by n (arXiv:2409.12903): n small networks side by
// side that read one another's streams, which are all the same.
//
//	         +------+------+
//	+---+    | W/2  | W/2  |      noise  +e  -e
//	| W | -> +------+------+             +f  -f
//	+---+    | W/2  | W/2  |
//	         +------+------+
//
// Widths only, by whole factors. The tiles differ by noise that sums to zero over the copies of an input, the paper's noisy
// variant, since tiles that are equal see equal gradients and would stay equal for ever.
//
// Deviation: the noise is as large as an initial value, the paper's strength is not known to us; heads are tiled whole, by a
// factor of their own.
var HyperCloning = Operator{
	Name: "hypercloning", Source: "HyperCloning, arXiv:2409.12903", Promise: always, Depth: DepthStack,
	Refuse: refuseUneven,
	Map:    noisyCycles,
}

// refuseUneven refuses new layers and factors that are not whole.
func refuseUneven(from, to shape.Config) error {
	if from.Layers != to.Layers {
		return fmt.Errorf("operator hypercloning widens only; layers grow from %d to %d, so keep them or choose another operator", from.Layers, to.Layers)
	}
	for _, w := range []struct {
		name    string
		old, is int
	}{{"hidden", from.Hidden, to.Hidden}, {"heads", from.Heads, to.Heads}, {"ffn", from.FFN, to.FFN}} {
		if !expand.Even(w.old, w.is) {
			return fmt.Errorf("operator hypercloning multiplies widths by whole numbers; %s %d is not a multiple of %d", w.name, w.is, w.old)
		}
	}
	return nil
}
