package cli

import (
	"fmt"
	"text/tabwriter"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer"
	"growlab/trainer/control"
)

// preview shows what the rest of a live run would become if it took commands after the last step in its file.
func (p Program) preview(info session.Info, commands []control.Command) error {
	c, then, err := foresee(info, commands)
	if err != nil {
		return err
	}
	t := &text{w: p.Streams.Out}
	for _, asked := range commands {
		if asked.Key == threadsKey {
			t.line("%s changes none of the numbers", asked.Detail())
		}
	}
	t.line("run %s after step %s", info.ID, grouped(c.Step))
	t.line("")
	writeRest(t, "as it goes now", c.Now, c)
	t.line("")
	writeRest(t, "as it would go", then, c)
	for _, s := range changed(c.Now, then) {
		t.line("%s", s)
	}
	return t.err
}

// threadsKey is the one setting that is no edit.
const threadsKey = "threads"

// foresee is the course of a live run, and its recipe if it took all commands now; the error is why it would refuse one.
func foresee(info session.Info, commands []control.Command) (c engine.Course, then growth.Recipe, err error) {
	if !info.Live() {
		return c, then, idle(info)
	}
	if c, err = engine.ReadCourse(info.File); err != nil {
		return c, then, err
	}
	then = c.Now
	for _, asked := range commands {
		if asked.Key == threadsKey {
			continue
		}
		e, ok := trainer.EditOf(asked)
		if !ok {
			e = growth.Edit{Key: asked.Key, Value: asked.Value} // which Edit refuses
		}
		e.Step, e.Tokens = c.Step, c.Tokens
		if then, err = then.Edit(e); err != nil {
			return c, then, err
		}
	}
	return c, then, nil
}

// writeRest prints what is left of the plan of r after c: the present stage and those to come, with the learning rate at their
// beginning (of the present one: now) and their end.
func writeRest(t *text, title string, r growth.Recipe, c engine.Course) {
	plan, was := r.Plan(), c.Now.At(c.Tokens).Stage
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "stage\tshape\tto step\tto tokens\tbatch\tramp to step\tlearning rate\tto\t") // t keeps the error
	for i, s := range plan.Stages {
		if i < was {
			continue
		}
		begin := max(s.Begin, c.Tokens)
		ramp, rate, end := "-", fmt.Sprintf("%.3g", r.At(begin).LR), fmt.Sprintf("%.3g", s.LREnd)
		if at := s.Begin + s.Ramp; s.Ramp > 0 && at > c.Tokens {
			ramp = grouped(r.At(begin).Step + (at-begin+s.Batch-1)/s.Batch)
		}
		if s.Begin+s.Tokens <= c.Tokens { // the stage ends here
			rate, end = "-", "-"
		}
		_, _ = fmt.Fprintf(rows, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", i+1, s.Config, grouped(s.BeginStep+s.Steps), grouped(s.Begin+s.Tokens),
			grouped(s.Batch), ramp, rate, end)
	}
	t.line("%s: %s tokens in %s steps, %s", title, grouped(plan.Tokens), grouped(plan.Steps), flops(plan.FLOPs))
	_ = rows.Flush() // t keeps the error
}

// changed says which settings, besides the plan, are others in b than in a.
func changed(a, b growth.Recipe) (all []string) {
	for _, s := range []struct {
		name   string
		is, to any
	}{
		{"peak learning rate", a.Train.LR, b.Train.LR},
		{"weight decay", a.Train.WeightDecay, b.Train.WeightDecay},
		{"clip", a.Train.Clip, b.Train.Clip},
		{"evaluation every", a.Eval.Every, b.Eval.Every},
		{"sample every", a.Sample.Every, b.Sample.Every},
		{"checkpoint every", a.Checkpoint.Every, b.Checkpoint.Every},
	} {
		if s.is != s.to {
			all = append(all, fmt.Sprintf("%s %v, then %v", s.name, s.is, s.to))
		}
	}
	return all
}
