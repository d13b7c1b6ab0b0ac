package expand

import (
	"math"

	"growlab/growth/shape"
)

// Moments carries Adam's first (power 1) or second (power 2) moment, and says how many entries were carried. Those of new
// entries, of added layers and of what came from another layer are zero, since Adam has not yet seen them.
//
// A moment follows its weight as the gradient does: if n copies of a weight w stand as a·w each, the gradient of every copy is
// that of w divided by a·n, so the first moment is divided by a·n and the second by its square. This holds exactly under equal
// shares and without mean-filled channels; noise in the shares and the coupling through the mean are left out, and Adam
// forgets them within 1/(1-beta) steps.
func Moments[T Number](m Map, old Tensors[T], power int) (out Tensors[T], carried int64) {
	out = Tensors[T]{}
	sides := m.sides()
	m.each(func(t, from shape.Tensor, added bool) {
		dst := make([]T, t.Len())
		out[t.Name] = dst
		if added {
			return
		}
		w, src := newWalk(m, t, from, sides), old[from.Name]
		w.each(func(e entry) {
			if e.missing || m.foreign(t, from, e.out) {
				return
			}
			carried++
			f := w.rule.value(e.copies) * w.all(e)
			if !m.Exact {
				f = 1
			}
			dst[e.to] = T(float64(src[e.from]) / math.Pow(f, float64(power)))
		})
	})
	return out, carried
}
