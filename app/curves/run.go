package curves

import (
	"slices"
	"time"

	"growlab/app/chart"
	"growlab/trainer/event"
)

// Run is what one run measured, from its events and nothing else.
type Run struct {
	ID, Name string

	// Times are when the events other than steps happened, in their order, as far as they are known: wall time needs them. To be
	// set before Apply. Events beyond their end happen when Apply gets them, by Now.
	Times []time.Time
	Now   func() time.Time // nil: wall time beyond Times passes as active time does

	Start event.Start
	Last  event.Step // zero before the first step
	Grews []event.Grew
	// Changes grows with whatever Markers is made of.
	Changes int

	sheet    *chart.Sheet // a column for each metric that steps have
	valid    *chart.Series
	final    *chart.Series
	memory   *chart.Series
	reserved *chart.Series   // of the memory, what was set aside for the network
	orphans  []*chart.Series // training loss of what was given up

	notes   []Note
	spikes  *spikeDetector
	pending []event.Step // not in the sheet yet: their wall time depends on the moment that follows
	seen    int          // events other than steps
	clock   clock
}

// stepMetrics are the metrics that every step has, in the order of the sheet's columns.
var stepMetrics = []Metric{Loss, GradNorm, LearningRate, Mask, Speed}

// NewRun returns a run without events.
func NewRun(id, name string) *Run {
	r := &Run{ID: id, Name: name, valid: chart.NewSeries("validation"), final: chart.NewSeries("final"), memory: chart.NewSeries("memory"), reserved: chart.NewSeries("reserved")}
	r.sheet = chart.NewSheet("train", "gradient norm", "learning rate", "mask", "tokens/s")
	r.spikes = newSpikeDetector(SpikeWindow, SpikeLevel)
	return r
}

// Series is the line of a metric.
func (r *Run) Series(m Metric) *chart.Series {
	if i := slices.Index(stepMetrics, m); i >= 0 {
		return r.sheet.Series(i)
	}
	return r.memory
}

// Validation is the loss on held-out text while the run trained, always the same.
func (r *Run) Validation() *chart.Series { return r.valid }

// Final is the loss at the end, on more held-out text: no point of the same curve.
func (r *Run) Final() *chart.Series { return r.final }

// Reserved is what of Memory was planned for the network of each stage and set aside; empty for a run on GPUs.
func (r *Run) Reserved() *chart.Series { return r.reserved }

// Orphans are the training losses of steps that the run went back behind, a series for each time it did.
func (r *Run) Orphans() []*chart.Series { return r.orphans }

// AddOrphan adds steps that the run went back behind, from a record of them.
func (r *Run) AddOrphan(steps []event.Step) {
	s := chart.NewSeries("given up")
	for _, e := range steps {
		s.Append(place(e, 0), e.Loss)
	}
	if s.Len() > 0 {
		r.orphans = append(r.orphans, s)
	}
}

// noteMemory adds up what the GPUs of the run hold, if they tell.
func (r *Run) noteMemory(e event.GPUs) {
	bytes, known := 0.0, false
	for _, g := range e.GPUs {
		if g.MemoryUsed != nil {
			bytes, known = bytes+float64(*g.MemoryUsed), true
		}
	}
	if known {
		r.memory.Append(r.At(e.Step), bytes/1e9)
	}
}

// Has reports whether there is anything to show of a metric.
func (r *Run) Has(m Metric) bool { return r.Series(m).Len() > 0 }

// At is where in the run a step was.
func (r *Run) At(step int64) chart.Pos { return r.sheet.Series(0).PosAt(float64(step)) }

// Apply takes events in their order.
func (r *Run) Apply(events []event.Event) {
	for _, e := range events {
		if s, ok := e.(event.Step); ok {
			r.pending = append(r.pending, s)
			r.Last = s
			continue
		}
		r.settle(r.moment())
		r.apply(e)
	}
	r.settle(time.Time{})
}

// moment is when the next event other than a step happened, zero if that is not known.
func (r *Run) moment() time.Time {
	r.seen++
	if r.seen <= len(r.Times) {
		return r.Times[r.seen-1]
	}
	if r.Now != nil {
		return r.Now()
	}
	return time.Time{}
}

