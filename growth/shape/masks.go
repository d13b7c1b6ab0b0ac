package shape

import "fmt"

// Masks is a growth in progress: which leading part of each grown dimension is old, and the factors on the rest. They ramp
// from 0, where the network computes exactly what the small one did, to 1, where the masks vanish.
// The zero Masks is no growth: everything is old.
type Masks struct {
	// From is the shape before the growth; its Hidden, Heads, FFN are the lengths of the old leading blocks.
	// From.Layers == 0 means that no growth is in progress.
	From Config `json:"from"`
	// NewLayer[l] reports whether layer l of the large network was added by this growth.
	NewLayer []bool    `json:"new_layer"`
	M        Factors   `json:"m"`
	Place    Placement `json:"place"`
}

// Factors are those of the four dimensions that grow, each from 0 to 1.
type Factors struct {
	Hidden float64 `json:"hidden"`
	Heads  float64 `json:"heads"`
	FFN    float64 `json:"ffn"`
	Layers float64 `json:"layers"`
}

// Joint is m on every dimension.
func Joint(m float64) Factors { return Factors{m, m, m, m} }

// Full reports whether all factors are 1.
func (f Factors) Full() bool { return f == Joint(1) }

// along is the factor of the entries that axis a gains.
func (f Factors) along(a Axis) float64 {
	switch a {
	case Hidden:
		return f.Hidden
	case Inner:
		return f.Heads
	case FFN:
		return f.FFN
	case Vocab, Context, QKV, Gates:
	}
	return 1
}

// Placement says where the factors stand, but for those of the norms, which are in their statistics and outputs in either.
type Placement uint8

// The placements. Both are exact at 0 and at 1; in between they are different functions.
const (
	// OnOutputs masks what heads and FFN units give, and gates both branches of an added layer.
	OnOutputs Placement = iota
	// OnInputs masks queries, keys and values after their bias and FFN units before the activation, and gates an added layer as
	// a whole, m·layer(x) + (1-m)·x, as the code of MSG's authors does.
	OnInputs
)

// Active reports whether any factor differs from 1.
func (k Masks) Active() bool { return k.From.Layers > 0 && !k.M.Full() }

// Effective is the length of axis a in c with new entries counted as their factor m: d + m(D-d).
func (k Masks) Effective(c Config, a Axis) float64 {
	n := c.Size(a)
	if !k.Active() {
		return float64(n)
	}
	old := k.From.Size(a)
	return float64(old) + k.M.along(a)*float64(n-old)
}

// Deff is the effective width of c, the number that every factor uses that depends on the width.
func (k Masks) Deff(c Config) float64 { return k.Effective(c, Hidden) }

// Gate is the factor on layer l: on both its branches, or on the whole of it, as Place says.
func (k Masks) Gate(l int) float64 {
	if k.Active() && k.NewLayer[l] {
		return k.M.Layers
	}
	return 1
}

func (k Masks) String() string {
	switch {
	case !k.Active():
		return "none"
	case k.M == Joint(k.M.Hidden):
		return fmt.Sprintf("%v growing, m=%.4f", k.From, k.M.Hidden)
	}
	return fmt.Sprintf("%v growing, m=%.4f hidden, %.4f heads, %.4f ffn, %.4f layers", k.From, k.M.Hidden, k.M.Heads, k.M.FFN, k.M.Layers)
}
