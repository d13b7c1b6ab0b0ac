package shape

import "fmt"

// Masks is a growth in progress: which leading part of each grown dimension is old, and the factor M on the rest. M ramps
// from 0, where the network computes exactly what the small one did, to 1, where the masks vanish.
// The zero Masks is no growth: everything is old.
type Masks struct {
	// From is the shape before the growth; its Hidden, Heads, FFN are the lengths of the old leading blocks.
	// From.Layers == 0 means that no growth is in progress.
	From Config `json:"from"`
	// NewLayer[l] reports whether layer l of the large network was added by this growth.
	NewLayer []bool  `json:"new_layer"`
	M        float64 `json:"m"`
}

// Active reports whether any factor differs from 1.
func (k Masks) Active() bool { return k.From.Layers > 0 && k.M != 1 }

// Effective is the length of axis a in c with new entries counted as m: d + m(D-d).
func (k Masks) Effective(c Config, a Axis) float64 {
	n := c.Size(a)
	if !k.Active() {
		return float64(n)
	}
	old := k.From.Size(a)
	return float64(old) + k.M*float64(n-old)
}

// Deff is the effective width of c, the number that every width-dependent factor uses.
func (k Masks) Deff(c Config) float64 { return k.Effective(c, Hidden) }

// Gate is the factor on both residual branches of layer l.
func (k Masks) Gate(l int) float64 {
	if k.Active() && k.NewLayer[l] {
		return k.M
	}
	return 1
}

func (k Masks) String() string {
	if !k.Active() {
		return "none"
	}
	return fmt.Sprintf("%v growing, m=%.4f", k.From, k.M)
}
