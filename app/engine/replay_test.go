package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// set is the command that gives key a value.
func set(key, value string) control.Command {
	return control.Command{Verb: control.Set, Key: key, Value: value}
}

// replayed replays a run file up to step to and compares.
func replayed(t *testing.T, h *session.Home, file string, to int64) (*engine.Engine, engine.Comparison) {
	t.Helper()
	e, err := engine.Replay(h, store.NewID(), file, to, session.Launch{Threads: 1}, engine.Options{})
	train(t, e, err)
	c, err := engine.Compare(file, e.File())
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

// TestEditedRunReplays: a run that was edited as it trained, on the real kernels, stopped and resumed, replays to the last bit.
func TestEditedRunReplays(t *testing.T) {
	h := home(t)
	watch, hurry := unhurried(2)
	defer hurry()
	_, c, wait := liveWith(t, h, "edited", watch)
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []control.Command{
		set("lr", "0.5x"), set("batch", "256"), set("batch", "64"),
		{Verb: control.Grow},
		set("ramp", "64"), set("clip", "0.1"),
		{Verb: control.Extend, Tokens: 1280},
	} {
		waitFor(t, events, "step")
		send(t, c, cmd)
	}
	waitFor(t, events, "step")
	send(t, c, control.Command{Verb: control.Stop})
	hurry()
	if _, err := wait(); !errors.Is(err, engine.ErrStopped) {
		t.Fatal(err)
	}
	info, err := h.Find("edited")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Resume(info.File, session.Launch{Threads: 1}, engine.Options{})
	end := train(t, e, err)

	course, err := engine.ReadCourse(info.File)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range course.Journal {
		keys = append(keys, e.Key)
	}
	if want := []string{"lr", "batch", "batch", growth.EditEnd, "ramp", "clip", growth.EditExtend}; !slices.Equal(keys, want) {
		t.Fatalf("the journal has %v, want %v", keys, want)
	}
	if plan := course.Now.Plan(); plan.Steps != end.Step || course.Step != end.Step || course.Tokens != plan.Tokens {
		t.Errorf("the course ends at %d steps, %d tokens; the run at %d, planned %d", course.Step, course.Tokens, end.Step, plan.Steps)
	}
	again, same := replayed(t, h, info.File, 0)
	if !same.Equal || same.Steps != end.Step || same.Err() != nil || !strings.Contains(same.String(), "bit for bit") {
		t.Errorf("%v: %+v", same, same)
	}
	copied, err := engine.ReadCourse(again.File())
	if err != nil || !reflect.DeepEqual(copied.Journal, course.Journal) {
		t.Errorf("the replay's journal is %v, want %v; %v", copied.Journal, course.Journal, err)
	}
	if plans := planOf(t, info.File); !reflect.DeepEqual(plans, planOf(t, again.File())) || plans[2].FromTokens+plans[2].Tokens != end.Tokens {
		t.Errorf("the plan in the file is %+v", plans)
	}
	if _, part := replayed(t, h, info.File, 9); !part.Equal || part.Steps != 9 {
		t.Errorf("to step 9: %+v", part)
	}
}

// TestCompareNamesTheFirstDifference: of runs that differ from the second step on.
func TestCompareNamesTheFirstDifference(t *testing.T) {
	h := home(t)
	a, _ := uninterrupted(t, h, tiny(quickly...))
	b, _ := uninterrupted(t, h, tiny(append([]string{"train.clip=0.01"}, quickly...)...))
	files := []string{a.events[0].(event.Start).File, b.events[0].(event.Start).File}
	c, err := engine.Compare(files[0], files[1])
	if err != nil || c.Equal || c.First != 2 || !errors.Is(c.Err(), engine.ErrDiffers) || !strings.HasPrefix(c.What, "loss ") ||
		!strings.Contains(c.String(), "differs from the run at step 2 of 3: loss ") {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := engine.Compare(files[0], files[0]); err != nil || !c.Equal || c.Steps != 3 || c.First != 0 {
		t.Errorf("with itself: %+v, %v", c, err)
	}
}

// quickly is a run of three steps.
var quickly = []string{"stage.1.tokens=128", "stage.1.warmup=0", "stage.2.tokens=128", "stage.2.ramp=0", "stage.3.tokens=128", "stage.3.ramp=0"}

// aStep trains e for a step.
func aStep(t *testing.T, open func(engine.Options) (*engine.Engine, error)) (file string, start event.Start, warnings []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e, err := open(engine.Options{
		Watch: func(e event.Event) {
			switch e := e.(type) {
			case event.Start:
				start = e
			case event.Step:
				cancel()
			}
		},
		Warn: func(s string) { warnings = append(warnings, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	file = e.File()
	if _, err := e.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return file, start, warnings
}

func planOf(t *testing.T, file string) []event.StageInfo {
	t.Helper()
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	stages, err := r.Stages()
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return stages
}

// TestKilledAtAnEdit: killed as soon as the state before an edit is saved, the resumed run makes it, also if it is to grow.
func TestKilledAtAnEdit(t *testing.T) {
	for name, edit := range map[string]control.Command{"set": set("lr", "0.1x"), "grow": {Verb: control.Grow}} {
		t.Run(name, func(t *testing.T) {
			h := home(t)
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "GROWLAB_TEST_DIE=saved", "GROWLAB_TEST_AFTER=1", "GROWLAB_TEST_SET=checkpoint.every=0 "+long)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			c := dial(t, "killed")
			for { // until it has taken a step
				s, err := c.Status(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if s.Step > 3 {
					break
				}
				time.Sleep(time.Millisecond)
			}
			if err := c.Send(t.Context(), edit); err == nil {
				t.Error("the dead engine accepted the edit")
			}
			if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatal(err)
			}
			info, err := h.Find("killed")
			if err != nil {
				t.Fatal(err)
			}
			course, err := engine.ReadCourse(info.File)
			if err != nil || len(course.Journal) != 1 || course.Step != course.Journal[0].Step {
				t.Fatalf("course %+v, %v", course, err)
			}
			if n := commands(t, info.File); len(n) != 0 {
				t.Fatalf("it died before it told of its edit, and yet the file has %v", n)
			}
			file, start, _ := aStep(t, func(o engine.Options) (*engine.Engine, error) {
				return engine.Resume(info.File, session.Launch{}, o)
			})
			if start.Resumed != course.Step {
				t.Errorf("resumed at step %d, edited at %d", start.Resumed, course.Step)
			}
			steps, err := engineSteps(file)
			if err != nil {
				t.Fatal(err)
			}
			now, was := steps[course.Step], steps[course.Step-1]
			if name == "set" && now.LR > 0.2*was.LR || name == "grow" && now.Stage != 2 {
				t.Errorf("step %+v after %+v", now, was)
			}
			if _, c := replayed(t, h, file, 0); !c.Equal || c.Steps != course.Step+1 {
				t.Errorf("%v", c)
			}
			told, want := commands(t, file), trainer.CommandOf(course.Journal[0])
			if len(told) != 1 || told[0].Verb != want.Verb || told[0].Detail != want.Detail || told[0].Step != course.Step {
				t.Errorf("the file tells of %v, want %v alone", told, want)
			}
			if again, err := engine.ReadCourse(file); err != nil || len(again.Asked) != 1 {
				t.Errorf("asked for %v, want what the dead engine was asked for; %v", again.Asked, err)
			}
		})
	}
}

// commands are those that the file tells of, trims aside.
func commands(t *testing.T, file string) []event.Command {
	t.Helper()
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Events(0)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	var out []event.Command
	for _, j := range all {
		if c, ok := j.Event.(event.Command); ok && c.Verb != "trim" {
			out = append(out, c)
		}
	}
	return out
}

func engineSteps(file string) ([]event.Step, error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return nil, err
	}
	steps, err := r.Steps(0, 0)
	return steps, errors.Join(err, r.Close())
}

// dial waits for an engine.
func dial(t *testing.T, id string) *control.Client {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		c, err := control.Dial(t.Context(), id)
		if err == nil {
			return c
		}
		if !errors.Is(err, control.ErrNoEngine) {
			t.Fatal(err)
		}
	}
	t.Fatal("no engine came")
	return nil
}

// TestReplayGoesOn: a replay that was stopped and resumed follows its journal still, and takes no orders.
func TestReplayGoesOn(t *testing.T) {
	h := home(t)
	_, c, wait := live(t, h, "first")
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		waitFor(t, events, "step")
	}
	send(t, c, set("lr", "0.5x"))
	waitFor(t, events, "step")
	send(t, c, control.Command{Verb: control.Stop})
	if _, err := wait(); !errors.Is(err, engine.ErrStopped) {
		t.Fatal(err)
	}
	info, err := h.Find("first")
	if err != nil {
		t.Fatal(err)
	}
	file, _, warned := aStep(t, func(o engine.Options) (*engine.Engine, error) {
		return engine.Replay(h, "again", info.File, 0, session.Launch{}, o)
	})
	if len(warned) != 0 {
		t.Errorf("warned %q", warned)
	}
	e, err := engine.Resume(file, session.Launch{}, engine.Options{})
	train(t, e, err)
	if c, err := engine.Compare(info.File, file); err != nil || !c.Equal || c.Steps != info.Step {
		t.Errorf("%v of %d steps, %v", c, info.Step, err)
	}
	again, err := h.Find("again")
	if err != nil || again.Name != "tiny replay" {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestReplayOnOtherKernels says so, and that the numbers are others.
func TestReplayOnOtherKernels(t *testing.T) {
	h := home(t)
	t.Setenv("GROWLAB_CPU", "plain")
	seen, _ := uninterrupted(t, h, tiny(append([]string{"train.precision=fp32"}, quickly...)...))
	was := seen.events[0].(event.Start)
	t.Setenv("GROWLAB_CPU", "")
	var warned []string
	e, err := engine.Replay(h, "other", was.File, 0, session.Launch{}, engine.Options{Warn: func(s string) { warned = append(warned, s) }})
	train(t, e, err)
	r, err := store.OpenReader(e.File())
	if err != nil {
		t.Fatal(err)
	}
	is, err := r.Meta()
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(is.Device, "plain") { // a processor without vector units
		if len(warned) != 0 {
			t.Errorf("warned %q", warned)
		}
		return
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "plain fp32 and is replayed with ") {
		t.Errorf("warned %q on %s, the run was trained on %s", warned, is.Device, was.Device)
	}
	if c, err := engine.Compare(was.File, e.File()); err != nil || c.Equal || c.Steps != 3 {
		t.Errorf("%v, %v", c, err)
	}
	if is.Parent != was.Run {
		t.Errorf("its parent is %q, want %q", is.Parent, was.Run)
	}
}

// TestReplayRefuses what it cannot be.
func TestReplayRefuses(t *testing.T) {
	h := home(t)
	seen, _ := uninterrupted(t, h, tiny())
	file := seen.events[0].(event.Start).File
	last := seen.steps()[len(seen.steps())-1].Step
	for to, want := range map[int64]string{-1: "--to is -1", last + 1: fmt.Sprintf("has the steps 1 to %d", last)} {
		if _, err := engine.Replay(h, "r", file, to, session.Launch{}, engine.Options{}); !errors.Is(err, session.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("to %d: %v, want %q", to, err, want)
		}
	}
	_, _, wait := live(t, h, "busy")
	info, err := h.Find("busy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Replay(h, "r", info.File, 0, session.Launch{}, engine.Options{}); err == nil || !strings.Contains(err.Error(), "is running; a replay wants one that has ended") {
		t.Errorf("of a live run: %v", err)
	}
	send(t, dial(t, "busy"), control.Command{Verb: control.Stop})
	if _, err := wait(); !errors.Is(err, engine.ErrStopped) {
		t.Error(err)
	}
}
