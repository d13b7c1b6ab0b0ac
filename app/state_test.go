package app

import (
	"math"
	"slices"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/trainer/event"
)

func viewAt(step int64) *runView {
	v := newRunView()
	v.apply(upTo(script("r"), step))
	return v
}

func TestViewFollowsTheStages(t *testing.T) {
	for _, row := range []struct {
		name  string
		step  int64
		stage int
		mask  float64
	}{
		{"before the first step", 0, 1, 1},
		{"first stage", 100, 1, 1},
		{"grown, no step since", 1597, 2, 0},
		{"first step of stage 2", 1598, 2, 0.04},
		{"mask half way", 1597 + 12, 2, 12. * batch / 38_400},
		{"mask done", 1597 + 25, 2, 1},
		{"last stage", 1900, 3, 1},
	} {
		v := viewAt(row.step)
		n, info := v.stage()
		if n != row.stage || info.Params != plan[row.stage-1].Params {
			t.Errorf("%s: got stage %d of %d parameters, want %d of %d", row.name, n, info.Params, row.stage, plan[row.stage-1].Params)
		}
		if got := v.mask(); math.Abs(got-row.mask) > 1e-9 {
			t.Errorf("%s: got mask %g, want %g", row.name, got, row.mask)
		}
	}
}

// A stage that ends early shortens the plan; what was drawn of the old plan stays as it was given.
func TestViewFollowsAnEarlyEnd(t *testing.T) {
	v := viewAt(100)
	short := slices.Clone(plan)
	short[0].Steps, short[0].Tokens = 100, 100*batch
	for i := 1; i < len(short); i++ {
		short[i].FromStep, short[i].FromTokens = short[i-1].FromStep+short[i-1].Steps, short[i-1].FromTokens+short[i-1].Tokens
	}
	g := growthTo(2)
	g.Step, g.Tokens, g.From, g.To, g.Plan = 100, 100*batch, short[0], short[1], short
	v.apply([]event.Event{g})
	if n, info := v.stage(); n != 2 || info.FromStep != 100 {
		t.Errorf("got stage %d from step %d, want 2 from 100", n, info.FromStep)
	}
	if want := int64(planSteps) - plan[0].Steps + 100; v.start.Steps != want || v.start.Tokens != want*batch {
		t.Errorf("got a plan of %d steps and %d tokens, want %d steps", v.start.Steps, v.start.Tokens, want)
	}
	if plan[0].Steps == 100 {
		t.Error("the plan that was announced changed")
	}
}

// A command that gives the run more tokens brings the new plan with it.
func TestViewFollowsAnExtendedRun(t *testing.T) {
	v := viewAt(100)
	longer, last := slices.Clone(plan), len(plan)-1
	longer[last].Steps, longer[last].Tokens = longer[last].Steps+50, longer[last].Tokens+50*batch
	before := v.run.Changes
	v.apply([]event.Event{event.Command{Step: 100, Tokens: 100 * batch, Verb: "set", Detail: "lr=0.5x"}})
	if v.run.Changes != before+1 || v.start.Steps != planSteps { // the tweak is marked
		t.Errorf("a command without a plan made it one of %d steps", v.start.Steps)
	}
	v.apply([]event.Event{event.Command{Step: 100, Tokens: 100 * batch, Verb: "extend", Detail: "50 steps", Plan: longer}})
	if want := int64(planSteps) + 50; v.start.Steps != want || v.start.Tokens != want*batch || v.run.Changes == before {
		t.Errorf("got a plan of %d steps and %d tokens, want %d steps", v.start.Steps, v.start.Tokens, want)
	}
}

func TestCurveHasEveryStep(t *testing.T) {
	v := viewAt(planSteps)
	if got := v.train.Len(); got != planSteps {
		t.Errorf("got %d training points, want %d", got, planSteps)
	}
	if got, want := v.valid.Len()+v.run.Final().Len(), len(v.evals); got != want || want != planSteps/64+1 || v.run.Final().Len() != 1 {
		t.Errorf("got %d validation points and a final one for %d evaluations, want %d", got, want, planSteps/64+1)
	}
	last := v.train.At(v.train.Len() - 1)
	if last.Tokens != planTokens || last.Seconds <= 0 || last.FLOPs <= 0 {
		t.Errorf("got last point %+v, want all coordinates of the last step", last)
	}
}

// Batches are a matter of time, not of meaning.
func TestBatchingDoesNotMatter(t *testing.T) {
	whole, parts := newRunView(), newRunView()
	events := script("r")
	whole.apply(events)
	for _, e := range events {
		parts.apply([]event.Event{e})
	}
	if whole.last != parts.last || whole.train.Len() != parts.train.Len() || len(whole.log) != len(parts.log) {
		t.Errorf("got %+v from single events, want %+v as from one batch", parts.last, whole.last)
	}
	for i := range whole.valid.Len() {
		if whole.valid.At(i) != parts.valid.At(i) {
			t.Fatalf("validation point %d: got %+v, want %+v", i, parts.valid.At(i), whole.valid.At(i))
		}
	}
}

