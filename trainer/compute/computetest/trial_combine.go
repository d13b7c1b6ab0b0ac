package computetest

import (
	"fmt"
	"slices"

	"growlab/trainer/compute"
)

// combineForm is which of its arguments Combine writes to.
type combineForm string

var combineForms = []combineForm{"apart", "y is x", "y is z", "all one"}

// combineTrial has rows of c numbers. copied asks for y as operands too.
func combineTrial(seed uint64, seqs, t, c int, form combineForm, a, b float64, copied bool) *trial {
	k := newTrial(seed, seqs, t)
	k.name = fmt.Sprintf("%d sequences of %d, %d channels, %s, %g x + %g z, copy %v", seqs, t, c, form, a, b, copied)
	var x, y, z *arg
	switch form {
	case "y is x":
		y, z = k.changed("y", k.rows(), c), k.input("z", k.rows(), c)
		x = y
	case "y is z":
		y, x = k.changed("y", k.rows(), c), k.input("x", k.rows(), c)
		z = y
	case "all one":
		y = k.changed("y", k.rows(), c)
		x, z = y, y
	default:
		y, x, z = k.written("y", k.rows(), c), k.input("x", k.rows(), c), k.input("z", k.rows(), c)
	}
	var operand *arg
	if copied {
		operand = k.written("operand", k.rows(), c)
		operand.operand, operand.copies = true, y
	}
	lanes(x, y, z, operand)
	k.lane = func(e *env, l compute.Lane) {
		l.Combine(e.mat(l, y), e.mat(l, operand), a, e.mat(l, x), b, e.mat(l, z))
	}
	k.expect = func() {
		y.want = make([]num, len(y.data))
		for i := range y.want {
			y.want[i] = x.at(i).times(constant(a)).plus(z.at(i).times(constant(b)))
		}
		if copied {
			operand.want = slices.Clone(y.want)
			operand.settle()
		}
	}
	return k
}
