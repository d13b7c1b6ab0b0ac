package runlist

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
)

var runs = []session.Info{
	{ID: "d", Name: "flm-1m revert", State: session.Running, Step: 900, Tokens: 45, PlanTokens: 100, Parent: "b", Fork: &session.Forked{Step: 800}, ValLoss: 1.712, Recipe: "flm-1m"},
	{ID: "c", Name: "flm-1m-twin", State: session.Done, Created: time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local), ValLoss: 1.6, Recipe: "flm-1m-twin"},
	{ID: "b", Name: "flm-1m fork", State: session.Stopped, Step: 1000, Tokens: 50, PlanTokens: 100, Parent: "a", Fork: &session.Forked{Step: 700}, ValLoss: 1.8, Recipe: "flm-1m"},
	{ID: "a", Name: "flm-1m", State: session.Failed, Error: "out of memory", Loss: 2.1, Tags: "paper slow", Recipe: "flm-1m"},
}

func TestForksStandBelowTheirParents(t *testing.T) {
	circle := []session.Info{{ID: "x", Parent: "y"}, {ID: "y", Parent: "x"}, {ID: "z", Parent: "z"}}
	for _, row := range []struct {
		name, search string
		runs         []session.Info
		want         string
	}{
		{"all", "", runs, "c0 a0 b1 d2"},
		{"a fork keeps its ancestors", "revert", runs, "(a)0 (b)1 d2"},
		{"a tag", "paper", runs, "a0"},
		{"a state and a name", "twin done", runs, "c0"},
		{"nothing", "zebra", runs, ""},
		{"a parent that is gone", "", runs[:3], "c0 b0 d1"},
		{"circles", "", circle, "z0 x0 y0"},
		{"no runs", "", nil, ""},
	} {
		var got []string
		for _, n := range tree(row.runs, row.search) {
			id := n.info.ID
			if n.faint {
				id = "(" + id + ")"
			}
			got = append(got, fmt.Sprintf("%s%d", id, n.depth))
		}
		if s := strings.Join(got, " "); s != row.want {
			t.Errorf("%s: got %q, want %q", row.name, s, row.want)
		}
	}
}

func TestRunsInWords(t *testing.T) {
	half := session.Info{Step: 9, Tokens: 50, PlanTokens: 100}
	with := func(state, trouble string) session.Info {
		i := half
		i.State, i.Error = state, trouble
		return i
	}
	for _, row := range []struct {
		info session.Info
		want string
	}{
		{session.Info{State: session.Running}, "starting"},
		{with(session.Running, ""), "training · 50 %"},
		{with(session.Paused, ""), "paused · 50 %"},
		{with(session.Stopped, ""), "stopped at 50 %"},
		{with(session.Interrupted, ""), "interrupted at 50 %"},
		{with(session.Failed, "out of\nmemory"), "failed: out of memory"},
		{session.Info{State: session.Running, Step: 9, Tokens: 50, PlanTokens: 100, Lost: "no route to host"}, "no connection · 50 %"},
		{with(session.Done, ""), "done"},
		{session.Info{State: session.Done, Fork: &session.Forked{Step: 1200}, Tags: "a b"}, "done · fork at 1,200 · a b"},
	} {
		if got := State(row.info); got != row.want {
			t.Errorf("%s: got %q, want %q", row.info.State, got, row.want)
		}
	}
	for _, row := range []struct {
		info session.Info
		want string
	}{
		{session.Info{}, ""}, {session.Info{Loss: 2.0004}, "2.000"}, {session.Info{Loss: 2, ValLoss: 1.5}, "1.500"},
	} {
		if got := Loss(row.info); got != row.want {
			t.Errorf("%+v: got %q, want %q", row.info, got, row.want)
		}
	}
}

type bench struct {
	*List
	win  fyne.Window
	said []string
}

func open(t *testing.T, variant string) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(variant))
	b := &bench{}
	say := func(format string, a ...any) { b.said = append(b.said, fmt.Sprintf(format, a...)) }
	b.List = NewList(Host{
		Choose: func(id string) { say("choose %s", id) }, New: func() { say("new") },
		Overlay: func(id string, on bool) { say("overlay %s %v", id, on) },
		Menu:    func(i session.Info, _ fyne.Position) { say("menu %s", i.ID) },
		Rename:  func(i session.Info) { say("rename %s", i.ID) }, Delete: func(i session.Info) { say("delete %s", i.ID) },
		Keys: func(e *fyne.KeyEvent) { say("key %s", e.Name) },
		Queue: QueueHost{
			Move: func(id string, place int) { say("move %s %d", id, place) }, Remove: func(id string) { say("dequeue %s", id) },
			Hold: func(on bool) { say("hold %v", on) }, Clear: func() { say("clear") },
		},
	})
	b.win = test.NewTempWindow(t, b.Object)
	b.win.SetPadded(false)
	b.win.Resize(fyne.NewSize(210, 460))
	return b
}

