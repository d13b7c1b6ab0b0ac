package expand

import "growlab/growth/shape"

// rule is what becomes of one kind of tensor: an entry with a source is the source's number times scale, divided by the
// copies of what it reads if share is set.
type rule struct {
	scale float64
	share bool // over the last axis
	fill  fill
}

// fill is what an entry without a source gets.
type fill uint8

const (
	fillFresh fill = iota
	fillZero
	fillMean // scale times the mean over the old hidden channels
)

// rule is that of t under m.
func (m Map) rule(t shape.Tensor) rule {
	if !m.Exact {
		return rule{scale: 1}
	}
	s, silent := m.stream(), fillZero
	if m.From.Norm == shape.LayerNorm {
		silent = fillMean
	}
	// logits is the factor by which the output matrix would be off, all copies counted.
	logits := m.To.LogitScale(float64(m.To.Hidden)) / m.From.LogitScale(float64(m.From.Hidden))
	if m.From.Tied {
		logits *= s
	}
	switch t.Kind {
	case shape.KindEmbed, shape.KindPosition, shape.KindAttnBias, shape.KindDownBias:
		return rule{scale: s, fill: silent}
	case shape.KindAttnOut, shape.KindDown:
		return rule{scale: s, share: true, fill: silent}
	case shape.KindQKV, shape.KindUp, shape.KindUnembed:
		return rule{scale: 1, share: true}
	case shape.KindNorm1, shape.KindNorm2:
		return rule{scale: 1 / s}
	case shape.KindNorm1Bias, shape.KindNorm2Bias:
		return rule{scale: 1, fill: fillZero}
	case shape.KindFinal:
		return rule{scale: 1 / (s * logits), share: m.From.Tied}
	case shape.KindFinalBias:
		return rule{scale: 1 / logits, share: m.From.Tied, fill: fillZero}
	case shape.KindQKVBias, shape.KindUpBias:
	}
	return rule{scale: 1}
}

// value is the factor on the number of a source with the given copies along the last axis.
func (r rule) value(copies float64) float64 {
	if r.share {
		return r.scale / copies
	}
	return r.scale
}

// writes reports whether t writes the residual stream from within a block.
func writes(t shape.Tensor) bool {
	switch t.Kind {
	case shape.KindAttnOut, shape.KindAttnBias, shape.KindDown, shape.KindDownBias:
		return true
	default:
		return false
	}
}

// ofLinear reports whether t belongs to a linear map of a block.
func ofLinear(t shape.Tensor) bool {
	switch t.Kind {
	case shape.KindQKV, shape.KindQKVBias, shape.KindUp, shape.KindUpBias:
		return true
	default:
		return writes(t)
	}
}
