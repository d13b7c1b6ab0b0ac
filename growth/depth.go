package growth

import "growlab/growth/expand"

// The orders of new layers.
const (
	DepthStack      = "stack"      // copies of the whole old stack on top of it
	DepthInterleave = "interleave" // each copy right above its source
	DepthMiddle     = "middle"     // the middle layers once more, right above themselves
)

var depths = []string{DepthStack, DepthInterleave, DepthMiddle}

// layerSources lists the sources of n layers grown from old ones.
//
//	stack       0 1 2 | 0' 1'        interleave   0 0' 1 1' 2   (copies go to the last layers first: 0 1 1' 2 2')
//	middle      0 1 2 1' 2' 3      and, of an odd number, 0 1 0' 1' 2
func layerSources(old, n int, depth string) []expand.Layer {
	switch depth {
	case DepthInterleave:
		return interleave(old, n)
	case DepthMiddle:
		return middle(old, n)
	}
	var out []expand.Layer
	for l := range n {
		out = append(out, expand.Layer{From: l % old, Added: l >= old})
	}
	return out
}

func interleave(old, n int) []expand.Layer {
	var out []expand.Layer
	extra := n - old
	for i := range old {
		copies := extra / old
		if i >= old-extra%old {
			copies++
		}
		out = append(out, expand.Layer{From: i})
		for range copies {
			out = append(out, expand.Layer{From: i, Added: true})
		}
	}
	return out
}

func middle(old, n int) []expand.Layer {
	out := layerSources(old, old, DepthStack)
	for len(out) < n {
		block := min(n-len(out), len(out))
		end := (len(out)-block)/2 + block
		var longer []expand.Layer
		longer = append(longer, out[:end]...)
		for _, l := range out[end-block : end] {
			longer = append(longer, expand.Layer{From: l.From, Added: true})
		}
		out = append(longer, out[end:]...)
	}
	return out
}
