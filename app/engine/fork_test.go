package engine_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// forked forks a run and trains the fork to its end.
func forked(t *testing.T, h *session.Home, f session.Fork) (session.Info, []event.Step) {
	t.Helper()
	id := store.NewID()
	e, err := engine.Fork(h, id, f, engine.Options{})
	train(t, e, err)
	info, err := h.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := engineSteps(info.File)
	if err != nil {
		t.Fatal(err)
	}
	return info, steps
}

// checkpointWhy is a checkpoint of a run that was saved for a reason.
func checkpointWhy(t *testing.T, h *session.Home, run, reason string) session.Saved {
	t.Helper()
	all, err := h.Checkpoints(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Reason == reason {
			return c
		}
	}
	t.Fatalf("no checkpoint for reason %q in %+v", reason, all)
	return session.Saved{}
}

// TestForkWithoutChange gives the numbers of the run, bit for bit, and says where it comes from.
func TestForkWithoutChange(t *testing.T) {
	h := home(t)
	seen, _ := uninterrupted(t, h, tiny())
	was := seen.events[0].(event.Start)
	at := checkpointWhy(t, h, was.Run, "transition")
	info, steps := forked(t, h, session.Fork{Run: was.File, Step: at.Step})
	if !reflect.DeepEqual(numbers(steps), numbers(seen.steps())) {
		t.Errorf("the fork's %d steps are not those of the run", len(steps))
	}
	if info.Parent != was.Run || info.Fork == nil || *info.Fork != (session.Forked{Step: at.Step, Tokens: at.Tokens}) || info.Name != "tiny fork" || info.State != session.Done {
		t.Errorf("it is %+v, forked %+v", info, info.Fork)
	}
	r, err := store.OpenReader(info.File)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := r.Events(0)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	said := false
	for _, j := range journal {
		switch e := j.Event.(type) {
		case event.Start:
			if e.Run != info.ID || e.File != info.File {
				t.Errorf("its journal has the start of run %s in %s", e.Run, e.File)
			}
		case event.Command:
			said = said || e.Verb == engine.ForkedVerb && strings.Contains(e.Detail, "of run "+was.Run)
		}
	}
	if !said {
		t.Error("its journal does not say that it is a fork")
	}
}

// TestForkWithChanges: the past is that of the run, what follows is not, and a replay gives both.
func TestForkWithChanges(t *testing.T) {
	h := home(t)
	seen, _ := uninterrupted(t, h, tiny())
	was := seen.events[0].(event.Start)
	at := checkpointWhy(t, h, was.Run, "transition") // into stage 2
	info, steps := forked(t, h, session.Fork{Run: was.File, Checkpoint: at.ID, Name: "bent", Set: []string{"lr=0.5x", "stage.3.operator=stack", "stage.3.ramp=0"}})
	parent := seen.steps()
	if !reflect.DeepEqual(numbers(steps[:at.Step]), numbers(parent[:at.Step])) {
		t.Error("the past is not that of the run")
	}
	if a, b := steps[at.Step], parent[at.Step]; a.LR >= 0.6*b.LR || a.Loss != b.Loss {
		t.Errorf("the first step after the fork is %+v, the run's %+v: want half the rate and the same loss", a, b)
	}
	if plan := planOf(t, info.File); plan[2].Operator != "stack" {
		t.Errorf("stage 3 is reached by %q", plan[2].Operator)
	}
	if _, c := replayed(t, h, info.File, 0); !c.Equal || c.Steps != int64(len(steps)) {
		t.Errorf("%v", c)
	}
}

// TestRevert: without its only edit, a run is what it was to be; its own file keeps all.
func TestRevert(t *testing.T) {
	h := home(t)
	sets := []string{"stage.1.tokens=25600", "checkpoint.keep=1"}
	plain, _ := uninterrupted(t, h, tiny(sets...))
	watch, hurry := unhurried(1)
	defer hurry()
	e, err := engine.New(h, "edited", tiny(sets...), engine.Options{Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := e.Train(t.Context())
		ended <- errors.Join(err, e.Close())
	}()
	c := dial(t, "edited")
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		waitFor(t, events, "step")
	}
	send(t, c, set("lr", "3x"))
	send(t, c, set("clip", "0.01"))
	hurry()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	info, err := h.Find("edited")
	if err != nil {
		t.Fatal(err)
	}
	before, err := engine.ReadCourse(info.File)
	if err != nil || len(before.Journal) != 2 {
		t.Fatalf("%+v, %v", before, err)
	}

	first := checkpointWhy(t, h, info.ID, "edit")
	_, steps := forked(t, h, session.Fork{Run: info.File, Revert: true, Checkpoint: first.ID})
	if !reflect.DeepEqual(numbers(steps), numbers(plain.steps())) {
		t.Error("without its edits the run is not the one that was never edited")
	}
	once, _ := forked(t, h, session.Fork{Run: info.File, Revert: true})
	after, err := engine.ReadCourse(once.File)
	if err != nil || !reflect.DeepEqual(after.Journal, before.Journal[:1]) || once.Name != "tiny revert" {
		t.Errorf("%s without the last edit has %v, %v", once.Name, after.Journal, err)
	}
	if _, c := replayed(t, h, once.File, 0); !c.Equal {
		t.Errorf("%v", c)
	}
	twice, steps := forked(t, h, session.Fork{Run: once.File, Revert: true}) // the edit that is left was made in the first run
	if after, err := engine.ReadCourse(twice.File); err != nil || len(after.Journal) != 0 || twice.Name != "tiny revert revert" {
		t.Errorf("%s without both edits has %v, %v", twice.Name, after.Journal, err)
	}
	if !reflect.DeepEqual(numbers(steps), numbers(plain.steps())) {
		t.Error("with its edits taken back one by one the run is not the one that was never edited")
	}
	stack := session.Fork{Run: once.File, Set: []string{"stage.3.operator=stack"}} // from the end of stage 1 on
	stack.Checkpoint = checkpointWhy(t, h, once.ID, "edit").ID
	other, _ := forked(t, h, stack)
	back, _ := forked(t, h, session.Fork{Run: other.File, Revert: true})
	if plan := planOf(t, back.File); plan[2].Operator != "stack" {
		t.Errorf("what the fork was made with is lost by its revert: stage 3 is reached by %q", plan[2].Operator)
	}
	if still, err := engine.ReadCourse(info.File); err != nil || !reflect.DeepEqual(still, before) {
		t.Errorf("the run itself has become %+v, %v", still, err)
	}
	if err := os.Remove(info.File); err != nil {
		t.Fatal(err)
	}
	_, err = engine.Fork(h, "orphan", session.Fork{Run: once.File, Revert: true}, engine.Options{})
	if want := "was made in run " + info.ID + ", from which it was forked: "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("without the run in which the edit was made: %v, want %q", err, want)
	}
}

