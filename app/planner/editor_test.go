package planner

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/growth"
)

// stage is an editor on the software canvas and what it asked of its host.
type bench struct {
	*Editor
	t       *testing.T
	win     fyne.Window
	queue   chan func()
	trained []growth.Recipe
	queued  []growth.Recipe
	copied  string
	cost    session.Cost
}

func open(t *testing.T, variant string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(variant))
	b := &bench{t: t, queue: make(chan func(), 100), cost: session.Cost{
		Device: "cpu", Memory: 94e6, Free: 7.8e9, Seconds: 112,
		Stages: []session.StageCost{{Memory: 60e6, Seconds: 40}, {Memory: 80e6, Seconds: 32}, {Memory: 94e6, Seconds: 40}},
	}}
	b.Editor = NewEditor(t.Context(), Host{
		Price:      func(context.Context, growth.Recipe) (session.Cost, error) { return b.cost, nil },
		Deliver:    func(f func()) { b.queue <- f },
		Train:      func(r growth.Recipe, _ string) { b.trained = append(b.trained, r) },
		Enqueue:    func(r growth.Recipe, _ string) { b.queued = append(b.queued, r) },
		OpenFile:   func(func(string)) {},
		SaveFile:   func(string, func(string)) {},
		OpenFolder: func(func(string)) {},
		Copy:       func(text string) { b.copied = text },
		Back:       func() {},
	}, []string{"flm-1m", "flm-10m"})
	b.win = test.NewTempWindow(t, b.Object)
	b.win.SetPadded(false)
	b.win.Resize(fyne.NewSize(width, height))
	b.settle()
	return b
}

// settle waits for the price.
func (b *bench) settle() {
	b.t.Helper()
	late := time.After(2 * time.Minute)
	for b.Editor.cost == nil && len(b.draft.Faults()) == 0 {
		select {
		case f := <-b.queue:
			f()
		case <-late:
			b.t.Fatal("no price came")
		}
	}
}

func TestTheEditorTrainsWhatItShows(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	if b.train.Disabled() {
		t.Fatalf("a preset cannot be trained: %s", b.Reason())
	}
	b.basic["train.lr"].Type("1e-3")
	if !strings.Contains(b.reason.Text(), "1 setting differs from the preset flm-1m") {
		t.Errorf("got %q at the foot", b.reason.Text())
	}
	test.Tap(b.train)
	test.Tap(b.enqueue)
	if len(b.trained) != 1 || len(b.queued) != 1 || b.trained[0].Train.LR != 1e-3 {
		t.Errorf("got %d trained and %d queued, want the recipe as edited once each", len(b.trained), len(b.queued))
	}
	b.settle()
	if got, want := b.machine.Text(), "About 1 min 52 s on this machine, with 94.0 MB of 7.80 GB free memory · cpu"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIllegalPlansCannotBeTrainedAndSayWhy(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	b.table.rows[1].inputs["hidden"].entry.SetText("50")
	if !b.train.Disabled() || !strings.Contains(b.reason.Text(), "stage 2: hidden 50 is not a multiple of head_dim 16") {
		t.Errorf("Train disabled %v, reason %q", b.train.Disabled(), b.reason.Text())
	}
	if !b.table.rows[1].inputs["hidden"].Bad() || b.table.rows[2].inputs["hidden"].Bad() {
		t.Error("the wrong cell is framed, or none")
	}
	if !strings.Contains(b.table.rows[1].notes[0].Text(), "not a multiple") {
		t.Errorf("got note %q under the row", b.table.rows[1].notes[0].Text())
	}
	b.table.rows[1].inputs["hidden"].entry.SetText("112")
	b.settle()
	if b.train.Disabled() || b.table.rows[1].inputs["hidden"].Bad() {
		t.Errorf("mended, it cannot be trained: %s", b.Reason())
	}
	b.Editor.cost.Trouble = "stage 3 needs 9.1 GB of memory and 7.8 GB are free"
	b.Refresh()
	if !b.train.Disabled() || !strings.Contains(b.reason.Text(), "needs 9.1 GB") {
		t.Errorf("too large for the machine: Train disabled %v, reason %q", b.train.Disabled(), b.reason.Text())
	}
}

func TestABusyMachineQueuesInstead(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	b.Block("a run is starting")
	if !b.train.Disabled() || b.enqueue.Disabled() {
		t.Errorf("Train disabled %v and queue disabled %v, want only the queue", b.train.Disabled(), b.enqueue.Disabled())
	}
	b.Block("")
	if b.train.Disabled() {
		t.Error("Train stays disabled")
	}
}

func TestBoundariesAreDraggedAndMovedByKeys(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	total := b.timeline.total
	at := b.timeline.x(b.timeline.boundary(1))
	b.timeline.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(at, 50)}})
	if b.timeline.Cursor() != desktop.HResizeCursor {
		t.Error("the boundary does not show that it can be dragged")
	}
	b.timeline.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(at-200, 50)}, Dragged: fyne.NewDelta(-200, 0)})
	b.timeline.DragEnd()
	if got := b.timeline.x(b.timeline.boundary(1)); got < at-205 || got > at-195 {
		t.Errorf("the boundary is at %g, want %g", got, at-200)
	}
	if b.timeline.total != total {
		t.Errorf("got %d tokens in all, want %d", b.timeline.total, total)
	}
	if got := b.table.rows[0].inputs["tokens"].entry.Text; got == "2452992" {
		t.Error("the table does not follow")
	}
	before := b.timeline.boundary(2)
	b.timeline.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	b.timeline.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	if got := b.timeline.boundary(2); got >= before || got < before-total/50 {
		t.Errorf("the second boundary went from %d to %d, want a hundredth of %d less", before, got, total)
	}
	b.timeline.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(30, 50)}, Dragged: fyne.NewDelta(10, 0)})
	b.timeline.DragEnd()
	if b.timeline.total != total {
		t.Error("a drag that began beside the boundaries moved one")
	}
}

