package growth

import (
	"cmp"
	"strings"

	"growlab/growth/shape"
)

// FLOPsPerToken is what training on one token costs, forward and backward: 6 for each weight that takes part in a matrix
// product, plus 6*L*T*I for attention's two products, causal half only (Kaplan et al. 2020, arXiv:2001.08361, 2.1). The
// embedding look-up is free; the output matrix, tied or not, counts once.
func FLOPsPerToken(c shape.Config) float64 {
	var n float64
	for _, t := range c.Tensors() {
		switch {
		case t.Role == shape.Reader || t.Role == shape.Writer || t.Kind == shape.KindUnembed:
			n += float64(t.Len())
		case t.Kind == shape.KindEmbed && c.Tied:
			n += float64(t.Len())
		}
	}
	return 6*n + 6*float64(c.Layers)*float64(c.Context)*float64(c.Inner())
}

// PaperFLOPsPerToken is the same by the formula with which FLM-101B counts (Narayanan et al. 2021, arXiv:2104.04473, eq. 3):
//
//	72 l h² (1 + s/(6h) + V/(12 l h))
//
// with l layers, h hidden channels, s tokens of context and V of vocabulary; 96 in place of 72, and 16 in place of 12, if
// activations are computed again for the backward pass (which Growlab never does). It takes every block for 4h wide FFN and h
// wide attention, whatever c says, and counts attention in full where FLOPsPerToken counts the causal half.
func PaperFLOPsPerToken(c shape.Config, recompute bool) float64 {
	k := 72.0
	if recompute {
		k = 96
	}
	l, h := float64(c.Layers), float64(c.Hidden)
	return k * l * h * h * (1 + float64(c.Context)/(6*h) + float64(c.Vocab)/(k/6*l*h))
}

// ParamFLOPsPerToken is the rule of thumb, 6 for each parameter: the 6ND of Kaplan et al. 2020 (arXiv:2001.08361) with all
// parameters for N.
func ParamFLOPsPerToken(c shape.Config) float64 { return 6 * float64(c.Params()) }

// StagePlan is one stage as it will run.
type StagePlan struct {
	Config    shape.Config
	Params    int64
	Begin     int64 // tokens seen when it starts
	Tokens    int64
	BeginStep int64
	Steps     int64
	Batch     int64
	Ramp      int64
	RampShape string
	RampOrder string // "ffn, layers, hidden, heads": the dimensions that grow, one after another; "" if they ramp together
	Operator  string // "" for the first
	Preserves bool   // whether the operator promises to keep the function
	Moments   string // what becomes of Adam's; "" for the first
	// LR is the rate of the first step after the warm-up, LREnd that of the last step.
	LR, LREnd float64
	LRPolicy  string // "" for the first
	Warmup    int64
	// Plateau and PlateauGain end the stage early, as in Stage; Tokens are then its most.
	Plateau     int
	PlateauGain float64
	FLOPs       float64
	// PaperFLOPs and ParamFLOPs are the same by the two other formulas.
	PaperFLOPs, ParamFLOPs float64
}

// Plan is the whole run, before it runs.
type Plan struct {
	Stages []StagePlan
	Tokens int64
	Steps  int64
	FLOPs  float64
	// PaperFLOPs and ParamFLOPs are the same by PaperFLOPsPerToken and ParamFLOPsPerToken.
	PaperFLOPs, ParamFLOPs float64
	// TwinFLOPs is what the final shape costs from step 0 on the same tokens; Saved is 1 - FLOPs/TwinFLOPs.
	TwinFLOPs float64
	Saved     float64
}

// operatorName is the operator by which s is reached, the default spelled out.
func operatorName(s Stage) string {
	op, err := Lookup(s.Operator)
	if err != nil {
		return s.Operator
	}
	return op.Name
}

// Plan lays the stages out.
func (r Recipe) Plan() Plan {
	var p Plan
	for i, s := range r.Stages {
		c, steps, tokens := r.Config(i), r.Steps(i), r.length(i)
		sp := StagePlan{
			Config: c, Params: c.Params(), Begin: p.Tokens, Tokens: tokens,
			BeginStep: p.Steps, Steps: steps, Batch: r.batch(i),
			FLOPs:      FLOPsPerToken(c) * float64(tokens),
			PaperFLOPs: PaperFLOPsPerToken(c, false) * float64(tokens),
			ParamFLOPs: ParamFLOPsPerToken(c) * float64(tokens),
			LR:         r.Train.LR * r.startLR(i), LREnd: r.lr(i, steps-1), Warmup: int64(s.Warmup),
			Plateau: s.Plateau, PlateauGain: s.PlateauGain,
		}
		if i > 0 {
			sp.Operator, sp.Preserves, sp.Ramp = operatorName(s), r.Preserves(i), r.ramp(i)
			sp.Moments, sp.LRPolicy = cmp.Or(s.Moments, MomentsCarry), cmp.Or(s.LRPolicy, LRContinue)
			if sp.Ramp > 0 {
				sp.RampShape, sp.RampOrder = cmp.Or(s.RampShape, RampLinear), strings.Join(r.queue(i), ", ")
			}
		}
		p.Stages = append(p.Stages, sp)
		p.Tokens += sp.Tokens
		p.Steps += sp.Steps
		p.FLOPs += sp.FLOPs
		p.PaperFLOPs += sp.PaperFLOPs
		p.ParamFLOPs += sp.ParamFLOPs
	}
	p.TwinFLOPs = FLOPsPerToken(r.Final()) * float64(p.Tokens)
	p.Saved = 1 - p.FLOPs/p.TwinFLOPs
	return p
}
