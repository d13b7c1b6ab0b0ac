package app

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"growlab/app/session"
	"growlab/trainer/event"
)

// at is a live run of flm-1m in a given step.
func at(step int64) *fakeSessions {
	return newFake().withRun(session.Running, upTo(script("flm-1m"), step))
}

func TestFirstRunShowsACardForEachPreset(t *testing.T) {
	b := open(t, newFake())
	if !b.cards.object.Visible() || b.tabs.Visible() || b.sidebar.Visible() {
		t.Fatal("without a run the window shows pages of a run, want the cards")
	}
	for _, p := range presets {
		if b.button("Train " + p.Name).Disabled() {
			t.Errorf("the button of %s is disabled", p.Name)
		}
	}
	if !b.header.toggle.Disabled() || !b.header.stop.Disabled() {
		t.Error("Pause and Stop are enabled without a run")
	}
	if b.cards.back.Visible() {
		t.Error("there is a way back to runs that do not exist")
	}
}

func TestACardStartsARunAndShowsIt(t *testing.T) {
	b := open(t, newFake())
	tap(t, b.button("Train flm-1m"))
	if got := b.header.bar.shown.left; got != "Starting…" {
		t.Errorf("got %q in the header, want that it starts", got)
	}
	if !b.header.train.Disabled() {
		t.Error("Train can be pressed again while the run starts")
	}
	b.sent("start flm-1m")
	b.until("the run", func() bool { return b.id == "flm-1m-1" })
	if b.cards.object.Visible() || !b.tabs.Visible() || !b.sidebar.Visible() {
		t.Error("the cards are still on show, want the pages of the run")
	}
	if got := b.header.bar.shown.left; got != "Preparing data and engine…" {
		t.Errorf("got %q in the header", got)
	}
	b.fake.happen("flm-1m-1", upTo(script("flm-1m-1"), 1)...)
	b.shown(1)
	if got, want := b.header.bar.shown.left, "Stage 1 of 3 · 3L × 64 · step 1 of 2,026"; got != want {
		t.Errorf("got %q in the header, want %q", got, want)
	}
}

func TestAStartThatFailsIsTold(t *testing.T) {
	fake := newFake()
	fake.fail = errors.New("the data folder is not writable: /data")
	b := open(t, fake)
	tap(t, b.header.train)
	b.until("the trouble", func() bool { return b.banner.object.Visible() })
	if got, want := b.banner.text.Text, "The run could not start: the data folder is not writable: /data"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if b.header.train.Disabled() {
		t.Error("Train cannot be tried again")
	}
	test.Tap(b.banner.dismiss)
	if b.banner.object.Visible() {
		t.Error("a dismissed trouble is still on show")
	}
	tap(t, b.header.train)
	b.until("the trouble again", func() bool { return b.banner.object.Visible() })
}

func TestLiveUpdates(t *testing.T) {
	b := open(t, at(1590))
	b.shown(1590)
	if got := b.side.facts.values[factTokens].Text(); got != "2.44M of 3.11M" {
		t.Errorf("got tokens %q", got)
	}
	before := len(b.chart.Figure().Markers)
	whole := script("flm-1m")
	b.fake.happen("flm-1m", upTo(whole, 1610)[len(upTo(whole, 1590)):]...)
	b.shown(1610)
	if got := len(b.chart.Figure().Markers); got != before+2 {
		t.Errorf("got %d markers after a growth and its checkpoint, want %d", got, before+2)
	}
	b.turnPage(1) // a page that nobody looks at is not kept up to date
	if got := b.trans.Stage(); got != 2 {
		t.Errorf("got the growth to stage %d on its page, want 2", got)
	}
	if got := b.header.bar.shown.left; !strings.HasPrefix(got, "Stage 2 of 3 · growing, mask 0.5") {
		t.Errorf("got %q in the header", got)
	}
	if got := b.runs.Infos()[0]; got.Step != 1610 || got.Stage != 2 {
		t.Errorf("got step %d of stage %d in the list, want 1610 of 2", got.Step, got.Stage)
	}
	if got := b.chart.Figure().Lines[0].Series.Len(); got != 1610 {
		t.Errorf("got %d points in the chart, want 1610", got)
	}
}

