package shape

import "fmt"

// Masks is a growth in progress: which leading part of each grown dimension is old, and the factor M on the rest. M ramps
// from 0, where the network computes exactly what the small one did, to 1, where the masks vanish (recipe.md 6.2).
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

// Deff is the effective width of a network of width hidden: d + m(D-d).
func (k Masks) Deff(hidden int) float64 {
	if !k.Active() {
		return float64(hidden)
	}
	return float64(k.From.Hidden) + k.M*float64(hidden-k.From.Hidden)
}

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
