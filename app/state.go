package app

import (
	"math"
	"slices"
	"time"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/session"
	"growlab/trainer/event"
)

// runView is what the window shows of one run. It is computed from the events of the run and nothing else, and knows no
// widget. The zero runView is not usable; newRunView makes one.
type runView struct {
	start   event.Start
	last    event.Step // zero before the first step
	evals   []event.Eval
	grews   []event.Grew
	blocks  []event.Blocks // norms of each block, at evaluations
	gpus    event.GPUs     // the last measurement
	memory  event.Memory   // the last one, of a run on a processor
	samples []event.Sampled
	saves   []event.Saved
	waits   []event.Paused
	log     []logLine
	ended   event.Ended // State is "" while the run goes on

	phase       string // session.Running, Paused, Done, Stopped, Failed; "" before the first event
	pauseReason string
	rates       []float64 // tokens per second of the last steps of this stage, a ring of rateWindow
	threads     int       // of the processor that the engine uses; 0 if not known
	mostThreads int
	steps       int64 // Step events seen; the write position of rates

	run          *curves.Run   // what the charts show
	train, valid *chart.Series // its losses
}

// logLine is one line of the journal.
type logLine struct {
	step int64
	kind string
	text string
	bad  bool
}

const rateWindow = 200

func newRunView() *runView {
	r := curves.NewRun("", "")
	return &runView{run: r, train: r.Series(curves.Loss), valid: r.Validation()}
}

// apply takes the events in order.
func (v *runView) apply(events []event.Event) {
	for _, e := range events {
		v.applyOne(e)
	}
	v.run.Apply(events)
}

func (v *runView) applyOne(e event.Event) {
	v.noteThreads(e)
	switch e := e.(type) {
	case event.Start:
		v.begin(e)
	case event.Step:
		v.step(e)
	case event.Eval:
		v.evals = append(v.evals, e)
	case event.GPUs:
		v.gpus = e
	case event.Memory:
		v.memory = e
	case event.Blocks:
		v.blocks = append(v.blocks, e)
	case event.Grew:
		if len(e.Plan) > 0 {
			v.start.Replan(e.Plan)
		}
		v.grews = append(v.grews, e)
	case event.Saved:
		v.saves = append(v.saves, e)
	case event.Sampled:
		v.samples = append(v.samples, e)
	case event.Paused:
		v.phase, v.pauseReason = session.Paused, e.Reason
		v.waits = append(v.waits, e)
	case event.Resumed:
		v.phase, v.pauseReason = session.Running, ""
	case event.Command:
		if len(e.Plan) > 0 {
			v.start.Replan(e.Plan)
		}
	case event.Shrank: // in the journal only
	case event.Ended:
		v.ended, v.phase = e, e.State
	}
	if line, ok := logOf(e); ok {
		v.log = append(v.log, line)
	}
}

// begin opens a run, or goes on with it from a checkpoint: what happened after that is forgotten.
func (v *runView) begin(e event.Start) {
	v.start, v.phase, v.pauseReason, v.ended = e, session.Running, "", event.Ended{}
	v.forgetAfter(e.Resumed)
}

func (v *runView) forgetAfter(step int64) {
	v.evals = slices.DeleteFunc(v.evals, func(e event.Eval) bool { return e.Step > step })
	v.blocks = slices.DeleteFunc(v.blocks, func(e event.Blocks) bool { return e.Step > step })
	v.grews = slices.DeleteFunc(v.grews, func(e event.Grew) bool { return e.Step > step })
	v.samples = slices.DeleteFunc(v.samples, func(e event.Sampled) bool { return e.Step > step })
	v.saves = slices.DeleteFunc(v.saves, func(e event.Saved) bool { return e.Step > step })
	v.waits = slices.DeleteFunc(v.waits, func(e event.Paused) bool { return e.Step > step })
}

func (v *runView) step(e event.Step) {
	if e.Stage != v.last.Stage {
		v.rates, v.steps = v.rates[:0], 0
	}
	if len(v.rates) < rateWindow {
		v.rates = append(v.rates, e.TokensPerSec)
	} else {
		v.rates[v.steps%rateWindow] = e.TokensPerSec
	}
	v.steps++
	v.last = e
}

// stage is the number of the present stage, counted from 1, and what was planned for it; 0 before the run has begun.
func (v *runView) stage() (int, event.StageInfo) {
	n := max(v.last.Stage, 1)
	if len(v.grews) > 0 {
		n = max(n, v.grews[len(v.grews)-1].Stage)
	}
	if n > len(v.start.Stages) {
		return 0, event.StageInfo{}
	}
	return n, v.start.Stages[n-1]
}

// mask is the factor on what the last growth added; 1 while nothing grows.
func (v *runView) mask() float64 {
	switch n, _ := v.stage(); {
	case n > 1 && v.last.Stage < n: // grown, and no step since
		return 0
	case v.last.Step == 0:
		return 1
	}
	return v.last.Mask
}

// fraction is how much of the planned tokens the run has seen, 0 to 1.
func (v *runView) fraction() float64 {
	if v.start.Tokens <= 0 {
		return 0
	}
	return min(float64(v.last.Tokens)/float64(v.start.Tokens), 1)
}

// tokensPerSecond is the median over the last steps of this stage, so that a checkpoint or an evaluation does not show.
func (v *runView) tokensPerSecond() float64 {
	if len(v.rates) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v.rates))
	return sorted[len(sorted)/2]
}

// remaining estimates the active time that the rest of the plan takes. A token costs in proportion to the parameters it
// meets, so later stages are slower. 0 means unknown.
func (v *runView) remaining() time.Duration {
	perS := v.tokensPerSecond()
	n, now := v.stage()
	if n == 0 || perS <= 0 || math.IsInf(perS, 0) || now.Params <= 0 {
		return 0
	}
	left := float64(max(now.FromTokens+now.Tokens-v.last.Tokens, 0))
	for _, s := range v.start.Stages[n:] {
		left += float64(s.Tokens) * float64(s.Params) / float64(now.Params)
	}
	return time.Duration(left / perS * float64(time.Second))
}

// validation is the last measurement on held-out text.
func (v *runView) validation() (event.Eval, bool) {
	if len(v.evals) == 0 {
		return event.Eval{}, false
	}
	return v.evals[len(v.evals)-1], true
}

// state is the state of the run: what its events say while it is live, what the list says once it is not.
func (v *runView) state(info session.Info) string {
	if info.Live() && v.phase != "" {
		return v.phase
	}
	return info.State
}

// update brings the list's line of the run up to what its events say.
func (v *runView) update(info session.Info) session.Info {
	info.State = v.state(info)
	if v.last.Step == 0 || v.last.Step < info.Step && !info.Live() {
		return info
	}
	info.Step, info.Tokens, info.Loss = v.last.Step, v.last.Tokens, v.last.Loss
	if n, s := v.stage(); n > 0 {
		info.Stage, info.Stages, info.Params = n, len(v.start.Stages), s.Params
		info.Steps, info.PlanTokens = v.start.Steps, v.start.Tokens
	}
	if e, ok := v.validation(); ok {
		info.ValLoss = e.Loss
	}
	return info
}
