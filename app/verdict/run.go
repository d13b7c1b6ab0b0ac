package verdict

import "math"

// Point is one measurement of the loss on held-out text.
type Point struct {
	Tokens, FLOPs, Seconds float64 // since the start of the run; Seconds of active time
	Loss                   float64 // nats per token
}

// Run is what one run contributes.
type Run struct {
	ID     string
	Seed   uint64
	Device string // with its threads and precision; times are compared on the same one only

	Points []Point // evaluations during the run, in order, all on the same windows of held-out text
	End    Point   // the final one, on EndWindows windows
	// EndWindows is how many windows the final loss is the mean of.
	EndWindows int
	// Windows are the last network's losses on each window that Points are means of; nil if they are not known.
	Windows []float64
	// Last is what the last stage took.
	Last struct{ Tokens, Seconds float64 }
}

// secondsAt is the active time until tokens, between the evaluations by a straight line.
func (r Run) secondsAt(tokens float64) float64 {
	var before Point
	for _, p := range append(r.Points[:len(r.Points):len(r.Points)], r.End) {
		if p.Tokens >= tokens && p.Tokens > before.Tokens {
			return before.Seconds + (p.Seconds-before.Seconds)*(tokens-before.Tokens)/(p.Tokens-before.Tokens)
		}
		before = p
	}
	return r.End.Seconds
}

// Contender is a recipe with its runs, at least one.
type Contender struct {
	Name  string
	Grown bool // ends larger than it began
	// Objective is what its runs learn from, in words. Losses and costs of two objectives do not compare as they stand.
	Objective string
	Runs      []Run
}

// over collects one number of each run.
func (c Contender) over(f func(Run) float64) []float64 {
	var all []float64
	for _, r := range c.Runs {
		all = append(all, f(r))
	}
	return all
}

func (c Contender) losses() []float64 { return c.over(func(r Run) float64 { return r.End.Loss }) }
func (c Contender) flops() float64    { return mean(c.over(func(r Run) float64 { return r.End.FLOPs })) }

func (c Contender) tokens() float64 { return mean(c.over(func(r Run) float64 { return r.End.Tokens })) }

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// deviation is the standard deviation of a sample; 0 of fewer than two.
func deviation(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	m, sum := mean(v), 0.0
	for _, x := range v {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(v)-1))
}
