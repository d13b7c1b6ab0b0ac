package samplepage

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/event"
)

// desk is a page with what a person asked of it.
type desk struct {
	*Page
	win     fyne.Window
	seeks   []int64
	beside  []string
	asked   []session.Ask
	cancels int
}

func open(t *testing.T) *desk {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(look.Dark))
	d := &desk{}
	d.Page = New(Actions{
		Seek:    func(step int64) { d.seeks = append(d.seeks, step) },
		Compare: func(id string) { d.beside = append(d.beside, id) },
		Ask:     func(a session.Ask) { d.asked = append(d.asked, a) },
		Cancel:  func() { d.cancels++ },
	})
	d.win = test.NewTempWindow(t, d.Object)
	d.win.SetPadded(false)
	d.win.Resize(fyne.NewSize(620, 560))
	return d
}

var stages = []event.StageInfo{{Steps: 1600}, {FromStep: 1600, Steps: 260}, {FromStep: 1860, Steps: 140}}

// texts are n samples, one every 200 steps.
func texts(n int) (all []event.Sampled) {
	for i := range n {
		step := int64(200 * (i + 1))
		all = append(all, event.Sampled{
			Step: step, Tokens: 1536 * step, Stage: 1 + i/8, Prompt: "And God said", Temperature: 0.8, Text: fmt.Sprintf(", text %d of the run.", i+1),
		})
	}
	return all
}

func (d *desk) reads(t *testing.T, which int, want string) {
	t.Helper()
	if got := d.readers[which].rest.Text; got != want {
		t.Errorf("reader %d: got %q, want %q", which, got, want)
	}
}

func TestNewestIsFollowedUntilAnotherIsChosen(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(3), stages, true)
	d.reads(t, Left, ", text 3 of the run.")
	d.Show("a", "first", texts(4), stages, true)
	d.reads(t, Left, ", text 4 of the run.")
	test.TapAt(d.bar, fyne.NewPos(d.bar.x(400), 8))
	d.reads(t, Left, ", text 2 of the run.")
	d.Show("a", "first", texts(5), stages, true)
	d.reads(t, Left, ", text 2 of the run.")
	if !slices.Equal(d.seeks, []int64{400}) {
		t.Errorf("the curve was told %v, want [400]", d.seeks)
	}
	d.bar.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	d.Show("a", "first", texts(6), stages, true)
	d.reads(t, Left, ", text 6 of the run.")
}

func TestCursorOfTheCurveTurnsThePage(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(6), stages, true)
	d.Turn(610)
	d.reads(t, Left, ", text 3 of the run.")
	if len(d.seeks) != 0 {
		t.Errorf("the curve was told %v of what it told", d.seeks)
	}
}

func TestBarByKeysAndWheel(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(6), stages, true)
	var passed []fyne.KeyName
	d.bar.others = func(e *fyne.KeyEvent) { passed = append(passed, e.Name) }
	for _, row := range []struct {
		name string
		do   func()
		want int
	}{
		{"left", func() { d.bar.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) }, 4},
		{"home", func() { d.bar.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome}) }, 0},
		{"left at the first", func() { d.bar.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) }, 0},
		{"wheel down", func() { d.bar.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -1)}) }, 1},
		{"drag", func() { test.Drag(d.win.Canvas(), fyne.NewPos(d.bar.x(800)+8, 44), 0, 0); d.bar.point(d.bar.x(790)) }, 3},
		{"another key", func() { d.bar.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) }, 3},
	} {
		if row.do(); d.at != row.want {
			t.Errorf("%s: sample %d, want %d", row.name, d.at, row.want)
		}
	}
	if !slices.Equal(passed, []fyne.KeyName{fyne.KeySpace}) {
		t.Errorf("passed on %v, want the space bar only", passed)
	}
}

func TestPromptsAreApart(t *testing.T) {
	d := open(t)
	all := texts(4)
	all[1].Prompt = "In the beginning"
	d.Show("a", "first", all, stages, true)
	if !d.prompts.Visible() || len(d.prompts.Options) != 3 {
		t.Fatalf("prompts %v, visible %v", d.prompts.Options, d.prompts.Visible())
	}
	d.prompts.SetSelectedIndex(2)
	if len(d.bar.marks) != 1 || d.bar.marks[0] != 400 {
		t.Errorf("the bar has marks %v, want the one of the other prompt", d.bar.marks)
	}
}

func TestTwoRunsSideBySide(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(6), stages, true)
	d.Offer([]Choice{{"b", "twin"}})
	d.others.SetSelectedIndex(1)
	if !slices.Equal(d.beside, []string{"b"}) {
		t.Fatalf("asked for %v beside, want b", d.beside)
	}
	other := texts(3)
	for i := range other {
		other[i].Text = fmt.Sprintf(", text %d of the twin.", i+1)
		other[i].Tokens *= 2 // it takes twice as many tokens a step
	}
	d.ShowOther("b", "twin", other)
	d.Turn(800) // 1,228,800 tokens
	d.reads(t, Left, ", text 4 of the run.")
	d.reads(t, Right, ", text 2 of the twin.")
	d.ShowOther("", "", nil)
	if d.readers[Right].object.Visible() {
		t.Error("a run is shown beside that was taken away")
	}
}

func TestAskedTextStreams(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(6), stages, true)
	d.box.prompt.SetText("In the")
	d.box.temperature.SetValue(0)
	d.box.topP.SetValue(0.9)
	d.box.topK.SetSelected("40")
	test.Tap(d.box.write)
	if len(d.asked) != 1 {
		t.Fatal("no text was asked for")
	}
	got := d.asked[0]
	for range 50 { // growlab sample takes 63 bits
		if s := d.box.ask().Seed; s >= 1<<63 {
			t.Fatalf("seed %d is too large", s)
		}
	}
	got.Seed = 0
	if want := (session.Ask{Prompt: "In the", Tokens: 200, TopK: 40, TopP: 0.9}); got != want {
		t.Errorf("asked for %+v, want %+v", got, want)
	}
	d.Begin(Left, d.asked[0])
	d.Write(Left, " begin")
	d.Write(Left, "ning")
	d.reads(t, Left, " beginning")
	if got := d.readers[Left].title.Text(); got != "writing…" {
		t.Errorf("the title says %q while text comes", got)
	}
	if d.box.write.Text != "Stop" {
		t.Errorf("the button says %q while text comes, want Stop", d.box.write.Text)
	}
	test.Tap(d.box.write)
	if d.cancels != 1 {
		t.Errorf("%d times stopped, want once", d.cancels)
	}
	d.End(Left, event.Sampled{}, errors.New("the run has no checkpoint"))
	if d.readers[Left].title.Text() != "not written: the run has no checkpoint" || d.box.write.Text != "Write" {
		t.Errorf("got %q and a button %q", d.readers[Left].title.Text(), d.box.write.Text)
	}
	d.Turn(400)
	d.reads(t, Left, ", text 2 of the run.")
	d.Write(Left, "too late")
	d.reads(t, Left, ", text 2 of the run.")
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	d := open(t)
	d.Show("a", "first", texts(6), stages, true)
	pagetest.StaysTheSame(t, d.bar, func() {
		d.Turn(400)
		d.bar.Refresh()
		test.WidgetRenderer(d.bar).Layout(d.bar.Size())
	})
}