func (b *bench) heard(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.said, want) {
		t.Errorf("got %q, want %q", b.said, want)
	}
	b.said = nil
}

// rowOf is the row on the screen of a run.
func (b *bench) rowOf(t *testing.T, id string) *row {
	t.Helper()
	for _, o := range pagetest.Tree(b.Object) {
		if r, ok := o.(*row); ok && r.node.info.ID == id && r.Visible() {
			return r
		}
	}
	t.Fatalf("run %s is not on show", id)
	return nil
}

func TestTheListIsUsedByMouse(t *testing.T) {
	b := open(t, look.Dark)
	b.Show(runs, "a")
	b.heard(t)
	test.Tap(b.rowOf(t, "c"))
	b.heard(t, "choose c")
	test.TapSecondary(b.rowOf(t, "b"))
	b.heard(t, "menu b")
	b.Mark("a")
	test.Tap(b.rowOf(t, "a").more)
	b.heard(t, "menu a")
	if b.rowOf(t, "d").more.Visible() {
		t.Error("a run that is not on show has the button of the menu")
	}
	test.Tap(b.rowOf(t, "d").box)
	b.heard(t, "overlay d true")
	b.Overlaid(map[string]int{"a": 0, "d": 3})
	test.Tap(b.rowOf(t, "d").box)
	b.heard(t, "overlay d false")
	test.Tap(b.rowOf(t, "a").box) // the run on show stays
	b.heard(t)
}

func TestTheListIsUsedByKeys(t *testing.T) {
	b := open(t, look.Dark)
	b.Show(runs, "c")
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyF2, fyne.KeyDelete, fyne.KeyO, "Menu", fyne.KeySpace} {
		b.rows.TypedKey(&fyne.KeyEvent{Name: key})
	}
	b.heard(t, "choose a", "rename a", "delete a", "overlay a true", "menu a", "key Space")
}

func TestASearchThatFindsNothingSaysSo(t *testing.T) {
	b := open(t, look.Dark)
	b.Show(nil, "")
	if !b.none.Visible() || !strings.HasPrefix(b.none.Text, "No runs yet") {
		t.Errorf("without runs: got %q", b.none.Text)
	}
	b.Show(runs, "a")
	b.search.SetText("zebra")
	if !b.none.Visible() || !strings.HasPrefix(b.none.Text, "No run matches") {
		t.Errorf("got %q", b.none.Text)
	}
	b.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.none.Visible() || len(b.nodes) != 4 {
		t.Errorf("after Esc: %d runs", len(b.nodes))
	}
}

var queued = session.Queue{Entries: []session.Queued{
	{ID: "q0", Name: "flm-1m-small", State: session.Done},
	{ID: "q1", Name: "flm-1m-twin", State: session.Running},
	{ID: "q2", Name: "flm-1m-middle", State: session.Waiting},
	{ID: "q3", Name: "flm-1m-large", State: session.Waiting},
}}

func TestTheQueueIsOrderedByHand(t *testing.T) {
	b := open(t, look.Dark)
	b.ShowQueue(session.Queue{})
	if b.queue.object.Visible() {
		t.Error("an empty queue takes room")
	}
	b.ShowQueue(queued)
	if got := b.queue.title.Text(); got != "QUEUE · 2 WAIT" {
		t.Errorf("got title %q", got)
	}
	var names []string
	for _, r := range b.queue.rows {
		names = append(names, r.name.Text()+": "+r.state.Text())
	}
	if want := []string{"flm-1m-twin: trains now", "flm-1m-middle: next", "flm-1m-large: waits, number 2", "flm-1m-small: done"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	rows := b.queue.rows
	if !rows[0].remove.Disabled() || !rows[1].up.Disabled() || rows[2].up.Disabled() {
		t.Error("want the run that trains to stay, and only the second that waits to move up")
	}
	test.Tap(rows[2].up)
	test.Tap(rows[1].remove)
	test.Tap(b.queue.hold)
	test.Tap(b.queue.clear)
	b.heard(t, "move q3 0", "dequeue q2", "hold true", "clear")
	held := queued
	held.Held = true
	b.ShowQueue(held)
	test.Tap(b.queue.hold)
	b.heard(t, "hold false")
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, look.Dark)
	b.Show(slices.Clone(runs), "a") // Update changes it
	b.ShowQueue(queued)
	live := runs[0]
	live.Tokens, live.ValLoss = 60, 1.5
	pagetest.StaysTheSame(t, b.Object, func() {
		b.Update(live)
		b.Show(b.infos, "a")
		b.ShowQueue(queued)
	})
	if got := b.rowOf(t, "d").loss.Text(); got != "1.500" {
		t.Errorf("got loss %q, want the new one", got)
	}
}
