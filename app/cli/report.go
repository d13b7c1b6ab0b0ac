package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/store"
	"growlab/trainer/event"
)

// account is what a run file tells of its run, for a report.
type account struct {
	Info   session.Info `json:"run"`
	Device string       `json:"device"`
	// Precision of the matrix products; "" in a run from before it was recorded, which is fp32.
	Precision string            `json:"precision,omitempty"`
	Data      string            `json:"data"`
	Seed      uint64            `json:"seed"`
	Stages    []event.StageInfo `json:"stages"`
	Grew      []event.Grew      `json:"grew"`
	Eval      *event.Eval       `json:"eval"`  // the last
	Ended     *event.Ended      `json:"ended"` // nil while the run goes on, or if it died
	Sample    *event.Sampled    `json:"sample"`
	Picture   string            `json:"picture,omitempty"` // the curve, if it is drawn
	Socket    string            `json:"socket,omitempty"`  // of the engine that works on it
}

// readAccount reads the run file at path.
func readAccount(info session.Info) (a account, err error) {
	r, err := store.OpenReader(info.File)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	meta, err := r.Meta()
	if err != nil {
		return a, err
	}
	a = account{Info: info, Device: meta.Device, Data: meta.DataName, Seed: meta.Seed, Grew: []event.Grew{}}
	if a.Stages, err = r.Stages(); err != nil {
		return a, err
	}
	journal, err := r.Events(0)
	if err != nil {
		return a, err
	}
	for _, j := range journal {
		a.note(j.Event)
	}
	if path := engine.PicturePath(info.File); exists(path) {
		a.Picture = path
	}
	return a, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// note keeps what the report shows of the journal.
func (a *account) note(e event.Event) {
	switch e := e.(type) {
	case event.Start:
		a.Device, a.Precision, a.Ended = e.Device, e.Precision, nil
	case event.Grew:
		a.Grew = append(a.Grew, e)
	case event.Eval:
		a.Eval = &e
	case event.Sampled:
		a.Sample = &e
	case event.Ended:
		a.Ended = &e
	case event.Step, event.Blocks, event.GPUs, event.Memory, event.Shrank, event.Saved, event.Paused, event.Resumed, event.Command:
	}
}

// report prints what became of the run in file.
func (p Program) report(file string) error {
	home, err := session.Open()
	if err != nil {
		return err
	}
	info, err := home.Find(file)
	if err != nil {
		return err
	}
	a, err := readAccount(info)
	if err != nil {
		return err
	}
	return a.write(p.Streams.Out)
}

// write prints the report.
func (a account) write(out io.Writer) error {
	t := &text{w: out}
	t.line("")
	t.line("run %s (%s): %s", a.Info.ID, a.Info.Name, a.state())
	t.line("  recipe %s, seed %d, on %s, %s", a.Info.Recipe, a.Seed, a.Data, a.Device)
	if e := a.Eval; e != nil {
		kind := "validation"
		if e.Final {
			kind = "final validation"
		}
		t.line("  %s loss %s nats per byte, %s bits per byte (at step %s, on %s tokens)",
			kind, fixed(e.Loss, 4), fixed(e.BitsPerByte, 4), grouped(e.Step), grouped(e.EvalTokens))
		if e.Labels > 0 {
			t.line("  %s of %s held-out propositions judged rightly", percent(e.LabelAccuracy), grouped(e.Labels))
		}
	}
	t.line("")
	a.writeStages(t)
	for _, g := range a.Grew {
		a.writeGrowth(t, g)
	}
	a.writeCompute(t)
	if e := a.Ended; e != nil && e.Joules > 0 {
		t.line("energy %.3g kWh of the GPUs, %.0f W on average", e.Joules/3.6e6, e.Joules/e.Seconds)
	}
	if s := a.Sample; s != nil {
		t.line("")
		t.line("sample after step %s, temperature %g:", grouped(s.Step), s.Temperature)
		for line := range strings.SplitSeq(strings.TrimRight(printable(s.Prompt+s.Text), "\n"), "\n") {
			t.line("  | %s", strings.Join(wrap(line, 96), "\n    "))
		}
	}
	t.line("")
	t.line("run file  %s", a.Info.File)
	if a.Picture != "" {
		t.line("curve     %s", a.Picture)
	}
	return t.err
}

// state is the state in words.
func (a account) state() string {
	s := a.Info.State
	if a.Ended != nil {
		s += " after " + clock(seconds(a.Ended.Seconds))
	}
	if a.Info.State != session.Done && a.Info.Steps > 0 {
		s += fmt.Sprintf(", at step %s of %s", grouped(a.Info.Step), grouped(a.Info.Steps))
	}
	if a.Info.Error != "" {
		s += ": " + a.Info.Error
	}
	if a.Info.State == session.Stopped || a.Info.State == session.Interrupted {
		s += "; growlab resume " + a.Info.ID + " goes on"
	}
	return s
}

// writeStages prints a row for each stage, with what it took where that is known.
func (a account) writeStages(t *text) {
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "  stage\tshape\theads\tparameters\ttokens\tsteps\tFLOPs\ttime\ttokens/s\t") // t keeps the error
	for i, s := range a.Stages {
		took := "-\t-\t-\t"
		tokens := s.Tokens
		if a.Ended != nil && i < len(a.Ended.Stages) {
			c := a.Ended.Stages[i]
			tokens = c.Tokens
			if c.Tokens > 0 && c.Seconds > 0 {
				took = fmt.Sprintf("%s\t%s\t%s\t", flops(c.FLOPs), clock(seconds(c.Seconds)), grouped(int64(float64(c.Tokens)/c.Seconds)))
			}
		}
		_, _ = fmt.Fprintf(rows, "  %d\t%s\t%d\t%s\t%s\t%s\t%s\n", i+1, s.Shape, s.Heads, grouped(s.Params), grouped(tokens), grouped(s.Steps), took)
	}
	_ = rows.Flush() // t keeps the error
}

