package frontier

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"growlab/app/verdict"
)

// ErrNoFixedSize is returned where there is nothing that an envelope could be made of.
var ErrNoFixedSize = errors.New("none of the runs is of a fixed size, so there is no envelope")

// Where a contender stands.
const (
	Below = "below" // lower than the envelope by more than noise
	On    = "on"    // on it, or nearer than noise
	Above = "above" // higher than the envelope by more than noise
	// Beyond is a growth plan that is not above the envelope, which ends before it: no fixed size spent as much, so nobody knows
	// where one would be.
	Beyond = "beyond"
)

// Standing is a contender and the envelope at its FLOPs.
type Standing struct {
	verdict.Side
	// Place is Below, On, Above or Beyond; "" for a growth plan where no fixed size spent as little.
	Place string `json:"place"`
	// By is the fixed size that the envelope is at these FLOPs, and Envelope its loss; "" and nil if there is none.
	By       string   `json:"envelope_by"`
	Envelope *float64 `json:"envelope_loss"`
	// AboveBy is the contender's loss less the envelope's, in nats; nil if there is no envelope here.
	AboveBy *verdict.Estimate `json:"nats_above_envelope"`
	// Reach is what the longest fixed size spent, over what the contender did, where that is less; nil else.
	Reach *float64 `json:"envelope_reach"`
	// MidSchedule says that By spent more in all and is read in the middle of its schedule.
	MidSchedule bool `json:"envelope_mid_schedule"`
	// Ratio is what the envelope takes to the contender's loss over what the contender took, both in FLOPs: above 1 the contender
	// needs less. nil if no fixed size came as low (MoreThan is then what the longest one spent), or all were there at once.
	Ratio    *verdict.Estimate `json:"flops_ratio"`
	RatioBy  string            `json:"flops_ratio_by"`
	MoreThan *float64          `json:"flops_ratio_more_than"`
	Interval string            `json:"interval"` // what the intervals cover
}

// Frontier is the envelope and who stands where, each part by FLOPs.
type Frontier struct {
	Fixed []Standing `json:"fixed"`
	Grown []Standing `json:"grown"`
	Notes []string   `json:"notes"`
}

// sameBudget is how far FLOPs may differ, as a ratio, and still be the same budget: whole steps do not come out even.
const sameBudget = 1.03

// Of holds every contender against the envelope. Their names must differ.
func Of(all []verdict.Contender) (f Frontier, err error) {
	var fixed []verdict.Contender
	for _, c := range all {
		if !c.Grown {
			fixed = append(fixed, c)
		}
	}
	if len(fixed) == 0 {
		return f, ErrNoFixedSize
	}
	standings := make([]Standing, len(all))
	var wait sync.WaitGroup
	for i, c := range all {
		wait.Go(func() { standings[i] = standing(c, fixed) })
	}
	wait.Wait()
	slices.SortStableFunc(standings, func(a, b Standing) int { return cmp.Compare(a.FLOPs, b.FLOPs) })
	f = Frontier{Fixed: []Standing{}, Grown: []Standing{}}
	for _, s := range standings {
		if s.Grown {
			f.Grown = append(f.Grown, s)
		} else {
			f.Fixed = append(f.Fixed, s)
		}
	}
	f.Notes = f.notes()
	return f, nil
}

// standing is that of c against the fixed sizes other than itself.
func standing(c verdict.Contender, fixed []verdict.Contender) Standing {
	others := slices.DeleteFunc(slices.Clone(fixed), func(o verdict.Contender) bool { return o.Name == c.Name })
	v := verdict.Judge(c, others)
	s := Standing{Side: v.Run}
	var best *verdict.Pair
	lowest := math.Inf(1)
	for i, p := range v.Pairs {
		if d, _, ok := against(p); ok && d.Value < lowest {
			best, lowest = &v.Pairs[i], d.Value
		}
	}
	s.reach(v.Pairs)
	s.measure(best)
	s.ratio(v.Pairs)
	return s
}

