package expand

import "growlab/growth/shape"

// walk visits the entries of one tensor.
type walk struct {
	dims   [3]side // the last three axes, missing ones of length 1
	outs   int     // which of dims counts outputs
	rule   rule
	matrix bool
	writer bool // a matrix whose rows are hidden channels
}

// entry is one number of the large network.
type entry struct {
	to, from int     // flat indices; from only if not missing
	out      int     // index along the output axis
	copies   float64 // of the source along the last axis; 0 if that is missing
	missing  bool
	row      int // flat index of the old row, as far as rows have sources
	column   int // old index along the last axis, or none
}

func newWalk(m Map, t, from shape.Tensor, sides map[shape.Axis]side) walk {
	w := walk{rule: m.rule(t), matrix: len(t.Axes) > 1, writer: t.Role == shape.Writer}
	pad := 3 - len(t.Axes)
	for i := range w.dims {
		w.dims[i] = newSide([]int{0}, 1)
		if i >= pad {
			w.dims[i] = sides[t.Axes[i-pad]]
		}
	}
	w.outs = max(outAxis(t), 0) + pad
	return w
}

func (w walk) each(f func(entry)) {
	a, b, c := w.dims[0], w.dims[1], w.dims[2]
	to := 0
	for i, si := range a.src {
		for j, sj := range b.src {
			rows := si != none && sj != none
			for k, sk := range c.src {
				e := entry{to: to, out: [3]int{i, j, k}[w.outs], copies: c.copies[k], missing: !rows || sk == none, column: sk}
				if rows {
					e.row = si*b.old + sj
				}
				if !e.missing {
					e.from = e.row*c.old + sk
				}
				f(e)
				to++
			}
		}
	}
}

// all is the number of copies of e's source, over all axes.
func (w walk) all(e entry) float64 {
	b, c := len(w.dims[1].src), len(w.dims[2].src)
	return w.dims[0].copies[e.to/(b*c)] * w.dims[1].copies[e.to/c%b] * w.dims[2].copies[e.to%c]
}
