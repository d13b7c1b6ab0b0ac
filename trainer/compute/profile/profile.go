package profile

import (
	"slices"
	"time"
)

// Row is what one operation took.
type Row struct {
	Phase     string        // part of a training step: see Phases
	Operation string        // a method of compute.Lane or compute.Device, or Waiting, or Gradients
	Calls     int64         //
	Time      time.Duration // thread time
	FLOPs     float64       // of matrix products, attention's with all pairs counted; 0 where there are none
}

// The phases of a training step.
const (
	Forward   = "forward"
	Backward  = "backward"
	Gradient  = "gradients" // of the parameters, batch-wide
	Optimizer = "optimizer"
	Other     = "other"
)

// Rows that are no method.
const (
	Waiting   = "waiting"         // in Run, with nothing to do or between two operations
	Gradients = "WeightGrad etc." // with SumRows and EmbedGrad, computed together
)

// op is an operation that is booked.
type op int

const (
	embed op = iota
	norm
	linear
	attention
	classify
	linearGrad
	attentionGrad
	normGrad
	combine
	waiting
	zero
	gradients
	sumSquares
	adamW
	refresh
	sum
	taken
	upload
	download
	synced
	ops // their number
)

// named says under which names an operation is shown, in the order of a training step.
var named = [ops]struct{ phase, name string }{
	embed:         {Forward, "Embed"},
	norm:          {Forward, "Norm"},
	linear:        {Forward, "Linear"},
	attention:     {Forward, "Attention"},
	classify:      {Forward, "Classify"},
	linearGrad:    {Backward, "LinearGrad"},
	attentionGrad: {Backward, "AttentionGrad"},
	normGrad:      {Backward, "NormGrad"},
	combine:       {Other, "Combine"}, // forward and backward
	waiting:       {Other, Waiting},
	zero:          {Gradient, "Zero"},
	gradients:     {Gradient, Gradients},
	sumSquares:    {Optimizer, "SumSquares"},
	adamW:         {Optimizer, "AdamW"},
	refresh:       {Optimizer, "Refresh"},
	sum:           {Other, "Sum"},
	taken:         {Other, "Take"},
	upload:        {Other, "Upload"},
	download:      {Other, "Download"},
	synced:        {Other, "Sync"},
}

// tally is what has been booked on one operation.
type tally struct {
	calls int64
	time  time.Duration
	flops float64
}

func (t *tally) add(u tally) {
	t.calls += u.calls
	t.time += u.time
	t.flops += u.flops
}

// Profile is what a wrapped device has done since Wrap, or Reset. It belongs to the goroutine that calls the device.
type Profile struct{ tallies [ops]tally }

// Reset forgets everything.
func (p *Profile) Reset() { p.tallies = [ops]tally{} }

// Rows lists the operations that were called, the most expensive first.
func (p *Profile) Rows() []Row {
	var rows []Row
	for o, t := range p.tallies {
		if t.calls > 0 {
			rows = append(rows, Row{named[o].phase, named[o].name, t.calls, t.time, t.flops})
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return int(b.Time - a.Time) })
	return rows
}

// Total is the thread time of all rows.
func Total(rows []Row) (sum time.Duration) {
	for _, r := range rows {
		sum += r.Time
	}
	return sum
}
