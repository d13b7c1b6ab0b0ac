package expand

import (
	"math"

	"growlab/growth/shape"
)

// Number is what tensors hold.
type Number interface{ float32 | float64 }

// Tensors are keyed by tensor name, as in a shape.Tree.
type Tensors[T Number] map[string][]T

// Params are the parameters of the large network. fresh are initial values of its shape; old and fresh are left alone.
func Params[T Number](m Map, old, fresh Tensors[T]) Tensors[T] {
	out, sides := Tensors[T]{}, m.sides()
	m.each(func(t, from shape.Tensor, added bool) {
		dst := make([]T, t.Len())
		out[t.Name] = dst
		switch {
		case added && m.Added == Fresh:
			copy(dst, fresh[t.Name])
		case added && m.Added == Mute && writes(t):
		default:
			w := newWalk(m, t, from, sides)
			source := func(j int) []T { return old[m.sourceName(t, from, j)] }
			mean := newMeans(w, old[from.Name])
			w.each(func(e entry) {
				if e.missing {
					dst[e.to] = filled(w, mean, fresh[t.Name], e)
				} else {
					dst[e.to] = T(float64(source(e.out)[e.from]) * w.rule.value(e.copies))
				}
			})
			split(m, w, dst, fresh[t.Name])
		}
	})
	return out
}

// each calls f with every tensor of the large network and the one of the small network that it comes from.
func (m Map) each(f func(t, from shape.Tensor, added bool)) {
	small := map[string]shape.Tensor{}
	for _, t := range m.From.Tensors() {
		small[t.Name] = t
	}
	for _, t := range m.To.Tensors() {
		name, added := t.Name, false
		if t.Layer >= 0 {
			l := m.Layers[t.Layer]
			name, added = shape.TensorName(l.From, t.Kind), l.Added
		}
		f(t, small[name], added)
	}
}

// sourceName is the tensor from which output j of t is copied: with Next, for a copy, that of the layer above.
func (m Map) sourceName(t, from shape.Tensor, j int) string {
	if m.foreign(t, from, j) {
		return shape.TensorName(min(from.Layer+1, m.From.Layers-1), t.Kind)
	}
	return from.Name
}

// foreign reports whether output j of t is a copy that Next takes from another layer.
func (m Map) foreign(t, from shape.Tensor, j int) bool {
	a := outAxis(t)
	return m.Next && ofLinear(t) && a >= 0 && j >= from.Dims[a]
}

// outAxis is the place of the axis that t's outputs run over, -1 if none of them grows.
func outAxis(t shape.Tensor) int {
	last := len(t.Axes) - 1
	if t.Role == shape.Reader || t.Role == shape.Writer {
		last--
	}
	return last
}

// filled is the number of an entry without a source.
func filled[T Number](w walk, mean means, fresh []T, e entry) T {
	switch w.rule.fill {
	case fillFresh:
		return fresh[e.to]
	case fillMean:
		return T(mean.of(e) * w.rule.value(max(e.copies, 1)))
	case fillZero:
	}
	return 0
}

// means are those over the old hidden channels: of each column of a matrix whose rows are channels, or of each row otherwise.
type means struct {
	byColumn bool
	values   []float64
}

func newMeans[T Number](w walk, old []T) means {
	c := w.dims[2].old
	m := means{byColumn: w.writer}
	if w.rule.fill != fillMean {
		return m
	}
	rows := len(old) / c
	if m.byColumn {
		m.values = make([]float64, c)
	} else {
		m.values = make([]float64, rows)
	}
	for i, x := range old {
		if m.byColumn {
			m.values[i%c] += float64(x) / float64(rows)
		} else {
			m.values[i/c] += float64(x) / float64(c)
		}
	}
	return m
}

// of is the mean for entry e: 0 where what it would read is new as well.
func (m means) of(e entry) float64 {
	if !m.byColumn {
		return m.values[e.row]
	}
	if e.column == none {
		return 0
	}
	return m.values[e.column]
}

// split moves shares between the copies that one output reads, which leaves their sum.
func split[T Number](m Map, w walk, dst, fresh []T) {
	if m.Split == Equal || !w.rule.share || !w.matrix {
		return
	}
	in := w.dims[2]
	groups := make([][]int, in.old)
	for j, i := range in.src {
		if i != none && in.copies[j] > 1 {
			groups[i] = append(groups[i], j)
		}
	}
	n := len(in.src)
	for row := 0; row < len(dst); row += n {
		for _, group := range groups {
			if len(group) > 0 {
				shift(m.Split, dst[row:row+n], fresh[row:row+n], group)
			}
		}
	}
}

// shift changes one group of copies in a row.
func shift[T Number](how Split, dst, fresh []T, group []int) {
	var mean, most float64
	for _, j := range group {
		mean += float64(fresh[j]) / float64(len(group))
	}
	for _, j := range group {
		most = max(most, math.Abs(float64(fresh[j])-mean))
	}
	for _, j := range group {
		by := float64(fresh[j]) - mean
		if how == Unequal && by != 0 {
			by *= 0.5 * float64(dst[j]) / most
		}
		dst[j] = T(float64(dst[j]) + by)
	}
}
