package growth

import (
	"fmt"

	"growlab/growth/shape"
)

// LLaMAPro inserts copies of layers whose two branches write zero (block expansion, arXiv:2401.02415), so that each is the
// identity until training moves its output matrices.
//
//	+- - - - - - -+  copy of 1, writes 0
//	+-------------+  1
//	+- - - - - - -+  copy of 0, writes 0
//	+-------------+  0
//
// Depth only. Deviation: LLaMA-Pro trains only the inserted layers; here everything trains on.
var LLaMAPro = Operator{
	Name: "llama-pro", Source: "LLaMA-Pro, arXiv:2401.02415", Promise: always, Depth: DepthInterleave,
	Refuse: func(from, to shape.Config) error {
		if from.Hidden != to.Hidden || from.Heads != to.Heads || from.FFN != to.FFN {
			return fmt.Errorf("operator llama-pro adds layers only; %s to %s also grows hidden, heads or ffn, so keep those or choose another operator",
				widths(from), widths(to))
		}
		return nil
	},
	Map: silent,
}

// widths names what a shape has besides its layers.
func widths(c shape.Config) string { return fmt.Sprintf("%d x %d x %d", c.Hidden, c.Heads, c.FFN) }
