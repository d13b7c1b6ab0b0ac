package growth

import (
	"fmt"
	"strings"

	"growlab/growth/shape"
)

// State is what growing carries over: parameters and Adam's first and second moments, all of one shape.
type State struct {
	Params, M, V shape.Tree
}

// Grown is the result of an Operator.
type Grown struct {
	State    State
	NewLayer []bool // which layers of the new network were added
	// Carried and New count entries of each moment: copied from the old one, or starting at zero.
	Carried, New int64
}

// Operator makes a larger network out of a smaller one. Grow is pure: old is untouched, and fresh, a tree of initial values
// of the new shape, supplies every entry that does not come from old. depth is one of the two layer orders.
type Operator interface {
	Name() string
	// Preserves reports whether the grown network, with its masks at 0, computes what the old one did.
	Preserves() bool
	// Masked reports whether the new part is faded in by masks.
	Masked() bool
	Grow(old State, fresh shape.Tree, depth string) Grown
}

// Operators is the list of all operators, the default first.
var Operators = []Operator{MSG{}, Stack{}}

// Lookup finds an operator by name; "" is the default.
func Lookup(name string) (Operator, error) {
	var names []string
	for _, o := range Operators {
		if o.Name() == name || name == "" {
			return o, nil
		}
		names = append(names, o.Name())
	}
	return nil, fmt.Errorf("operator is %q; it must be one of %s", name, strings.Join(names, ", "))
}

// The orders of new layers.
const (
	DepthStack      = "stack"      // copies of the whole old stack on top of it
	DepthInterleave = "interleave" // each copy right above its source
)

var depths = []string{DepthStack, DepthInterleave}

func (s Stage) depth() string {
	if s.Depth == "" {
		return DepthStack
	}
	return s.Depth
}

// Grow carries st, the state at the end of stage i-1, into stage i.
func (r Recipe) Grow(i int, st State) (Grown, error) {
	op, err := Lookup(r.Stages[i].Operator)
	if err != nil {
		return Grown{}, err
	}
	return op.Grow(st, r.Init(i), r.Stages[i].depth()), nil
}

// Masks are the masks of stage i at ramp value m. They follow from the recipe alone.
func (r Recipe) Masks(i int, m float64) shape.Masks {
	if i == 0 || m == 1 {
		return shape.Masks{}
	}
	from, to := r.Config(i-1), r.Config(i)
	k := shape.Masks{From: from, M: m}
	for _, s := range layerSources(from.Layers, to.Layers, r.Stages[i].depth()) {
		k.NewLayer = append(k.NewLayer, s.added)
	}
	return k
}
