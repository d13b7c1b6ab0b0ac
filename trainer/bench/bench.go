package bench

import (
	"fmt"
	"slices"
	"time"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/profile"
)

// LeastRuns is how many runs a spread needs.
const LeastRuns = 5

// Options say how long to measure.
type Options struct {
	Runs   int           // at least LeastRuns
	Each   time.Duration // of a run, at least; a run has one step at least
	Masked bool          // time the middle of a growth as well, step by step beside the plain one
}

// Rates are the tokens of a second, over the runs.
type Rates []float64

// Median is the middle of the runs.
func (r Rates) Median() float64 { return median(r) }

// Best is the fastest run.
func (r Rates) Best() float64 { return slices.Max(r) }

// Worst is the slowest run.
func (r Rates) Worst() float64 { return slices.Min(r) }

// Spread is the distance from the slowest run to the fastest, as a fraction of the median.
func (r Rates) Spread() float64 { return (r.Best() - r.Worst()) / r.Median() }

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Result is what was measured.
type Result struct {
	Shape     Shape
	Device    string
	Precision compute.Precision
	Threads   int
	Plain     Rates
	Masked    Rates // nil if not asked for
	// Ratios are masked to plain, run by run; their median is less disturbed by other programs than the ratio of medians.
	Ratios []float64
	// Peak is in FLOP/s, of all threads together; 0 if the engine cannot measure it.
	Peak    float64
	Profile Profile
}

// MaskedRatio is the median of Ratios.
func (r Result) MaskedRatio() float64 { return median(r.Ratios) }

// FLOPS is the rate of the plain runs' median, in FLOP/s.
func (r Result) FLOPS() float64 { return r.Plain.Median() * r.Shape.FLOPsPerToken() }

// Profile is what an average step took on a device that times each operation.
type Profile struct {
	Step  time.Duration // that passed
	Steps int           // it is an average of
	Rows  []profile.Row // of one step
}

// Run measures s on dev, which must be idle.
func Run(dev compute.Device, s Shape, o Options) (r Result, err error) {
	if o.Runs < LeastRuns {
		return r, fmt.Errorf("%d runs; at least %d are needed, so that their spread means something", o.Runs, LeastRuns)
	}
	r = Result{Shape: s, Device: dev.Name(), Precision: dev.Precision(), Threads: threads(dev), Peak: Peak(dev)}
	if err := r.rates(dev, o); err != nil {
		return r, fmt.Errorf("shape %s: %w", s.Name, err)
	}
	if r.Profile, err = observe(dev, s, o.Each); err != nil {
		return r, fmt.Errorf("shape %s: profile: %w", s.Name, err)
	}
	return r, nil
}

func threads(dev compute.Device) int {
	if t, ok := dev.(compute.Threaded); ok {
		now, _ := t.Threads()
		return now
	}
	return 1
}

// rates times all runs. Plain and masked steps take turns, so that what else the machine does falls on both.
func (r *Result) rates(dev compute.Device, o Options) error {
	t, err := NewTraining(dev, r.Shape)
	if err != nil {
		return err
	}
	defer t.Free()
	kinds := []shape.Masks{{}}
	if o.Masked {
		kinds = append(kinds, HalfGrown(r.Shape.Config))
	}
	if err := warm(t, kinds); err != nil {
		return err
	}
	for range o.Runs {
		rate := make([]float64, len(kinds))
		took := make([]time.Duration, len(kinds))
		steps := 0
		for ; slices.Min(took) < max(o.Each, 1); steps++ {
			for i, k := range kinds {
				d, err := t.Step(k)
				if err != nil {
					return err
				}
				took[i] += d
			}
		}
		for i := range kinds {
			rate[i] = float64(steps*r.Shape.Tokens()) / took[i].Seconds()
		}
		r.Plain = append(r.Plain, rate[0])
		if o.Masked {
			r.Masked = append(r.Masked, rate[1])
			r.Ratios = append(r.Ratios, rate[1]/rate[0])
		}
	}
	return nil
}

// warm takes two steps of each kind, which bring memory and caches up.
func warm(t *Training, kinds []shape.Masks) error {
	for range 2 {
		for _, k := range kinds {
			if _, err := t.Step(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// observe profiles plain steps for a run.
func observe(dev compute.Device, s Shape, each time.Duration) (p Profile, err error) {
	wrapped, booked := profile.Wrap(dev)
	t, err := NewTraining(wrapped, s)
	if err != nil {
		return p, err
	}
	defer t.Free()
	if err := warm(t, []shape.Masks{{}}); err != nil {
		return p, err
	}
	booked.Reset()
	var sum time.Duration
	for ; sum < max(each, 1); p.Steps++ {
		took, err := t.Step(shape.Masks{})
		if err != nil {
			return p, err
		}
		sum += took
	}
	p.Step = sum / time.Duration(p.Steps)
	p.Rows = booked.Rows()
	for i := range p.Rows {
		row := &p.Rows[i]
		row.Calls /= int64(p.Steps)
		row.Time /= time.Duration(p.Steps)
		row.FLOPs /= float64(p.Steps)
	}
	return p, nil
}