func TestPauseAndResumeFollowTheEngine(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	tap(t, b.header.toggle)
	b.sent("pause flm-1m")
	if !b.header.toggle.Disabled() || b.header.toggle.Text != "Pause" {
		t.Errorf("got button %q, disabled %v before the engine paused; want Pause, disabled", b.header.toggle.Text, b.header.toggle.Disabled())
	}
	b.fake.happen("flm-1m", event.Paused{Step: 100, Tokens: 100 * batch})
	b.until("the pause", func() bool { return b.header.toggle.Text == "Resume" })
	if b.header.toggle.Disabled() || b.header.stop.Disabled() {
		t.Error("a paused run cannot be resumed or stopped")
	}
	if got := b.header.bar.shown.left; !strings.HasPrefix(got, "Paused · Stage 1 of 3") {
		t.Errorf("got %q in the header", got)
	}
	tap(t, b.header.toggle)
	b.sent("pause flm-1m", "resume flm-1m")
	b.fake.happen("flm-1m", event.Resumed{Step: 100, Tokens: 100 * batch})
	b.until("the run going on", func() bool { return b.header.toggle.Text == "Pause" })
}

func TestARefusedCommandIsTold(t *testing.T) {
	fake := at(100)
	fake.fail = errors.New("the engine does not answer")
	b := open(t, fake)
	b.shown(100)
	tap(t, b.header.stop)
	b.until("the trouble", func() bool { return b.banner.object.Visible() })
	if got := b.banner.text.Text; !strings.Contains(got, "stop: the engine does not answer") {
		t.Errorf("got %q", got)
	}
	if b.header.stop.Disabled() {
		t.Error("Stop cannot be tried again")
	}
}

func TestAStoppedRunIsRevived(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	tap(t, b.header.stop)
	b.sent("stop flm-1m")
	b.fake.happen("flm-1m", event.Ended{State: session.Stopped, Step: 100})
	b.until("the end", func() bool { return b.info().State == session.Stopped && b.header.toggle.Text == "Resume" })
	if !b.header.stop.Disabled() {
		t.Error("a stopped run can be stopped again")
	}
	tap(t, b.header.toggle)
	b.sent("stop flm-1m", "resume flm-1m")
	b.until("the new watch", func() bool { return b.watching })
	if !b.header.toggle.Disabled() {
		t.Error("Resume can be pressed again before the engine goes on")
	}
	again := b.view.start
	again.Resumed = 100
	b.fake.happen("flm-1m", again)
	b.until("the run going on", func() bool { return b.header.toggle.Text == "Pause" && !b.header.toggle.Disabled() })
}

func TestAFinishedRun(t *testing.T) {
	b := open(t, at(2020))
	b.shown(2020)
	whole := script("flm-1m")
	b.fake.happen("flm-1m", whole[len(upTo(whole, 2020)):]...)
	b.until("the end", func() bool { return b.view.ended.State == session.Done })
	b.until("the list", func() bool { return b.info().State == session.Done })
	if got := b.header.bar.shown.left; got != "Done · validation loss 1.5532 · 73.4 % saved vs. its twin" {
		t.Errorf("got %q in the header", got)
	}
	if !b.header.toggle.Disabled() || !b.header.stop.Disabled() || b.header.train.Disabled() {
		t.Error("want Pause and Stop disabled, Train enabled")
	}
	if got := b.side.facts.values[factSaved].Text(); got != "73.4 % of 20.5 TFLOP" {
		t.Errorf("got %q saved", got)
	}
}

