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
		w, src := newWalk(m, t, sides), old[from.Name]
		foreign, n := m.Next && ofLinear(t), len(w.c.src)
		if foreign && w.vector {
			n = w.c.old
		}
		factors := map[float64][]float64{} // by the copies of a row
		w.rows(func(r row) {
			if r.from == none || foreign && !w.vector && r.out >= w.b.old {
				return
			}
			f, ok := factors[r.copies]
			if !ok {
				f = w.dual(r.copies, float64(power))
				factors[r.copies] = f
			}
			for k, i := range w.c.src[:n] {
				if i != none {
					carried++
					dst[r.to+k] = T(float64(src[r.from+i]) * f[k])
				}
			}
		})
	})
	return out, carried
}

// dual is the factor on the moments of a row whose source has so many copies.
func (w walk) dual(copies, power float64) []float64 {
	f := make([]float64, len(w.factor))
	for k, a := range w.factor {
		f[k] = math.Pow(a*copies*w.c.copies[k], -power)
	}
	return f
}
