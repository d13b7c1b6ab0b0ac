package lab

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"growlab/growth"
)

// Trial is a run that tried a learning rate.
type Trial struct {
	LR    float64  `json:"lr"`
	Loss  *float64 `json:"loss"` // final validation loss, nats per token; nil if it diverged
	Run   string   `json:"run"`  // id
	Found bool     `json:"found"`
}

// order is what trials are compared by.
func (t Trial) order() float64 {
	if t.Loss == nil {
		return math.Inf(1)
	}
	return *t.Loss
}

// Tuned is a contender with the rates that were tried for it.
type Tuned struct {
	Name   string  `json:"name"`
	Trials []Trial `json:"trials"` // by rate, ascending
	Best   float64 `json:"best"`   // of the trials
	// LR is the rate that the contender gets: Best, or what a rule makes of it.
	LR float64 `json:"lr"`
	// Rule says how LR follows from Best if the trials were of another recipe, which it names; "" if they were the contender's own.
	Rule string `json:"rule,omitempty"`
}

// Settle sorts the trials and finds the best.
func (t *Tuned) Settle() {
	slices.SortFunc(t.Trials, func(a, b Trial) int { return cmp.Compare(a.LR, b.LR) })
	t.Best = t.Trials[t.best()].LR
	t.LR = t.Best
}

func (t Tuned) best() int {
	best := 0
	for i, x := range t.Trials {
		if x.order() < t.Trials[best].order() {
			best = i
		}
	}
	return best
}

// Edge reports whether the best rate is the smallest or the largest that was tried, so that one beyond may be better.
func (t Tuned) Edge() bool { return t.best() == 0 || t.best() == len(t.Trials)-1 }

// Next is the rate to try next: beyond the best if that is at the edge, else between it and the better of its neighbours. Rates
// between are rounded to two digits.
func (t Tuned) Next() float64 {
	i, last := t.best(), len(t.Trials)-1
	switch i {
	case 0:
		return t.Trials[0].LR / 2
	case last:
		return t.Trials[last].LR * 2
	}
	n := i - 1
	if t.Trials[i+1].order() < t.Trials[n].order() {
		n = i + 1
	}
	return growth.Rounded(math.Sqrt(t.Trials[i].LR*t.Trials[n].LR), 2)
}

// Tuning is how the contenders of a comparison came to their learning rates.
type Tuning struct {
	Seed       uint64   `json:"seed"`  // of the trials
	Seeds      []uint64 `json:"seeds"` // of the runs that are compared
	Contenders []Tuned  `json:"contenders"`
}

// Notes say what the tuning was worth.
func (t Tuning) Notes() []string {
	whose := "its full length"
	if slices.ContainsFunc(t.Contenders, func(c Tuned) bool { return c.Rule != "" }) {
		whose = "the full length of a smaller contender in its place"
	}
	notes := []string{fmt.Sprintf("every contender's learning rate was tuned by %s each, of %s, on seed %d, which is none of the seeds compared",
		t.runs(), whose, t.Seed)}
	for _, c := range t.Contenders {
		if c.Edge() {
			notes = append(notes, fmt.Sprintf("%s: the best rate tried for it, %g, lies at the edge of what was tried; one beyond may be better", c.Name, c.Best))
		}
		if c.Rule != "" {
			notes = append(notes, fmt.Sprintf("%s: its rate, %g, was not tuned at its own size: %s", c.Name, c.LR, c.Rule))
		}
	}
	return notes
}

// runs says how many trials each contender had.
func (t Tuning) runs() string {
	least, most := math.MaxInt, 0
	for _, c := range t.Contenders {
		least, most = min(least, len(c.Trials)), max(most, len(c.Trials))
	}
	if least == most {
		return fmt.Sprintf("%d runs", most)
	}
	return fmt.Sprintf("%d to %d runs", least, most)
}

// markdown writes the table of the trials.
func (t Tuning) markdown(p *page) {
	rows := [][]string{{"contender", "tuned on", "learning rates tried, with final losses", "rate taken"}}
	for _, c := range t.Contenders {
		var tried []string
		for _, x := range c.Trials {
			s := fmt.Sprintf("%g: diverged", x.LR)
			if x.Loss != nil {
				s = fmt.Sprintf("%g: %.4f", x.LR, *x.Loss)
			}
			if x.LR == c.Best {
				s = "**" + s + "**"
			}
			tried = append(tried, s)
		}
		on := "itself"
		if c.Rule != "" {
			on = c.Rule
		}
		rows = append(rows, []string{c.Name, on, strings.Join(tried, ", "), fmt.Sprintf("%g", c.LR)})
	}
	p.table(rows)
}

// rows is the table of the trials as CSV.
func (t Tuning) rows() [][]string {
	rows := [][]string{{"contender", "lr", "seed", "final_loss", "run", "taken", "rule"}}
	for _, c := range t.Contenders {
		for _, x := range c.Trials {
			rows = append(rows, []string{
				c.Name, number(&x.LR), strconv.FormatUint(t.Seed, 10), number(x.Loss), x.Run, strconv.FormatBool(x.LR == c.Best), c.Rule,
			})
		}
	}
	return rows
}
