package expand

import "growlab/growth/shape"

// walk goes through a tensor of the large network by rows, a row being what stands along its last axis.
type walk struct {
	rule    rule
	a, b, c side      // the last three axes, missing ones of length 1
	factor  []float64 // of each entry of a row, on its source
	vector  bool      // t has outputs along its rows, not one output a row
}

// row is one row of the large tensor.
type row struct {
	to     int     // where it begins
	from   int     // where its source begins in the small tensor, or none
	out    int     // which output it is, along the axis before the last
	copies float64 // that the source row has
}

func newWalk(m Map, t shape.Tensor, sides map[shape.Axis]side) walk {
	dims := [3]side{newSide([]int{0}, 1), newSide([]int{0}, 1), newSide([]int{0}, 1)}
	pad := len(dims) - len(t.Axes)
	for i, a := range t.Axes {
		dims[pad+i] = sides[a]
	}
	w := walk{
		rule: m.rule(t), a: dims[0], b: dims[1], c: dims[2],
		vector: t.Role == shape.Gain || t.Role == shape.Shift,
	}
	w.factor = make([]float64, len(w.c.src))
	for k, n := range w.c.copies {
		w.factor[k] = w.rule.value(max(n, 1))
	}
	return w
}

func (w walk) rows(f func(row)) {
	to := 0
	for i, si := range w.a.src {
		for j, sj := range w.b.src {
			r := row{to: to, from: none, out: j, copies: w.a.copies[i] * w.b.copies[j]}
			if si != none && sj != none {
				r.from = (si*w.b.old + sj) * w.c.old
			}
			f(r)
			to += len(w.c.src)
		}
	}
}
