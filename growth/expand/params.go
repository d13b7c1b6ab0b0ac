package expand

import (
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
			g := graft[T]{walk: newWalk(m, t, sides), own: old[from.Name], fresh: fresh[t.Name]}
			if m.Next && ofLinear(t) {
				g.next = old[shape.TensorName(min(from.Layer+1, m.From.Layers-1), t.Kind)]
			}
			g.into(dst)
			split(m.Split, g.walk, dst, g.fresh)
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

// graft makes one tensor of the large network.
type graft[T Number] struct {
	walk
	own   []T // its source
	next  []T // that of the layer above, from which copied outputs come; nil if they come from own
	fresh []T
}

func (g graft[T]) into(dst []T) {
	n, columns := len(g.c.src), g.columnMeans()
	g.rows(func(r row) {
		d, fresh := dst[r.to:r.to+n], g.fresh[r.to:r.to+n]
		if r.from == none {
			g.newRow(d, fresh, columns)
			return
		}
		own := g.own[r.from : r.from+g.c.old]
		if g.next != nil && !g.vector && r.out >= g.b.old {
			own = g.next[r.from : r.from+g.c.old]
		}
		g.oldRow(d, own, fresh)
		if g.next != nil && g.vector {
			for k := g.c.old; k < n; k++ {
				d[k] = T(float64(g.next[r.from+g.c.src[k]]) * g.factor[k])
			}
		}
	})
}

// oldRow fills a row that has a source.
func (g graft[T]) oldRow(dst, own, fresh []T) {
	var missing T // what an entry without a source gets, unless it is fresh
	if g.rule.fill == fillMean && columnsAreChannels(g.walk) {
		var sum float64
		for _, x := range own {
			sum += float64(x)
		}
		missing = T(sum / float64(len(own)) * g.rule.scale)
	}
	for k, i := range g.c.src {
		switch {
		case i != none:
			dst[k] = T(float64(own[i]) * g.factor[k])
		case g.rule.fill == fillFresh:
			dst[k] = fresh[k]
		default:
			dst[k] = missing
		}
	}
}

// newRow fills a row without a source.
func (g graft[T]) newRow(dst, fresh []T, columns []float64) {
	switch g.rule.fill {
	case fillFresh:
		copy(dst, fresh)
	case fillMean:
		for k, i := range g.c.src {
			if i != none { // what only reads new channels, heads or units writes nothing
				dst[k] = T(columns[i] * g.factor[k])
			}
		}
	case fillZero:
	}
}

// columnsAreChannels tells the tensors whose rows lie along the stream's channels from those that have a row for each.
func columnsAreChannels(w walk) bool { return !w.rule.share }

// columnMeans are the means over rows, the old channels, that newRow needs.
func (g graft[T]) columnMeans() []float64 {
	if g.rule.fill != fillMean || columnsAreChannels(g.walk) {
		return nil
	}
	means := make([]float64, g.c.old)
	for i, x := range g.own {
		means[i%g.c.old] += float64(x)
	}
	for i := range means {
		means[i] /= float64(g.b.old)
	}
	return means
}