func TestAFailureIsToldAndCanBeResumed(t *testing.T) {
	b := open(t, newFake().withRun(session.Failed, upTo(script("flm-1m"), 300)))
	b.shown(300)
	if got := b.banner.text.Text; !strings.HasPrefix(got, "flm-1m failed: out of memory") {
		t.Errorf("got banner %q", got)
	}
	tap(t, b.button("Resume from the checkpoint"))
	b.sent("resume flm-1m")
	b.until("the new watch", func() bool { return b.watching })
	b.fake.happen("flm-1m", event.Start{Run: "flm-1m", Resumed: 256, Stages: plan, Tokens: planTokens, Steps: planSteps})
	b.until("the run going on", func() bool { return !b.banner.object.Visible() && b.header.toggle.Text == "Pause" })
}

func TestAFullDiskIsTold(t *testing.T) {
	b := open(t, at(100))
	b.fake.happen("flm-1m", event.Paused{Step: 100, Reason: "the disk is full: 3 MB are free, a checkpoint needs 12 MB"})
	b.until("the banner", func() bool { return b.banner.object.Visible() })
	if got := b.banner.text.Text; !strings.HasPrefix(got, "flm-1m waits: the disk is full") {
		t.Errorf("got %q", got)
	}
}

func TestWindowOpensOnTheRunThatTrains(t *testing.T) {
	infos := []session.Info{{ID: "new", State: session.Done}, {ID: "live", State: session.Running}, {ID: "older", State: session.Paused}}
	for _, row := range []struct{ open, want string }{{"", "live"}, {"older", "older"}, {"gone", "live"}} {
		if got := firstRun(infos, row.open); got != row.want {
			t.Errorf("asked for %q: got %q, want %q", row.open, got, row.want)
		}
	}
	if got := firstRun(infos[:1], ""); got != "new" {
		t.Errorf("nothing trains: got %q, want the newest", got)
	}
	if got := firstRun(nil, "x"); got != "" {
		t.Errorf("no runs: got %q, want none", got)
	}
}

func TestChoosingAnotherRunShowsItAlone(t *testing.T) {
	b := open(t, at(500).withRun(session.Done, script("first")))
	b.shown(500)
	b.runs.Select(1)
	b.shown(planSteps)
	if b.id != "first" || b.trans.Stage() != 3 {
		t.Errorf("got run %q with the growth to stage %d, want first with 3", b.id, b.trans.Stage())
	}
	b.fake.happen("flm-1m", event.Step{Step: 501, Stage: 1})
	b.runs.Select(0)
	b.until("the live run", func() bool { return b.view.last.Step == 501 })
	if b.trans.Stage() != 0 {
		t.Error("the transitions of the other run are still on show")
	}
}

func TestASecondRunIsAskedFor(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	tap(t, b.header.train)
	tap(t, b.button("Cancel"))
	if got := b.fake.commands(); len(got) != 0 {
		t.Fatalf("got commands %q after Cancel, want none", got)
	}
	tap(t, b.header.train)
	tap(t, b.button("Train both"))
	b.sent("start flm-1m")
}

func TestTheListFails(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	b.fake.mu.Lock()
	b.fake.listErr = errors.New("permission denied: /data/runs")
	b.fake.mu.Unlock()
	b.look()
	b.until("the trouble", func() bool { return b.banner.object.Visible() })
	b.fake.mu.Lock()
	b.fake.listErr = nil
	b.fake.mu.Unlock()
	b.look()
	b.until("its end", func() bool { return !b.banner.object.Visible() })
}

// A run that the terminal resumes while the window shows it comes to life in the window.
func TestReattaches(t *testing.T) {
	b := open(t, newFake().withRun(session.Stopped, upTo(script("flm-1m"), 300)))
	b.shown(300)
	b.until("the end of the past", func() bool { return !b.watching })
	b.fake.mu.Lock()
	b.fake.infos[0].State = session.Running
	b.fake.mu.Unlock()
	b.look()
	b.until("the new watch", func() bool { return b.watching })
	b.fake.happen("flm-1m", event.Step{Step: 301, Stage: 1, Tokens: 301 * batch})
	b.shown(301)
}
