package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/control"
)

// doneThere is a run on the other machine that is done, attached here.
func (m machines) doneThere(t *testing.T) session.Info {
	t.Helper()
	info, err := m.there.Start(t.Context(), session.Launch{Recipe: recipe, Name: "far", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(2 * time.Minute); info.State != session.Done; time.Sleep(20 * time.Millisecond) {
		if info, err = m.there.Find(info.ID); err != nil || time.Now().After(late) {
			t.Fatalf("the run is %s, %v; want it done", info.State, err)
		}
	}
	far, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	return far
}

func TestAFarRunIsKeptInOrder(t *testing.T) {
	m := twoMachines(t)
	far := m.doneThere(t)
	if info, err := m.here.Rename(far.ID, "-it's far"); err != nil || info.Name != "-it's far @ box" {
		t.Errorf("renamed to %q, %v", info.Name, err)
	}
	if info, err := m.here.Tag(far.ID, []string{"good", "seed-1"}, nil); err != nil || info.Tags != "good seed-1" {
		t.Errorf("tags %q, %v", info.Tags, err)
	}
	if info, err := m.here.Tag(far.ID, nil, []string{"good"}); err != nil || info.Tags != "seed-1" {
		t.Errorf("tags %q, %v, want the one that was not taken away", info.Tags, err)
	}
	here, err := m.here.Checkpoints(far.ID)
	there, err2 := m.there.Checkpoints(m.here.Far(far.ID).ID())
	if err := errors.Join(err, err2); err != nil || len(here) == 0 || !slices.EqualFunc(here, there, func(a, b session.Saved) bool { return a.ID == b.ID && a.Step == b.Step }) {
		t.Errorf("checkpoints %v, want %v (%v)", here, there, err)
	}
	if a, b := m.here.Weight(far), m.there.Weight(infoOf(t, m.there, "-it's far")); a == 0 || a != b {
		t.Errorf("it weighs %d, want %d", a, b)
	}
	freed, err := m.here.Remove(far)
	if err != nil || freed == 0 {
		t.Errorf("freed %d, %v", freed, err)
	}
	if infos, err := m.there.Runs(); err != nil || len(infos) != 0 {
		t.Errorf("there are %+v, %v, want none", infos, err)
	}
	if infos, err := m.here.Runs(); err != nil || len(infos) != 0 {
		t.Errorf("here are %+v, %v, want none", infos, err)
	}
}

func TestAFarRunIsReadHere(t *testing.T) {
	m := twoMachines(t)
	far := m.here.Far(m.doneThere(t).ID)
	info, err := far.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenReader(info.File)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := r.Steps(0, 0)
	evals, err2 := r.Evals()
	if err := errors.Join(err, err2, r.Close()); err != nil || int64(len(steps)) != info.Step || len(evals) == 0 || info.State != session.Done {
		t.Errorf("the copy has %d steps and %d evaluations, %v; want all %d", len(steps), len(evals), err, info.Step)
	}
	there := infoOf(t, m.there, "far")
	want, err := session.LoadRecipe(session.Launch{Recipe: recipe})
	if err != nil {
		t.Fatal(err)
	}
	for _, rival := range []string{"", growth.RivalTwin} {
		f, err := far.Recipe(t.Context(), rival)
		if err != nil {
			t.Fatal(err)
		}
		got, err := growth.Parse(f.Name, []byte(f.Recipe))
		if err != nil || got.Final().Params() != want.Final().Params() || (rival != "") != (len(got.Stages) == 1) {
			t.Errorf("rival %q: %d stages with %d parameters at the end, %v; want %d parameters", rival, len(got.Stages), got.Final().Params(), err, want.Final().Params())
		}
	}
	if c, err := far.Course(t.Context()); err != nil || c.Step != there.Step || c.Tokens != there.Tokens {
		t.Errorf("course %+v, %v, want step %d", c, err, there.Step)
	}
}

func TestAFarRunGoesOnAndForksThere(t *testing.T) {
	m := twoMachines(t)
	far := m.startThere(t)
	info, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.here.Send(t.Context(), info.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(2 * time.Minute); infoOf(t, m.there, far.ID).State != session.Stopped; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("it does not stop")
		}
	}
	fork, err := m.here.Fork(t.Context(), session.Fork{Run: info.ID, Name: "another way", Set: []string{"lr=0.5x"}})
	if err != nil {
		t.Fatal(err)
	}
	if fork.Name != "another way @ box" || fork.Parent != info.ID || fork.State != session.Running {
		t.Errorf("forked %+v, want a run there that trains, and comes from %s", fork, info.ID)
	}
	if err := m.here.Send(t.Context(), fork.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Error(err)
	}
	again, err := m.here.Resume(t.Context(), info.ID)
	if err != nil || again.ID != info.ID || again.State != session.Running {
		t.Fatalf("resumed %+v, %v", again, err)
	}
	if err := m.here.Send(t.Context(), info.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Error(err)
	}
	if err := m.here.Leave(info.ID); err != nil || m.here.Far(info.ID) != nil {
		t.Errorf("it stays on the list: %v", err)
	}
	if err := m.here.Leave("one of ours"); err == nil {
		t.Error("a run of this machine was left")
	}
}

func infoOf(t *testing.T, h *session.Home, run string) session.Info {
	t.Helper()
	info, err := h.Find(run)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
