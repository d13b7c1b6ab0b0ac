package model

import "growlab/growth/shape"

// Option is a choice about how a Model computes, which does not change what.
type Option func(*Model)

// Recompute lets all blocks share the memory of one: going back, each computes its activations anew from the residual stream before it,
// for a third more work (Chen et al., arXiv:1604.06174, with blocks as segments). Devices that run several lanes, or one sequence at
// a time, as the CPU engine does, compute parameter gradients over the whole batch at the end, and keep everything.
func Recompute(m *Model) {
	m.recompute = m.oneLane()
}

// oneLane tells whether one lane has all sequences.
func (m *Model) oneLane() bool {
	count, per := m.dev.Lanes(m.seqs)
	return count == 1 && per >= m.seqs
}

// sharedActivations are those of a network whose blocks share all but the residual stream before each.
func sharedActivations(a *arena, c shape.Config, seqs, piece int) activations {
	s := newActivations(a, c, seqs, min(c.Layers, 1), piece)
	for range c.Layers - 1 {
		s.layers = append(s.layers, s.layers[0])
		s.x = append(s.x, s.x[1], a.mat(seqs*c.Context, c.Hidden))
		n := len(s.dx) // three are in use at a time: those after a branch, between the two, and before
		s.dx, s.dxo = append(s.dx, s.dx[n-3], s.dx[n-2]), append(s.dxo, s.dxo[n-3], s.dxo[n-2])
	}
	return s
}
