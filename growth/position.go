package growth

import (
	"math"

	"growlab/growth/shape"
)

// Position is where a run stands between two optimizer steps.
type Position struct {
	Stage int   // index of the stage whose turn it is; len(Stages) when Done
	Step  int64 // optimizer steps taken
	Begin int64 // tokens seen when the stage began
	Batch int64 // tokens of the next step
	// Factors are m for the next step, by dimension: 0 right after a growth, 1 when none is in progress. They advance after each
	// step, so the first step of a ramp runs at m = 0, as in MSG's code.
	Factors shape.Factors
	// Mask is the mean of the factors of those dimensions that grow.
	Mask float64
	LR   float64 // of the next step
	Done bool
}

// Steps is the number of optimizer steps of stage i: its tokens over its batch, rounded, at least one.
func (r Recipe) Steps(i int) int64 {
	s := r.Stages[i].since
	steps := s.steps + int64(math.Round(float64(r.budget(i)-s.tokens)/float64(r.batch(i))))
	return max(steps, s.steps, 1)
}

// length is the tokens that stage i sees: whole steps.
func (r Recipe) length(i int) int64 {
	s := r.Stages[i].since
	return s.tokens + (r.Steps(i)-s.steps)*r.batch(i)
}

// budget is the tokens that stage i asks for: its own number, or as many as its FLOPs pay for.
func (r Recipe) budget(i int) int64 {
	if f := float64(r.Stages[i].FLOPs); f > 0 {
		return int64(math.Min(f/FLOPsPerToken(r.Config(i)), 1<<60))
	}
	return int64(r.Stages[i].Tokens)
}

// TotalTokens is what the whole run sees: whole steps of every stage.
func (r Recipe) TotalTokens() int64 {
	var n int64
	for i := range r.Stages {
		n += r.length(i)
	}
	return n
}

// At is the position after tokens tokens. tokens must be a sum of whole steps, as a run only ever sees, and not before the last
// Edit of r.
func (r Recipe) At(tokens int64) Position {
	var p Position
	for i := range r.Stages {
		length := r.length(i)
		if in := tokens - p.Begin; in < length {
			done := r.done(i, in)
			p.Stage, p.Step, p.Batch = i, p.Step+done, r.batch(i)
			p.Factors, p.Mask = r.factors(i, in)
			p.LR = r.lr(i, done)
			return p
		}
		p.Begin += length
		p.Step += r.Steps(i)
	}
	p.Stage, p.Factors, p.Mask, p.Done = len(r.Stages), shape.Joint(1), 1, true
	return p
}

// done is the steps that make in tokens of stage i.
func (r Recipe) done(i int, in int64) int64 {
	s := r.Stages[i].since
	return s.steps + (in-s.tokens)/r.batch(i)
}

// What a growth does to the learning rate.
const (
	// LRContinue goes on: the stage before slides to this one's start value.
	LRContinue = "continue"
	// LRRewind goes back to the peak, the first stage's value, at once (MSG's code, arXiv:2305.02869).
	LRRewind = "rewind"
	// LRRewarm rises from 0 to this stage's value over its warmup (FLM-101B 2.4 prints about 100 steps).
	LRRewarm = "rewarm"
)

var lrPolicies = []string{LRContinue, LRRewind, LRRewarm}

// restarts reports whether stage i begins the decay anew.
func (r Recipe) restarts(i int) bool {
	p := r.Stages[i].LRPolicy
	return i > 0 && (p == LRRewind || p == LRRewarm)
}

// startLR is the value that stage i starts from, as a fraction of the peak, its warm-up aside.
func (r Recipe) startLR(i int) float64 {
	if i > 0 && r.Stages[i].LRPolicy == LRRewind {
		return r.Stages[0].LR
	}
	return r.Stages[i].LR
}

// lr is the learning rate of a stage's step number done (from 0). The stages' start values are set by hand (FLM-101B 2.4:
// 4e-4, 3.4e-4, 2e-4); in between the rate slides linearly to the next start value, and the last stage falls by a cosine
// to LRFinal. A stage before a restart falls by the cosine that would reach LRFinal at the end of the run, and is cut off by
// the growth, as MSG's decay is.
//
// Deviation: the paper prints the start values and "cosine", which cannot both hold (its cosine would be at 5e-5 where
// stage 2 starts at 3.4e-4); the slide between the printed values is ours, the best of those measured (LOG.md).
// Deviation: MSG's decay is linear, and after a rewind ends above zero; ours ends at LRFinal.
func (r Recipe) lr(i int, done int64) float64 {
	f, u, s := r.startLR(i), r.decayed(i, done), r.Stages[i].since
	if i == len(r.Stages)-1 || r.restarts(i+1) {
		f = r.cosine(f, u)
	} else {
		f += (r.startLR(i+1) - f) * u
	}
	if w := r.Stages[i].Warmup; w > 0 {
		f *= min(1, float64(s.tokens+(done-s.steps+1)*r.batch(i))/float64(w))
	}
	return r.Train.LR * f
}

// decayed is the part of its way that stage i's learning rate has gone after done steps: of the stage, or, before a restart, of
// the rest of the run.
func (r Recipe) decayed(i int, done int64) float64 {
	s := r.Stages[i].since
	whole := r.length(i) - s.tokens
	if last := len(r.Stages) - 1; i < last && r.restarts(i+1) {
		for j := i + 1; j <= last; j++ {
			whole += r.length(j)
		}
	}
	if whole <= 0 { // the stage ends where it was edited last
		return s.decayed
	}
	return s.decayed + (1-s.decayed)*(float64((done-s.steps)*r.batch(i))/float64(whole))
}

// cosine falls from f to LRFinal as u goes from 0 to 1.
func (r Recipe) cosine(f, u float64) float64 {
	return r.Train.LRFinal + (f-r.Train.LRFinal)*0.5*(1+math.Cos(math.Pi*u))
}