func TestTheDialDerives(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	b.params.Type("10M")
	b.budget.Type("30M")
	test.Tap(b.derive)
	if got := b.draft.Recipe().Name; got != "derived-10m" {
		t.Errorf("got recipe %q, want a derived one", got)
	}
	b.params.Type("ten")
	test.Tap(b.derive)
	if !strings.Contains(b.reason.Text(), `"ten" is not a number of parameters`) {
		t.Errorf("got %q, want why it cannot be derived", b.reason.Text())
	}
}

func TestRecipesAreSavedAndOpenedAsFiles(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	b.Set("train.clip", "0.5")
	path := filepath.Join(t.TempDir(), "mine.toml")
	b.Save(path)
	again, err := session.LoadRecipe(session.Launch{Recipe: path})
	if err != nil || again.Train.Clip != 0.5 {
		t.Fatalf("got clip %g from the file (%v), want 0.5", again.Train.Clip, err)
	}
	if b.draft.Changed() || b.draft.Command("") != "growlab train --recipe "+path {
		t.Errorf("got command %q after saving", b.draft.Command(""))
	}
	b.usePreset("flm-10m")
	b.Open(path)
	if b.draft.Recipe().Train.Clip != 0.5 {
		t.Error("the file was not opened")
	}
	b.Open(filepath.Join(t.TempDir(), "gone.toml"))
	if !strings.Contains(b.reason.Text(), "cannot read recipe file") {
		t.Errorf("got %q of a file that is not there", b.reason.Text())
	}
	bad := filepath.Join(t.TempDir(), "bad.toml")
	if err := os.WriteFile(bad, []byte("recipe = 1\nsurprise = 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Open(bad)
	if !strings.Contains(b.reason.Text(), `unknown key "surprise"`) {
		t.Errorf("got %q of a file with an unknown key", b.reason.Text())
	}
	b.Save(filepath.Join(t.TempDir(), "no", "folder.toml"))
	if !strings.Contains(b.reason.Text(), "cannot be saved") {
		t.Errorf("got %q of a folder that is not there", b.reason.Text())
	}
}

func TestEverySettingCanBeFound(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	test.Tap(b.more.fold)
	if len(b.more.fields) < 40 {
		t.Errorf("got %d fields, want every key", len(b.more.fields))
	}
	b.more.search.SetText("moments")
	var shown []string
	for key, f := range b.more.fields {
		if f.Visible() {
			shown = append(shown, key)
		}
	}
	slices.Sort(shown)
	if want := []string{"stage.2.moments", "stage.3.moments"}; !slices.Equal(shown, want) {
		t.Errorf("got %q, want %q", shown, want)
	}
	b.more.fields["stage.2.moments"].Type("zero")
	if got := b.draft.Recipe().Stages[1].Moments; got != "zero" {
		t.Errorf("got moments %q, want zero", got)
	}
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, look.Dark, 900, 700)
	test.Tap(b.more.fold)
	pagetest.StaysTheSame(t, b.Object, func() {
		b.moveBoundary(1, 2_000_000)
		b.settle()
	})
}
