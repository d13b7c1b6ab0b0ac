package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/session"
	"growlab/trainer/event"
)

// bench is a window on the software canvas whose goroutine is the test's: what other goroutines queue runs when the test
// waits for something.
type bench struct {
	*window
	t     *testing.T
	fake  *fakeSessions
	queue chan func()
	keys  keyCanvas

	closed bool
}

// keyCanvas keeps the shortcuts, which the test canvas of Fyne forgets.
type keyCanvas struct {
	fyne.Canvas
	shortcuts fyne.ShortcutHandler
}

func (k *keyCanvas) AddShortcut(s fyne.Shortcut, f func(fyne.Shortcut)) {
	k.shortcuts.AddShortcut(s, f)
}

func open(t *testing.T, fake *fakeSessions) *bench { return openAt(t, fake, themeDark, 1280, 800) }

func openAt(t *testing.T, fake *fakeSessions, theme string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(newLook(theme))
	ctx, cancel := context.WithCancel(t.Context())
	b := &bench{t: t, fake: fake, queue: make(chan func(), 100)}
	b.window = newWindow(ctx, fake, func(f func()) {
		select {
		case b.queue <- f:
		case <-ctx.Done():
		}
	})
	b.win = test.NewWindow(nil)
	b.win.SetOnClosed(func() { b.closed = true })
	t.Cleanup(func() {
		if !b.closed {
			b.win.Close()
		}
	})
	b.win.SetPadded(false)
	b.recall(a.Preferences())
	b.win.SetContent(b.content)
	b.keys.Canvas = b.win.Canvas()
	b.bind(&b.keys)
	b.win.SetCloseIntercept(b.requestClose)
	b.win.Resize(fyne.NewSize(width, height))
	b.run()
	t.Cleanup(cancel)
	b.until("the list of runs", func() bool { return b.listed && b.presets != nil })
	return b
}

// until runs what was queued for the window until ok.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	late := time.After(10 * time.Second)
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-late:
			b.t.Fatalf("10 s passed without %s", what)
		}
	}
}

// shown waits until the events of the selected run have come.
func (b *bench) shown(step int64) {
	b.t.Helper()
	b.until("the events of the run", func() bool { return b.view.last.Step >= step })
}

func (b *bench) sent(want ...string) {
	b.t.Helper()
	b.until("the commands "+strings.Join(want, ", "), func() bool { return slices.Equal(b.fake.commands(), want) })
}

func tap(t *testing.T, button *widget.Button) {
	t.Helper()
	if button.Disabled() {
		t.Fatalf("button %q is disabled", button.Text)
	}
	test.Tap(button)
}

// tree is o and everything in it, hidden or not.
func tree(o fyne.CanvasObject) []fyne.CanvasObject {
	all := []fyne.CanvasObject{o}
	var inner []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		inner = o.Objects
	case fyne.Widget:
		inner = test.WidgetRenderer(o).Objects()
	}
	for _, i := range inner {
		all = append(all, tree(i)...)
	}
	return all
}

// button finds a visible button by its text, in dialogs first.
func (b *bench) button(text string) *widget.Button {
	b.t.Helper()
	roots := []fyne.CanvasObject{b.content}
	if top := b.win.Canvas().Overlays().Top(); top != nil {
		roots = []fyne.CanvasObject{top}
	}
	for _, root := range roots {
		for _, o := range tree(root) {
			if found, ok := o.(*widget.Button); ok && found.Text == text && found.Visible() {
				return found
			}
		}
	}
	b.t.Fatalf("there is no button %q on show", text)
	return nil
}

func (b *bench) key(name fyne.KeyName) { b.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name}) }