// writeGrowth prints a transition with its proof.
func (a account) writeGrowth(t *text, g event.Grew) {
	t.line("")
	how := "without masks"
	if g.RampTokens > 0 {
		how = "mask ramp " + grouped(g.RampTokens) + " tokens"
	}
	t.line("grew %s to %s at step %s by %s, %s", g.From.Shape, g.To.Shape, grouped(g.Step), g.Operator, how)
	t.line("  on one frozen batch: loss %s before, %s after; max |logit diff| %.2e of logits up to %.1f: %s",
		fixed(g.LossBefore, 7), fixed(g.LossAfter, 7), g.MaxLogitDiff, g.MaxLogit, proof(g))
	t.line("  Adam moments: %s entries carried over, %s new ones start at zero", grouped(g.MomentsCarried), grouped(g.MomentsNew))
}

// writeCompute compares with the final shape trained from the start on the same tokens.
func (a account) writeCompute(t *text) {
	e := a.Ended
	if e == nil || e.TwinFLOPs == 0 || len(a.Stages) == 0 {
		return
	}
	t.line("")
	if len(a.Stages) == 1 {
		t.line("compute %s", flops(e.FLOPs))
		return
	}
	t.line("compute %s; %s from the start on the same %s tokens would take %s: saved %s",
		flops(e.FLOPs), a.Stages[len(a.Stages)-1].Shape, grouped(e.Tokens), flops(e.TwinFLOPs), percent(e.FLOPsSaved))
}

// text is a writer of lines that remembers the first error.
type text struct {
	w   io.Writer
	err error
}

func (t *text) Write(b []byte) (int, error) {
	if t.err == nil {
		_, t.err = t.w.Write(b)
	}
	return len(b), t.err
}

func (t *text) line(format string, a ...any) { _, _ = fmt.Fprintf(t, format+"\n", a...) }

// ago writes how long ago a moment was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	if d < time.Minute {
		return "just now"
	}
	return clock(d.Truncate(time.Minute)) + " ago"
}