// settle puts the steps into the sheet that happened before a moment.
func (r *Run) settle(until time.Time) {
	active := r.Last.Seconds
	for _, e := range r.pending {
		r.sheet.Append(place(e, r.clock.at(e.Seconds, until, active)), e.Loss, e.GradNorm, e.LR, e.Mask, e.TokensPerSec)
		r.lookForSpike(e)
	}
	r.pending = r.pending[:0]
	if !until.IsZero() {
		r.clock.moment(until, active)
	}
}

func place(e event.Step, wall float64) chart.Pos {
	return chart.Pos{Step: float64(e.Step), Tokens: float64(e.Tokens), FLOPs: e.FLOPs, Seconds: e.Seconds, Wall: wall}
}

func (r *Run) apply(e event.Event) {
	switch e := e.(type) {
	case event.Start:
		r.begin(e)
	case event.Eval:
		s := r.valid
		if e.Final {
			s = r.final
		}
		s.Append(r.At(e.Step), e.Loss)
	case event.Grew:
		if len(e.Plan) > 0 {
			r.Start.Replan(e.Plan)
		}
		r.Grews = append(r.Grews, e)
		r.sheet.Break(float64(e.Step))
		r.note(Note{Step: e.Step, Kind: chart.StageStart, Event: e})
	case event.Saved:
		r.note(Note{Step: e.Step, Kind: chart.Saved, Event: e})
	case event.Paused:
		r.note(Note{Step: e.Step, Kind: chart.Paused, Event: e})
	case event.Command:
		if len(e.Plan) > 0 {
			r.Start.Replan(e.Plan)
		}
		if slices.Contains(tweaks, e.Verb) {
			r.note(Note{Step: e.Step, Kind: chart.Tweak, Event: e})
		}
	case event.GPUs:
		r.noteMemory(e)
	case event.Memory:
		at := r.At(e.Step)
		r.memory.Append(at, float64(e.Process)/1e9)
		if e.Reserved > 0 {
			r.reserved.Append(at, float64(e.Reserved)/1e9)
		}
	case event.Step, event.Blocks, event.Resumed, event.Sampled, event.Shrank, event.Ended:
	}
}

func (r *Run) note(n Note) {
	r.notes = append(r.notes, n)
	r.Changes++
}

// begin opens the run, or goes on with it from a checkpoint: what happened after that is kept apart.
func (r *Run) begin(e event.Start) {
	r.Start = e
	r.Changes++
	if e.Resumed == 0 && r.Last.Step == 0 {
		return
	}
	gone := r.sheet.Rewind(float64(e.Resumed), 0)
	if len(gone) > 1 {
		s := chart.NewSeries("given up")
		s.AppendAll(gone)
		r.orphans = append(r.orphans, s)
	}
	r.valid.Rewind(float64(e.Resumed))
	r.final.Rewind(float64(e.Resumed))
	r.memory.Rewind(float64(e.Resumed))
	r.reserved.Rewind(float64(e.Resumed))
	r.Grews = slices.DeleteFunc(r.Grews, func(g event.Grew) bool { return g.Step > e.Resumed })
	r.notes = slices.DeleteFunc(r.notes, func(n Note) bool { return n.Step > e.Resumed })
	if r.Last.Step > e.Resumed {
		r.Last.Step, r.Last.Seconds = e.Resumed, r.At(e.Resumed).Seconds
	}
	r.clock.active = r.Last.Seconds
	r.spikes = newSpikeDetector(SpikeWindow, SpikeLevel)
	if e.Resumed > 0 {
		r.note(Note{Step: e.Resumed, Kind: chart.Paused, Event: e})
	}
}

// lookForSpike compares the loss of a step with those before it.
func (r *Run) lookForSpike(e event.Step) {
	d := r.spikes
	d.push(int(e.Step), e.Loss)
	n := Note{Step: e.Step, Kind: chart.Spike, Event: e, Z: d.z}
	switch {
	case d.fresh:
		r.note(n)
	case d.moved:
		for i := range slices.Backward(r.notes) {
			if r.notes[i].Kind == chart.Spike {
				r.notes[i] = n
				r.Changes++
				return
			}
		}
	}
}