func (b *bench) ctrl(name fyne.KeyName) {
	b.keys.shortcuts.TypedShortcut(&desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierShortcutDefault})
}

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
	if got := b.side.facts.values[factTokens].text; got != "2.44M of 3.11M" {
		t.Errorf("got tokens %q", got)
	}
	before := len(b.chart.Figure().Markers)
	whole := script("flm-1m")
	b.fake.happen("flm-1m", upTo(whole, 1610)[len(upTo(whole, 1590)):]...)
	b.shown(1610)
	if got := len(b.chart.Figure().Markers); got != before+1 {
		t.Errorf("got %d markers after a growth, want %d", got, before+1)
	}
	if got := len(b.trans.list.Objects); got != 1 {
		t.Errorf("got %d transitions on their page, want 1", got)
	}
	if got := b.header.bar.shown.left; !strings.HasPrefix(got, "Stage 2 of 3 · 5L × 96 · growing, mask 0.5") {
		t.Errorf("got %q in the header", got)
	}
	if got := b.runs.infos[0]; got.Step != 1610 || got.Stage != 2 {
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
	if got := b.header.bar.shown.left; got != "Done · validation loss 1.5532 · 73 % of compute saved" {
		t.Errorf("got %q in the header", got)
	}
	if !b.header.toggle.Disabled() || !b.header.stop.Disabled() || b.header.train.Disabled() {
		t.Error("want Pause and Stop disabled, Train enabled")
	}
	if got := b.side.facts.values[factSaved].text; got != "73 % of 20.5 TFLOP" {
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
	b.runs.rows.Select(1)
	b.shown(planSteps)
	if b.id != "first" || len(b.trans.list.Objects) != 2 {
		t.Errorf("got run %q with %d transitions, want first with 2", b.id, len(b.trans.list.Objects))
	}
	b.fake.happen("flm-1m", event.Step{Step: 501, Stage: 1})
	b.runs.rows.Select(0)
	b.until("the live run", func() bool { return b.view.last.Step == 501 })
	if len(b.trans.list.Objects) != 0 {
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

func TestNewRunAndBack(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	tap(t, b.button("New run"))
	if !b.cards.object.Visible() || b.tabs.Visible() {
		t.Fatal("New run does not show the cards")
	}
	tap(t, b.button("Back to the runs"))
	if b.cards.object.Visible() || !b.tabs.Visible() {
		t.Error("Back does not show the run")
	}
	b.ctrl(fyne.KeyN)
	b.key(fyne.KeyEscape)
	if b.choosing {
		t.Error("Esc does not leave the cards")
	}
}

func TestKeys(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	logY := b.chart.Figure().LogY
	b.ctrl(fyne.KeyL)
	if b.chart.Figure().LogY == logY {
		t.Error("Ctrl+L does not switch the loss axis")
	}
	b.ctrl(fyne.Key3)
	if got := b.tabs.SelectedIndex(); got != 2 {
		t.Errorf("Ctrl+3 shows page %d, want 2", got)
	}
	b.key(fyne.KeySpace)
	b.sent("pause flm-1m")
	b.fake.happen("flm-1m", event.Paused{Step: 100})
	b.until("the pause", func() bool { return b.header.toggle.Text == "Resume" })
	b.ctrl(fyne.KeyR)
	b.sent("pause flm-1m", "resume flm-1m")
	b.fake.happen("flm-1m", event.Resumed{Step: 100})
	b.until("the run going on", func() bool { return b.pending == "" && b.header.toggle.Text == "Pause" })
	b.ctrl(fyne.KeyPeriod)
	b.sent("pause flm-1m", "resume flm-1m", "stop flm-1m")
	b.key(fyne.KeyF1)
	tap(t, b.button("Close"))
}

func TestADialogTakesTheKeys(t *testing.T) {
	b := open(t, at(100))
	b.shown(100)
	b.key(fyne.KeyF1)
	b.key(fyne.KeySpace)
	b.ctrl(fyne.KeyPeriod)
	if got := b.fake.commands(); len(got) != 0 {
		t.Errorf("got commands %q from keys pressed in a dialog, want none", got)
	}
	b.key(fyne.KeyEscape)
	if b.win.Canvas().Overlays().Top() != nil {
		t.Error("Esc does not close the dialog")
	}
}

func TestSpaceReachesTheEngineFromTheList(t *testing.T) {
	b := open(t, at(100).withRun(session.Done, script("first")))
	b.shown(100)
	b.runs.rows.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.sent("pause flm-1m")
	b.runs.rows.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	b.until("the run below", func() bool { return b.id == "first" })
}

func TestClosing(t *testing.T) {
	const keep, stop = "Keep training in the background", "Stop and keep checkpoint"
	for _, row := range []struct {
		name, press string
		closed      bool
		sent        []string
	}{
		{"keep", keep, true, nil},
		{"stop", stop, true, []string{"stop flm-1m"}},
		{"cancel", "Cancel", false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, at(100))
			b.shown(100)
			b.requestClose()
			tap(t, b.button(row.press))
			b.sent(row.sent...)
			if row.closed {
				b.until("the end of the window", func() bool { return b.closed })
			}
			if b.closed != row.closed {
				t.Errorf("got closed %v, want %v", b.closed, row.closed)
			}
		})
	}
	t.Run("the second time nobody asks", func(t *testing.T) {
		b := open(t, at(100))
		b.shown(100)
		b.prefs.SetBool(prefKnowsBackground, true)
		b.requestClose()
		if !b.closed {
			t.Error("the window is still open")
		}
	})
	t.Run("without a live run nobody asks", func(t *testing.T) {
		b := open(t, newFake().withRun(session.Done, script("first")))
		b.requestClose()
		if !b.closed {
			t.Error("the window is still open")
		}
	})
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

func TestFitsASmallScreen(t *testing.T) {
	for _, fake := range []*fakeSessions{newFake(), at(1610), newFake().withRun(session.Failed, upTo(script("a-name-that-nobody-would-give-to-a-run"), 300))} {
		b := open(t, fake)
		if b.id != "" {
			b.shown(300)
		}
		if min := b.content.MinSize(); min.Width > 1100 || min.Height > 700 {
			t.Errorf("the window asks for %v, want at most 1100 x 700", min)
		}
	}
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, at(1610))
	b.shown(1610)
	b.win.Canvas().Capture()
	for page := range pageNames {
		b.tabs.SelectIndex(page)
		b.win.Canvas().Capture()
		before := tree(b.content)
		b.take(b.view, []event.Event{event.Step{Step: 1611, Tokens: 1611 * batch, Stage: 2, Loss: 1.7, Mask: 0.56, TokensPerSec: 2e4}})
		b.win.Canvas().Capture()
		after := tree(b.content)
		if len(before) != len(after) {
			t.Errorf("page %s: %d objects became %d", pageNames[page], len(before), len(after))
			continue
		}
		for i := range before {
			if before[i] != after[i] {
				t.Errorf("page %s: object %d was made anew: %T became %T", pageNames[page], i, before[i], after[i])
				break
			}
		}
	}
}

func TestTheLookIsRemembered(t *testing.T) {
	b := open(t, newFake())
	b.setLook(themeLight)
	if got := b.prefs.String(prefTheme); got != themeLight {
		t.Errorf("got %q remembered, want light", got)
	}
	b.chart.SetSmooth(0.5)
	b.chart.SetXAxis(chart.FLOPs)
	b.chart.SetLogY(false)
	other := newWindow(t.Context(), b.fake, func(func()) {})
	other.recall(b.prefs)
	if f := other.chart.Figure(); f.Smooth != 0.5 || f.XAxis != chart.FLOPs || f.LogY {
		t.Errorf("got smooth %g, axis %v, log y %v; want 0.5, FLOPs, false", f.Smooth, f.XAxis, f.LogY)
	}
}
