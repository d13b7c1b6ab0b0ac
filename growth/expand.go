package growth

import (
	"growlab/growth/shape"
)

// source says where a layer of the grown network comes from.
type source struct {
	from  int  // layer of the old network
	added bool // a copy, not the layer itself
}

// layerSources lists the sources of n layers grown from old ones.
//
//	stack       0 1 2 | 0' 1'        interleave   0 0' 1 1' 2   (copies go to the last layers first: 0 1 1' 2 2')
func layerSources(old, n int, depth string) []source {
	var out []source
	if depth == DepthInterleave {
		extra := n - old
		for i := range old {
			copies := extra / old
			if i >= old-extra%old {
				copies++
			}
			out = append(out, source{i, false})
			for range copies {
				out = append(out, source{i, true})
			}
		}
		return out
	}
	for l := range n {
		out = append(out, source{l % old, l >= old})
	}
	return out
}

// expand is the part that the operators share: every old tensor becomes the leading block of its larger self, added layers
// are copies of their source (MSG's default), and everything else keeps the fresh initial value. The moments of old entries
// are carried, those of new entries and of added layers are zero, since Adam has not yet seen them.
func expand(old State, fresh shape.Tree, depth string) Grown {
	c := fresh.Config
	layers := layerSources(old.Params.Config.Layers, c.Layers, depth)
	g := Grown{State: State{Params: shape.NewTree(c), M: shape.NewTree(c), V: shape.NewTree(c)}}
	for _, s := range layers {
		g.NewLayer = append(g.NewLayer, s.added)
	}
	small := map[string]shape.Tensor{}
	for _, t := range old.Params.Config.Tensors() {
		small[t.Name] = t
	}
	for _, t := range c.Tensors() {
		src, added := t.Name, false
		if t.Layer >= 0 {
			s := layers[t.Layer]
			src, added = shape.TensorName(s.from, t.Kind), s.added
		}
		from := small[src]
		copy(g.State.Params.Data[t.Name], fresh.Data[t.Name])
		copyLeading(g.State.Params.Data[t.Name], t.Dims, old.Params.Data[src], from.Dims)
		if added {
			g.New += int64(t.Len())
			continue
		}
		copyLeading(g.State.M.Data[t.Name], t.Dims, old.M.Data[src], from.Dims)
		copyLeading(g.State.V.Data[t.Name], t.Dims, old.V.Data[src], from.Dims)
		g.Carried += int64(from.Len())
		g.New += int64(t.Len() - from.Len())
	}
	return g
}

// copyLeading copies src, of shape from, into the leading block of dst, of shape to.
func copyLeading(dst []float32, to []int, src []float32, from []int) {
	if len(to) == 1 {
		copy(dst[:from[0]], src[:from[0]])
		return
	}
	d, s := len(dst)/to[0], len(src)/from[0]
	for i := range from[0] {
		copyLeading(dst[i*d:(i+1)*d], to[1:], src[i*s:(i+1)*s], from[1:])
	}
}
