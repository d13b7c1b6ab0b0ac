package growth

import "growlab/growth/shape"

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
	Operator  string // "" for the first
	FLOPs     float64
}

// Plan is the whole run, before it runs.
type Plan struct {
	Stages []StagePlan
	Tokens int64
	Steps  int64
	FLOPs  float64
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
	return op.Name()
}

// Plan lays the stages out.
func (r Recipe) Plan() Plan {
	var p Plan
	for i, s := range r.Stages {
		c, steps, batch := r.Config(i), r.Steps(i), r.batch(i)
		sp := StagePlan{
			Config: c, Params: c.Params(), Begin: p.Tokens, Tokens: steps * batch,
			BeginStep: p.Steps, Steps: steps, Batch: batch,
			FLOPs: FLOPsPerToken(c) * float64(steps*batch),
		}
		if i > 0 {
			sp.Operator, sp.Ramp = operatorName(s), r.ramp(i)
		}
		p.Stages = append(p.Stages, sp)
		p.Tokens += sp.Tokens
		p.Steps += sp.Steps
		p.FLOPs += sp.FLOPs
	}
	p.TwinFLOPs = FLOPsPerToken(r.Final()) * float64(p.Tokens)
	p.Saved = 1 - p.FLOPs/p.TwinFLOPs
	return p
}
