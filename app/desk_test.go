package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/lab"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/control"
)

// openDesk opens a window over a desk.
func openDesk(t *testing.T, f *fakeSessions) (*bench, *fakeDesk) {
	t.Helper()
	d := newDesk(f)
	return openWith(t, f, d), d
}

// entryIn is the only entry of the dialog on show.
func (b *bench) entryIn() *form.Entry {
	b.t.Helper()
	for _, o := range pagetest.Tree(b.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*form.Entry); ok {
			return e
		}
	}
	b.t.Fatal("the dialog has no entry")
	return nil
}

func TestRunsAreRenamedTaggedAndDeleted(t *testing.T) {
	b, _ := openDesk(t, at(100).withRun(session.Done, script("first")))
	b.shown(100)
	info := b.infos[1]
	b.askRename(info)
	b.entryIn().SetText("the first one")
	tap(t, b.button("Rename"))
	b.until("the new name", func() bool { return b.nameOf("first") == "the first one" })
	b.askTags(b.infos[1])
	b.entryIn().SetText("paper, slow")
	tap(t, b.button("Set"))
	b.until("the tags", func() bool { return b.infos[1].Tags == "paper slow" })
	b.choose("first")
	b.lay("flm-1m", true)
	b.askDelete(b.infos[1])
	b.until("the question", func() bool { return b.win.Canvas().Overlays().Top() != nil })
	said := ""
	for _, o := range pagetest.Tree(b.win.Canvas().Overlays().Top()) {
		if l, ok := o.(*widget.Label); ok {
			said += l.Text
		}
	}
	if !strings.Contains(said, "This frees 12.3 MB") || !strings.Contains(said, "the first one") {
		t.Errorf("got %q, want it to name the run and what it frees", said)
	}
	tap(t, b.button("Delete"))
	b.until("the end of the run", func() bool { return len(b.infos) == 1 })
	if b.id != "flm-1m" {
		t.Errorf("got run %q on show, want the one that is left", b.id)
	}
	if got, want := b.fake.commands(), []string{"rename first the first one", "tag first +paper,slow -", "remove first"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALiveRunIsNotDeleted(t *testing.T) {
	b, _ := openDesk(t, at(100))
	b.shown(100)
	b.askDelete(b.infos[0])
	if got := b.banner.text.Text; !strings.Contains(got, "stop it first") {
		t.Errorf("got banner %q", got)
	}
}

func TestARunIsForkedFromACheckpoint(t *testing.T) {
	b, d := openDesk(t, newFake().withRun(session.Done, script("flm-1m")))
	b.shown(planSteps)
	b.askFork(b.infos[0])
	b.until("why not", func() bool { return strings.Contains(b.banner.text.Text, "no checkpoint yet") })
	d.saved = []session.Saved{{ID: 3, Step: 800, Stage: 1, Reason: "cadence"}, {ID: 7, Step: 1597, Stage: 2, Reason: "transition"}}
	b.askFork(b.infos[0])
	b.until("the dialog", func() bool { return b.win.Canvas().Overlays().Top() != nil })
	var entries []*form.Entry
	for _, o := range pagetest.Tree(b.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*form.Entry); ok {
			entries = append(entries, e)
		}
	}
	entries[len(entries)-1].SetText("lr=0.5x clip=2")
	tap(t, b.button("Fork and train"))
	b.until("the fork", func() bool { return b.id == "flm-1m-fork" })
	b.sent("fork flm-1m at 7 revert false set lr=0.5x clip=2")
	b.until("the list", func() bool { return len(b.runs.Infos()) == 2 })
	if got := b.runs.Infos(); got[0].ID != "flm-1m" || got[1].ID != "flm-1m-fork" {
		t.Errorf("got %s above %s, want the fork below its parent", got[0].ID, got[1].ID)
	}
}

func TestSettingsAreDuplicatedIntoTheEditorAndTrained(t *testing.T) {
	b, _ := openDesk(t, newFake().withRun(session.Done, script("first")))
	b.shown(planSteps)
	b.duplicate("first")
	b.until("the editor", func() bool { return b.place == placePlan && b.planner.Draft().Recipe().Name == "first" })
	if !b.planned.Visible() || b.tabs.Visible() || b.sidebar.Visible() {
		t.Error("the editor is not alone in the middle")
	}
	b.planner.Set("train.lr", "2e-3")
	b.trainPlan(b.planner.Draft().Recipe(), "")
	b.sent(`train first lr 0.002 on ""`)
	b.until("the run", func() bool { return b.id == "first-new" && b.place == placeRun })
	b.ctrl(fyne.KeyP)
	b.trainPlan(b.planner.Draft().Recipe(), "")
	tap(t, b.button("Cancel")) // the first one trains
	b.key(fyne.KeyEscape)
	if b.planned.Visible() {
		t.Error("Esc does not leave the editor")
	}
}

func TestTheQueueIsShownAndChanged(t *testing.T) {
	b, d := openDesk(t, newFake().withRun(session.Done, script("flm-1m")))
	b.shown(planSteps)
	b.ctrl(fyne.KeyP)
	b.enqueuePlan(b.planner.Draft().Recipe(), "texts")
	b.sent(`enqueue flm-1m on "texts"`)
	b.runRival("flm-1m", "twin")
	b.sent(`enqueue flm-1m on "texts"`, `enqueue flm-1m-twin on ""`)
	b.reorder(func(q queuer) error { return q.MoveQueued("flm-1m-twin", 0) })
	b.holdQueue(false)
	b.until("both", func() bool {
		return slices.Equal(b.fake.commands()[2:], []string{"move flm-1m-twin 0", "hold false", "start the queue"}) ||
			slices.Equal(b.fake.commands()[2:], []string{"hold false", "start the queue", "move flm-1m-twin 0"}) ||
			slices.Equal(b.fake.commands()[2:], []string{"hold false", "move flm-1m-twin 0", "start the queue"})
	})
	d.fail = errors.New("the disk is full")
	b.reorder(queuer.ClearQueue)
	b.until("the trouble", func() bool { return strings.Contains(b.banner.text.Text, "the disk is full") })
}

func (b *bench) page(name string) { b.turnPage(slices.Index(b.pageNames(), name)) }

func TestKnobsReachTheEngineAndCanBeReverted(t *testing.T) {
	b, d := openDesk(t, at(100))
	b.shown(100)
	b.page("tune")
	if b.sidebar.Visible() {
		t.Error("the side takes room from the knobs")
	}
	b.until("the course", func() bool { return b.tuning.course != nil })
	b.knobs.Stage("lr", "0.5x")
	b.knobs.Stage("clip", "2")
	tap(t, b.button("Apply"))
	b.sent("set lr=0.5x", "set clip=2")
	b.until("the answer", func() bool { return b.knobs.Staged().Len() == 0 })
	d.mu.Lock()
	d.edits = 2
	d.saved = []session.Saved{{ID: 5, Reason: "edit"}, {ID: 6, Reason: "cadence"}, {ID: 7, Reason: "edit"}, {ID: 8, Reason: "edit"}}
	d.mu.Unlock()
	b.until("the new course", func() bool { b.tuning.courses = ""; b.refresh(); return b.tuning.course.Edits == 2 })
	tap(t, b.button("Revert the last 2 changes")) // which were applied together
	b.sent("set lr=0.5x", "set clip=2", "fork flm-1m at 7 revert true set ")
	b.until("the fork", func() bool { return b.id == "flm-1m-fork" })
}

func TestARefusedKnobStaysStaged(t *testing.T) {
	b, d := openDesk(t, at(100))
	b.shown(100)
	b.page("tune")
	b.until("the course", func() bool { return b.tuning.course != nil })
	b.knobs.Stage("lr", "0.5x")
	d.fail = &control.RefusedError{Sentence: "the run has taken the last of its steps"}
	tap(t, b.button("Apply"))
	b.until("the refusal", func() bool { return b.fake.commands() != nil && b.tuning.courses != "" })
	if b.knobs.Staged().Len() != 1 {
		t.Error("what was refused is lost")
	}
}

func TestComparingIsCancelledAndFails(t *testing.T) {
	b, d := openDesk(t, newFake().withRun(session.Done, script("flm-1m")).withRun(session.Done, script("flm-1m-twin")))
	b.shown(planSteps)
	b.page("compare")
	waits := make(chan struct{})
	d.judge = func(ctx context.Context, _ []string) (lab.Comparison, error) {
		close(waits)
		<-ctx.Done()
		return lab.Comparison{}, ctx.Err()
	}
	b.compareRuns([]string{"flm-1m", "flm-1m-twin"})
	b.until("the work", func() bool {
		select {
		case <-waits:
			return true
		default:
			return false
		}
	})
	tap(t, b.button("Cancel"))
	b.until("the end", func() bool { return !b.has("Cancel") })
	d.judge = nil
	b.compareRuns([]string{"flm-1m", "flm-1m-twin"})
	b.until("why not", func() bool { return b.says("the runs saw different texts") })
}

// has reports whether a button is on show.
func (b *bench) has(text string) bool { return buttonIn(b.content, text) != nil }

// says reports whether a line on the page of the comparison has a text.
func (b *bench) says(text string) bool {
	for _, o := range pagetest.Tree(b.compare.Object) {
		if l, ok := o.(interface{ Text() string }); ok && l.Text() == text {
			return true
		}
	}
	return false
}

// visible reports whether o and all around it, up to root, are on show.
func visible(root, o fyne.CanvasObject) bool {
	if root == o {
		return true
	}
	if !root.Visible() {
		return false
	}
	var inner []fyne.CanvasObject
	switch r := root.(type) {
	case *fyne.Container:
		inner = r.Objects
	case fyne.Widget:
		inner = test.WidgetRenderer(r).Objects()
	}
	for _, i := range inner {
		if visible(i, o) && i.Visible() {
			return true
		}
	}
	return false
}

func TestTagsThatChange(t *testing.T) {
	for _, row := range []struct {
		was, written string
		add, remove  []string
	}{
		{"", "a, b  c", []string{"a", "b", "c"}, nil},
		{"a b", "b c", []string{"c"}, []string{"a"}},
		{"a", "", nil, []string{"a"}},
		{"a b", "b,a", nil, nil},
	} {
		add, remove := tagsChange(row.was, row.written)
		if !slices.Equal(add, row.add) || !slices.Equal(remove, row.remove) {
			t.Errorf("%q to %q: got +%q -%q, want +%q -%q", row.was, row.written, add, remove, row.add, row.remove)
		}
	}
}
