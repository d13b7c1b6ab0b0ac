package model

import (
	"growlab/growth/shape"
	"growlab/trainer/compute"
)

// param is one tensor: its numbers and its gradient. A tensor that the Config lacks is a param with N == 0.
type param struct {
	w, d compute.Vec
}

// matrix is a param that Linear multiplies by.
type matrix struct {
	param
	weight compute.Weight
}

// linear is a matrix and its bias.
type linear struct {
	matrix
	bias param
}

// norm is a gain and its bias.
type norm struct {
	gain, bias param
}

func (m *Model) param(layer int, k shape.Kind) param {
	for _, t := range m.Tensors {
		if t.Layer == layer && t.Kind == k {
			off := m.Offset(t)
			return param{m.Params().At(off, t.Len()), m.Grads().At(off, t.Len())}
		}
	}
	return param{}
}

func (m *Model) matrix(layer int, k shape.Kind) matrix {
	p := m.param(layer, k)
	in := 0
	for _, t := range m.Tensors {
		if t.Layer == layer && t.Kind == k {
			in = t.FanIn()
		}
	}
	w := m.dev.Weight(p.w, p.w.N/in, in)
	m.owned = append(m.owned, w)
	return matrix{p, w}
}

func (m *Model) linear(layer int, k, bias shape.Kind) linear {
	return linear{m.matrix(layer, k), m.param(layer, bias)}
}

func (m *Model) norm(layer int, gain, bias shape.Kind) norm {
	return norm{m.param(layer, gain), m.param(layer, bias)}
}
