package growth

import "math"

// Position is where a run stands between two optimizer steps.
type Position struct {
	Stage int   // index of the stage whose turn it is; len(Stages) when Done
	Step  int64 // optimizer steps taken
	Begin int64 // tokens seen when the stage began
	Batch int64 // tokens of the next step
	// Mask is m for the next step: 0 right after a growth, 1 when none is in progress. It advances after each step, so
	// the first step of a ramp runs at m = 0, as in MSG's code.
	Mask float64
	LR   float64 // of the next step
	Done bool
}

// Steps is the number of optimizer steps of stage i: its tokens over its batch, rounded, at least one.
func (r Recipe) Steps(i int) int64 {
	return max(int64(math.Round(float64(r.Stages[i].Tokens)/float64(r.batch(i)))), 1)
}

// TotalTokens is what the whole run sees: whole steps of every stage.
func (r Recipe) TotalTokens() int64 {
	var n int64
	for i := range r.Stages {
		n += r.Steps(i) * r.batch(i)
	}
	return n
}

// At is the position after tokens tokens. tokens must be a sum of whole steps, as a run only ever sees.
func (r Recipe) At(tokens int64) Position {
	var p Position
	for i := range r.Stages {
		batch, steps := r.batch(i), r.Steps(i)
		if in := tokens - p.Begin; in < steps*batch {
			done := in / batch
			p.Stage, p.Step, p.Batch = i, p.Step+done, batch
			p.Mask, p.LR = r.mask(i, in), r.lr(i, done)
			return p
		}
		p.Begin += steps * batch
		p.Step += steps
	}
	p.Stage, p.Mask, p.Done = len(r.Stages), 1, true
	return p
}

// mask is m after in tokens of stage i: linear over the ramp.
func (r Recipe) mask(i int, in int64) float64 {
	ramp := r.ramp(i)
	if in >= ramp {
		return 1
	}
	return float64(in) / float64(ramp)
}

// ramp is the length of stage i's ramp in tokens: at most the stage's whole steps, so that it has ended when the next growth
// comes, and none where there are no masks.
func (r Recipe) ramp(i int) int64 {
	if i == 0 {
		return 0
	}
	if op, err := Lookup(r.Stages[i].Operator); err != nil || !op.Masked() {
		return 0
	}
	return min(int64(r.Stages[i].Ramp), r.Steps(i)*r.batch(i))
}

// lr is the learning rate of a stage's step number done (from 0). The stages' start values are set by hand (FLM-101B 2.4:
// 4e-4, 3.4e-4, 2e-4); in between the rate slides linearly to the next start value, and the last stage falls by a cosine
// to LRFinal.
//
// Deviation: the paper prints the start values and "cosine", which cannot both hold (its cosine would be at 5e-5 where
// stage 2 starts at 3.4e-4); the slide between the printed values is ours, the best of those measured (LOG.md).
func (r Recipe) lr(i int, done int64) float64 {
	s := r.Stages[i]
	u := float64(done) / float64(r.Steps(i))
	f := s.LR
	if i+1 < len(r.Stages) {
		f += (r.Stages[i+1].LR - s.LR) * u
	} else {
		f = r.Train.LRFinal + (s.LR-r.Train.LRFinal)*0.5*(1+math.Cos(math.Pi*u))
	}
	if s.Warmup > 0 {
		f *= min(1, float64((done+1)*r.batch(i))/float64(s.Warmup))
	}
	return r.Train.LR * f
}
