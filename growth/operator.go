package growth

import (
	"fmt"
	"strings"

	"growlab/growth/expand"
	"growlab/growth/shape"
)

// State is what growing carries over: parameters and Adam's first and second moments, all of one shape.
type State struct {
	Params, M, V shape.Tree
}

// Grown is the result of growing.
type Grown struct {
	State    State
	NewLayer []bool // which layers of the new network were added
	// Carried and New count entries of each moment: copied from the old one, or starting at zero.
	Carried, New int64
	// Restart says that Adam counts its steps from 0 again, and so corrects the bias of moments that start at zero.
	Restart bool
}

// Operator says how a larger network is made out of a smaller one: a rule without state, which Grow applies.
type Operator struct {
	Name    string // what a recipe calls it
	Source  string // the paper, or who else
	Promise Promise
	Masked  bool // whether the new part is faded in by masks
	Place   shape.Placement
	Depth   string // the order of new layers if the recipe names none
	// Std is the standard deviation of all new weights but gains and biases; 0 is as Recipe.Init has it.
	Std float64
	// OnlyDepth forbids the recipe to name another.
	OnlyDepth bool
	// Refuse says why from cannot become to, in one sentence; nil, of it or from it, if it can.
	Refuse func(from, to shape.Config) error
	// Map is the growth but for its Layers, which follow from the order.
	Map func(from, to shape.Config) expand.Map
}

// Takes is nil if o can grow from into to, and else says why not.
func (o Operator) Takes(from, to shape.Config) error {
	if o.Refuse == nil {
		return nil
	}
	return o.Refuse(from, to)
}

// The two promises without a condition.
const (
	Always = "always"
	Never  = "never"
)

// Promise is when the grown network, with its masks at 0, computes what the old one did.
type Promise struct {
	When  string // Always, Never or a condition
	Holds func(from, to shape.Config) bool
}

var (
	always = Promise{Always, func(_, _ shape.Config) bool { return true }}
	never  = Promise{Never, func(_, _ shape.Config) bool { return false }}
)

// Operators is the list of all operators, the default first.
var Operators = []Operator{
	MSG, MSGAuthors, Exact, LEMON, HyperCloning, Net2Net, AKI, LLaMAPro, Stack, Interleave, MIDAS, Random,
}

// Lookup finds an operator by name; "" is the default.
func Lookup(name string) (Operator, error) {
	var names []string
	for _, o := range Operators {
		if o.Name == name || name == "" {
			return o, nil
		}
		names = append(names, o.Name)
	}
	return Operator{}, fmt.Errorf("operator is %q; it must be one of %s", name, strings.Join(names, ", "))
}

// MapOf is the whole growth of from into to by op, its layers in the order depth; "" is the operator's own.
func MapOf(op Operator, from, to shape.Config, depth string) expand.Map {
	if depth == "" {
		depth = op.Depth
	}
	m := op.Map(from, to)
	m.Layers = layerSources(from.Layers, to.Layers, depth)
	return m
}

// Grow turns old into a network of fresh's shape. It is pure: old is untouched, and fresh, a tree of initial values, supplies
// every entry that does not come from old. depth is an order of layers, "" the operator's own.
func Grow(op Operator, old State, fresh shape.Tree, depth string) Grown {
	to := fresh.Config
	m := MapOf(op, old.Params.Config, to, depth)
	var g Grown
	for _, l := range m.Layers {
		g.NewLayer = append(g.NewLayer, l.Added)
	}
	g.State.Params = shape.Tree{Config: to, Data: expand.Params(m, old.Params.Data, fresh.Data)}
	first, carried := expand.Moments(m, old.M.Data, 1)
	second, _ := expand.Moments(m, old.V.Data, 2)
	g.State.M, g.State.V = shape.Tree{Config: to, Data: first}, shape.Tree{Config: to, Data: second}
	g.Carried, g.New = carried, to.Params()-carried
	return g
}

// What becomes of Adam's state at a growth.
const (
	MomentsCarry = "carry" // moments follow their weights, those of new weights are zero; the step count goes on
	MomentsZero  = "zero"  // all moments are zero, the step count goes on: first updates, without bias correction, are too large, with beta2 0.95 by 10 %
	MomentsFresh = "fresh" // a new Adam: zero moments and step count 0, as StackBERT and G_stack have it
)

var momentsKinds = []string{MomentsCarry, MomentsZero, MomentsFresh}

// Grow carries st, the state at the end of stage i-1, into stage i.
func (r Recipe) Grow(i int, st State) (Grown, error) {
	s := r.Stages[i]
	op, err := Lookup(s.Operator)
	if err != nil {
		return Grown{}, err
	}
	g := Grow(op, st, r.fresh(i, op), s.Depth)
	if s.Moments == MomentsZero || s.Moments == MomentsFresh {
		c := g.State.Params.Config
		g.State.M, g.State.V = shape.NewTree(c), shape.NewTree(c)
		g.Carried, g.New, g.Restart = 0, c.Params(), s.Moments == MomentsFresh
	}
	return g, nil
}

// Preserves reports whether the growth into stage i promises to keep the function.
func (r Recipe) Preserves(i int) bool {
	op, err := Lookup(r.Stages[i].Operator)
	return err == nil && op.Promise.Holds(r.Config(i-1), r.Config(i))
}

// order is the order of stage i's new layers.
func (r Recipe) order(i int) string {
	op, err := Lookup(r.Stages[i].Operator)
	if d := r.Stages[i].Depth; d != "" || err != nil {
		return d
	}
	return op.Depth
}

// Masks are the masks of stage i under factors m. They follow from the recipe alone.
func (r Recipe) Masks(i int, m shape.Factors) shape.Masks {
	if i == 0 || m.Full() {
		return shape.Masks{}
	}
	from, to := r.Config(i-1), r.Config(i)
	k := shape.Masks{From: from, M: m}
	if op, err := Lookup(r.Stages[i].Operator); err == nil {
		k.Place = op.Place
	}
	for _, l := range layerSources(from.Layers, to.Layers, r.order(i)) {
		k.NewLayer = append(k.NewLayer, l.Added)
	}
	return k
}
