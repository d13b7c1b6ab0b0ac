package microscope

import (
	"fmt"
	"math"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/words"
	"growlab/trainer/event"
)

// Around is how many steps before and after a growth are looked at.
const Around = 200

// Of the training loss, means are taken over these many steps.
const (
	calm  = 50 // before the growth, and at the end of what is looked at
	first = 20 // after the growth, and wherever it is asked whether the loss is down again
)

// Aftermath is what the training loss did around a growth. Losses are means over steps, in nats per byte; NaN where there
// are no steps.
type Aftermath struct {
	Steps     int     // after the growth, at most Around
	Before    float64 // over the last 50 steps before
	Noise     float64 // standard deviation of those steps
	After     float64 // over the first 20 steps after
	Worst     float64 // highest mean over 20 steps after
	Recovered int     // steps after which the mean over 20 was below Before for the first time; 0 if it was not yet
	End       float64 // over the last 50 steps that are looked at
}

// After measures a growth of r.
func After(r *curves.Run, g event.Grew) Aftermath {
	loss := r.Series(curves.Loss)
	before, after := window(loss, g.Step-calm, g.Step), window(loss, g.Step, g.Step+Around)
	a := Aftermath{Steps: len(after), After: mean(after[:min(first, len(after))]), Worst: math.NaN(), End: mean(after[max(len(after)-calm, 0):])}
	a.Before = mean(before)
	a.Noise = deviation(before, a.Before)
	for end := first; end <= len(after); end++ {
		m := mean(after[end-first : end])
		if !(m <= a.Worst) {
			a.Worst = m
		}
		if m < a.Before && a.Recovered == 0 {
			a.Recovered = end
		}
	}
	return a
}

// window is the finite values of the steps after from until to.
func window(s *chart.Series, from, to int64) []float64 {
	var out []float64
	n := s.Len()
	i := s.Index(float64(from))
	for ; i < n; i++ {
		p := s.At(i)
		if p.Step > float64(to) {
			break
		}
		if p.Y-p.Y == 0 {
			out = append(out, p.Y)
		}
	}
	return out
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func deviation(v []float64, mean float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return math.Sqrt(sum / float64(len(v)))
}

// Words says it in two sentences.
func (a Aftermath) Words() string {
	switch {
	case a.Steps < first:
		return fmt.Sprintf("Too soon to say what training makes of it: %d of the first %d steps are done.", a.Steps, first)
	case math.IsNaN(a.Before) || math.IsNaN(a.After):
		return "What training makes of it cannot be said: there was no loss to compare with."
	}
	text := fmt.Sprintf("Training loss was %s over the %d steps before and %s over the %d after", words.Fixed(a.Before), calm, words.Fixed(a.After), first)
	switch rise := a.After - a.Before; {
	case rise <= 0:
		text += ", so it went on falling."
	case rise < a.Noise:
		text += fmt.Sprintf(": %.1f of the spread of single steps above.", rise/a.Noise)
	default:
		text += fmt.Sprintf(": a jump of %.1f times the spread of single steps.", rise/a.Noise)
	}
	switch {
	case a.After <= a.Before:
		text += fmt.Sprintf(" At the end of the %d steps it was %s (%+.4f).", a.Steps, words.Fixed(a.End), a.End-a.Before)
	case a.Recovered == 0 && a.Steps < Around:
		text += fmt.Sprintf(" After %d steps it is not below that yet.", a.Steps)
	case a.Recovered == 0:
		text += fmt.Sprintf(" Within %d steps it did not get below that.", Around)
	default:
		text += fmt.Sprintf(" It was below that again after %d steps, and %s (%+.4f) at the end of the %d.", a.Recovered, words.Fixed(a.End), a.End-a.Before, a.Steps)
	}
	return text
}