// TestForkRefuses what would change the past, or is not there.
func TestForkRefuses(t *testing.T) {
	h := home(t)
	seen, _ := uninterrupted(t, h, tiny())
	was := seen.events[0].(event.Start)
	at, end := checkpointWhy(t, h, was.Run, "transition").Step, checkpointWhy(t, h, was.Run, "end").Step
	const mid = 120 // of 130 steps, in the middle of stage 3
	for name, x := range map[string]struct {
		fork session.Fork
		want string
		is   error
	}{
		"no such step":         {session.Fork{Step: 7}, "has no checkpoint at step 7; it has them at the steps 60, ", session.ErrUsage},
		"no such checkpoint":   {session.Fork{Checkpoint: 99}, "has no checkpoint under id 99", session.ErrUsage},
		"nothing to revert":    {session.Fork{Revert: true}, "there is nothing to revert", session.ErrUsage},
		"the end":              {session.Fork{Step: end}, "is done at step", session.ErrUsage},
		"the peak rate":        {session.Fork{Step: at, Set: []string{"train.lr=1e-3"}}, "what can change from there on is batch, ", session.ErrUsage},
		"the shape":            {session.Fork{Step: at, Set: []string{"model.head_dim=4"}}, "the section model is of the whole run", session.ErrUsage},
		"evaluations":          {session.Fork{Step: at, Set: []string{"eval.tokens=512"}}, "the section eval is of the whole run", session.ErrUsage},
		"a teacher":            {session.Fork{Step: at, Set: []string{"teacher.file=builtin", "teacher.share=0.25"}}, "a teacher adds 2 labels to the vocabulary", session.ErrUsage},
		"a stage that is over": {session.Fork{Step: at, Set: []string{"stage.1.tokens=6400"}}, "stage 1 has begun", session.ErrUsage},
		"how it grew":          {session.Fork{Step: at, Set: []string{"stage.2.operator=stack", "stage.2.ramp=0"}}, "stage 2 has begun", session.ErrUsage},
		"a longer decay":       {session.Fork{Step: mid, Set: []string{"stage.3.tokens=5120"}}, " had learning rate ", session.ErrUsage},
		"a bad edit":           {session.Fork{Step: at, Set: []string{"batch=7"}}, "it must be a multiple of context 16", session.ErrUsage},
		"a bad key":            {session.Fork{Step: at, Set: []string{"stage.3.colour=red"}}, "colour", growth.ErrRecipe},
		"a bad name":           {session.Fork{Step: at, Name: "a\nb"}, "no control characters", session.ErrUsage},
	} {
		x.fork.Run = was.File
		if _, err := engine.Fork(h, "child", x.fork, engine.Options{}); !errors.Is(err, x.is) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	if files, err := os.ReadDir(h.RunFolder()); err != nil || len(files) != 2 { // the run and its curve
		t.Errorf("%d files are left, %v", len(files), err)
	}
}

// TestForkOfALiveRun leaves it alone.
func TestForkOfALiveRun(t *testing.T) {
	h := home(t)
	_, c, wait := live(t, h, "busy")
	events, _, err := c.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, events, "saved")
	info, err := h.Find("busy")
	if err != nil {
		t.Fatal(err)
	}
	file, start, _ := aStep(t, func(o engine.Options) (*engine.Engine, error) {
		return engine.Fork(h, "child", session.Fork{Run: info.File}, o)
	})
	waitFor(t, events, "step")
	send(t, c, control.Command{Verb: control.Stop})
	if _, err := wait(); !errors.Is(err, engine.ErrStopped) {
		t.Fatal(err)
	}
	steps, err := engineSteps(file)
	if err != nil || int64(len(steps)) <= start.Resumed || start.Resumed == 0 {
		t.Errorf("the fork has %d steps and began at %d, %v", len(steps), start.Resumed, err)
	}
	if c, err := engine.Compare(info.File, file); err != nil || !c.Equal {
		t.Errorf("%v, %v", c, err)
	}
}