func TestResumeForgetsWhatCameAfterItsCheckpoint(t *testing.T) {
	v := viewAt(1700)
	start := v.start
	start.Resumed = 1500
	v.apply([]event.Event{start, event.Step{Step: 1501, Tokens: 1501 * batch, Stage: 1, Loss: 2, Mask: 1, TokensPerSec: 5e4}})
	if len(v.grews) != 0 {
		t.Errorf("got %d transitions, want none: the run went back to before it", len(v.grews))
	}
	if n, _ := v.stage(); n != 1 {
		t.Errorf("got stage %d, want 1", n)
	}
	if got := v.train.Len(); got != 1501 {
		t.Errorf("got %d points, want 1501", got)
	}
	if o := v.run.Orphans(); len(o) != 1 || o[0].Len() != 200 {
		t.Errorf("got %d parts that were given up, want the 200 steps after the checkpoint", len(o))
	}
	for _, e := range v.evals {
		if e.Step > 1500 {
			t.Errorf("evaluation at step %d is still there", e.Step)
		}
	}
}

func TestRemainingKnowsThatLaterStagesAreSlower(t *testing.T) {
	v := viewAt(800)
	events := script("r")
	ended := events[len(events)-1].(event.Ended)
	want := time.Duration((ended.Seconds - v.last.Seconds) * float64(time.Second))
	got := v.remaining()
	if ratio := float64(got) / float64(want); ratio < 0.95 || ratio > 1.05 {
		t.Errorf("got %v left, want about %v", got, want)
	}
	flat := time.Duration(float64(planTokens-v.last.Tokens) / v.tokensPerSecond() * float64(time.Second))
	if got < flat*3/2 {
		t.Errorf("got %v left, want well above the %v that ignores the growth", got, flat)
	}
}

func TestRateIsTheMedianOfThisStage(t *testing.T) {
	v := newRunView()
	v.apply([]event.Event{event.Start{Stages: plan, Tokens: planTokens, Steps: planSteps}})
	for i := range int64(300) {
		perS := 1000.
		if i%10 == 0 {
			perS = 1 // a checkpoint was written in this step
		}
		v.apply([]event.Event{event.Step{Step: i + 1, Stage: 1, TokensPerSec: perS}})
	}
	if got := v.tokensPerSecond(); got != 1000 {
		t.Errorf("got %g tokens/s, want 1000", got)
	}
	v.apply([]event.Event{event.Step{Step: 301, Stage: 2, TokensPerSec: 400}})
	if got := v.tokensPerSecond(); got != 400 {
		t.Errorf("after a growth: got %g tokens/s, want 400, the rate of this stage alone", got)
	}
}

func TestState(t *testing.T) {
	running, stopped := session.Info{State: session.Running}, session.Info{State: session.Stopped}
	pause, resume := event.Paused{Step: 5}, event.Resumed{Step: 5}
	for _, row := range []struct {
		name   string
		info   session.Info
		events []event.Event
		want   string
	}{
		{"nothing heard yet", running, nil, session.Running},
		{"paused before the list knows", running, []event.Event{event.Start{}, pause}, session.Paused},
		{"resumed", session.Info{State: session.Paused}, []event.Event{event.Start{}, pause, resume}, session.Running},
		{"ended before the list knows", running, []event.Event{event.Start{}, event.Ended{State: session.Done}}, session.Done},
		{"killed: the list knows better", session.Info{State: session.Interrupted}, []event.Event{event.Start{}}, session.Interrupted},
		{"stopped long ago", stopped, []event.Event{event.Start{}, event.Ended{State: session.Stopped}}, session.Stopped},
		{"stopped and resumed", running, []event.Event{event.Start{}, event.Ended{State: session.Stopped}, event.Start{Resumed: 5}}, session.Running},
	} {
		v := newRunView()
		v.apply(row.events)
		if got := v.state(row.info); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestEveryEventButStepsIsLogged(t *testing.T) {
	v := newRunView()
	v.apply([]event.Event{
		event.Start{Recipe: "flm-1m", Device: "cpu"},
		event.Step{Step: 1},
		event.Eval{Step: 1},
		growthTo(2),
		event.Saved{Step: 1},
		event.Sampled{Step: 1},
		event.Paused{Step: 1},
		event.Resumed{Step: 1},
		event.Command{Step: 1, Verb: "pause"},
		event.Ended{State: session.Failed, Error: "out of memory"},
	})
	want := []string{"started", "evaluated", "grew", "saved", "sampled", "paused", "resumed", "command", "failed"}
	if len(v.log) != len(want) {
		t.Fatalf("got %d lines, want %d: %+v", len(v.log), len(want), v.log)
	}
	for i, l := range v.log {
		if l.kind != want[i] {
			t.Errorf("line %d: got %q, want %q", i, l.kind, want[i])
		}
		if l.bad != (l.kind == "failed") {
			t.Errorf("line %d (%s): got bad %v", i, l.kind, l.bad)
		}
	}
}