// against is the loss of the fixed size, less that of the contender, at the FLOPs of the contender, and who is better by more than
// noise. It is not known if the fixed size was first measured after that.
func against(p verdict.Pair) (d verdict.Estimate, winner string, ok bool) {
	switch {
	case p.Rival.FLOPs <= p.Run.FLOPs*sameBudget:
		return p.Final.Difference, p.Final.Winner, true
	case p.LossAtFLOPs != nil:
		return p.LossAtFLOPs.Difference, p.LossAtFLOPs.Winner, true
	}
	return d, "", false
}

// reach fills in how far the envelope goes.
func (s *Standing) reach(pairs []verdict.Pair) {
	most := 0.0
	for _, p := range pairs {
		most = max(most, p.Rival.FLOPs)
	}
	if part := most / s.FLOPs; part > 0 && part*sameBudget < 1 {
		s.Reach = &part
	}
}

// measure fills in the envelope at the FLOPs of the contender, given by the pair with its holder.
func (s *Standing) measure(best *verdict.Pair) {
	if best == nil {
		if !s.Grown {
			s.Place = On // the cheapest
		}
		return
	}
	d, winner, _ := against(*best)
	above := negated(d)
	loss := s.Loss - above.Value
	s.By, s.Envelope, s.AboveBy, s.Interval = best.Rival.Name, &loss, &above, best.Interval
	s.MidSchedule = best.Rival.FLOPs > s.FLOPs*sameBudget
	switch winner {
	case s.Name:
		s.Place = Below
	case "":
		s.Place = On
	default:
		s.Place = Above
	}
	switch {
	case s.Place == Below && !s.Grown:
		s.Place = On // it is the envelope itself
	case s.Place != Above && s.Grown && s.Reach != nil:
		s.Place = Beyond
	}
}

// ratio fills in what the envelope takes to the loss of the contender.
func (s *Standing) ratio(pairs []verdict.Pair) {
	reached, most := false, 0.0
	for _, p := range pairs {
		most = max(most, p.Rival.FLOPs)
		if p.Final.Rival > p.Final.Run {
			continue // it never came as low
		}
		reached = true
		if e := p.FLOPsToEqualLoss; e != nil && (s.Ratio == nil || e.Value < s.Ratio.Value) {
			s.Ratio, s.RatioBy = e, p.Rival.Name
		}
	}
	if !reached && most > 0 {
		more := most / s.FLOPs
		s.MoreThan = &more
	}
}

// negated is the estimate of the opposite.
func negated(e verdict.Estimate) verdict.Estimate {
	e.Value = -e.Value
	if e.Low != nil {
		low, high := -*e.High, -*e.Low
		e.Low, e.High = &low, &high
	}
	return e
}

// Nearest are the growth plans, the one that is lowest against the envelope first.
func (f Frontier) Nearest() []Standing {
	above := func(s Standing) float64 {
		if s.AboveBy == nil {
			return math.Inf(1)
		}
		return s.AboveBy.Value
	}
	all := slices.Clone(f.Grown)
	slices.SortStableFunc(all, func(a, b Standing) int { return cmp.Compare(above(a), above(b)) })
	return all
}

// notes says what weakens the frontier.
func (f Frontier) notes() []string {
	notes := []string{}
	note := func(format string, a ...any) { notes = append(notes, fmt.Sprintf(format, a...)) }
	all := append(f.Fixed[:len(f.Fixed):len(f.Fixed)], f.Grown...)
	if slices.ContainsFunc(all, func(s Standing) bool { return s.Spread == nil }) {
		note("contenders with one seed: how far another would end from here is not known, and differences below %g nats are called noise", verdict.OneSeed)
	}
	if len(f.Fixed) > 1 {
		note("the envelope is the lowest of %d fixed sizes, and so rather low by chance than high", len(f.Fixed))
	}
	for _, s := range f.Grown {
		if s.MidSchedule {
			note("at the FLOPs of %s the envelope is %s in the middle of its schedule; with one of its own it would be lower there", s.Name, s.By)
		}
	}
	note("whether learning rates were tuned, and with the same effort for each, is not in the runs")
	return notes
}
