package knobs

import (
	"fmt"

	"growlab/app/chart"
	"growlab/app/words"
	"growlab/growth"
)

// sight is how many places of a stage a preview looks at.
const sight = 120

// schedule is the learning rate and the mask of the rest of r, from the step after c on.
func schedule(r growth.Recipe, c Course, name string) (rate, mask *chart.Series) {
	rate, mask = chart.NewSeries(name), chart.NewSeries(name)
	for _, s := range r.Plan().Stages {
		at, end := max(s.Begin, c.Tokens), s.Begin+s.Tokens
		stride := s.Batch * max((end-at)/s.Batch/sight, 1)
		last := int64(-1)
		for ; at < end; at += stride {
			add(r, at, rate, mask)
			last = at
		}
		if final := end - s.Batch; final > last && last >= 0 { // the last step of the stage
			add(r, final, rate, mask)
		}
	}
	return rate, mask
}

func add(r growth.Recipe, tokens int64, rate, mask *chart.Series) {
	p := r.At(tokens)
	if p.Done {
		return
	}
	pos := chart.Pos{Step: float64(p.Step), Tokens: float64(tokens)}
	rate.Append(pos, p.LR)
	mask.Append(pos, p.Mask)
}

// ahead is a stage of the rest of a run, as the table of the preview shows it.
type ahead struct {
	stage                 int
	shape                 string
	toStep, batch, ramped int64 // ramped: the step at which the mask is 1, 0 if it is
	rate, end             float64
}

// rest lists the present stage and those to come.
func rest(r growth.Recipe, c Course) []ahead {
	var all []ahead
	was := c.Now.At(c.Tokens).Stage
	for i, s := range r.Plan().Stages {
		if i < was {
			continue
		}
		begin := max(s.Begin, c.Tokens)
		a := ahead{
			stage: i + 1, shape: s.Config.String(), toStep: s.BeginStep + s.Steps, batch: s.Batch,
			rate: r.At(begin).LR, end: s.LREnd,
		}
		if at := s.Begin + s.Ramp; s.Ramp > 0 && at > c.Tokens {
			a.ramped = r.At(begin).Step + (at-begin+s.Batch-1)/s.Batch
		}
		all = append(all, a)
	}
	return all
}

// cells are what the table shows of a stage.
func (a ahead) cells() []string {
	ramp := "–"
	if a.ramped > 0 {
		ramp = words.Thousands(a.ramped)
	}
	return []string{
		fmt.Sprintf("%d · %s", a.stage, a.shape), words.Thousands(a.toStep), words.Thousands(a.batch), ramp,
		words.About(a.rate, 2) + " to " + words.About(a.end, 2),
	}
}

// summary is the whole of a plan in a line.
func summary(r growth.Recipe) string {
	p := r.Plan()
	return fmt.Sprintf("%s tokens in %s steps, %s", words.Count(p.Tokens), words.Thousands(p.Steps), words.FLOPs(p.FLOPs))
}
