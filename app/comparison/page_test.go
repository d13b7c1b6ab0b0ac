package comparison

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/lab"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/plot"
	"growlab/app/session"
	"growlab/app/verdict"
	"growlab/assets"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/event"
)

var (
	grown  = session.Info{ID: "g", Name: "flm-1m", Recipe: "flm-1m", State: session.Done, ValLoss: 1.334, Stages: 3}
	twin   = session.Info{ID: "t", Name: "flm-1m-twin", Recipe: "flm-1m-twin", State: session.Done, ValLoss: 1.31}
	small  = session.Info{ID: "s", Name: "flm-1m-small", Recipe: "flm-1m-small", State: session.Done, ValLoss: 1.277}
	other  = session.Info{ID: "o", Name: "something-quite-different", Recipe: "flm-10m", State: session.Done, ValLoss: 1.2}
	midway = session.Info{ID: "m", Name: "flm-1m-large", Recipe: "flm-1m-large", State: session.Running, Stages: 3}
)

// entryOf is a run of a recipe whose loss falls as a power of its FLOPs.
func entryOf(t *testing.T, info session.Info, r growth.Recipe, floor float64) lab.Entry {
	t.Helper()
	plan := r.Plan()
	e := lab.Entry{Info: info, Meta: store.Meta{ID: info.ID, Name: info.Name, Seed: 1, DataName: "text", DataHash: strings.Repeat("ab", 32)}, Recipe: r, Stages: session.Stages(plan)}
	e.Run = verdict.Run{ID: info.ID, Seed: 1, Device: "cpu"}
	for i := 1; i <= 40; i++ {
		u := float64(i) / 40
		e.Run.Points = append(e.Run.Points, verdict.Point{
			Tokens: u * float64(plan.Tokens), FLOPs: u * plan.FLOPs, Seconds: 90 * u, Loss: floor + 0.6*math.Pow(u*plan.FLOPs/1e12, -0.5) + 0.004*math.Sin(9*float64(i)),
		})
	}
	e.Run.End = e.Run.Points[39]
	e.Run.Points, e.Run.EndWindows = e.Run.Points[:39], 480
	for _, s := range plan.Stages {
		e.Ended.Stages = append(e.Ended.Stages, event.StageCost{Tokens: s.Tokens, FLOPs: s.FLOPs, Seconds: 30})
	}
	e.Run.Last.Tokens, e.Run.Last.Seconds = float64(plan.Stages[len(plan.Stages)-1].Tokens), 30
	return e
}

func comparison(t *testing.T) lab.Comparison {
	t.Helper()
	source, err := assets.Recipe("flm-1m")
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse("flm-1m", source)
	if err != nil {
		t.Fatal(err)
	}
	entries := []lab.Entry{entryOf(t, grown, r, 1.1)}
	for kind, info := range map[string]session.Info{growth.RivalTwin: twin, growth.RivalSmall: small} {
		rival, err := r.Rival(kind, growth.Spent{})
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entryOf(t, info, rival, 1.3))
	}
	slices.SortFunc(entries[1:], func(a, b lab.Entry) int { return strings.Compare(b.Info.ID, a.Info.ID) })
	c, err := lab.Compare(entries)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type bench struct {
	*Page
	win  fyne.Window
	said []string
}

func open(t *testing.T, variant string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(variant))
	b := &bench{}
	say := func(format string, a ...any) { b.said = append(b.said, fmt.Sprintf(format, a...)) }
	b.Page = NewPage(Host{
		Compare: func(runs []string) { say("compare %s", strings.Join(runs, " ")) }, Cancel: func() { say("cancel") },
		Rival: func(kind string) { say("rival %s", kind) }, Export: func(c lab.Comparison) { say("export %s", c.Verdict.Run.Name) },
		Open: func(path string) { say("open %s", path) }, Hint: func(text string) { say("hint %s", text) },
		Color: func(id string) int { return map[string]int{"g": 2, "t": 0, "s": 4, "o": 6}[id] },
	})
	b.win = test.NewTempWindow(t, b.Object)
	b.win.SetPadded(false)
	b.win.Resize(fyne.NewSize(width, height))
	return b
}

func (b *bench) heard(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.said, want) {
		t.Errorf("got %q, want %q", b.said, want)
	}
	b.said = nil
}

// A run has one colour: in the list of runs, which the window knows, before its name here, and on the chart.
func TestRunsKeepTheirColours(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(grown, []session.Info{other, small, grown, twin})
	for i, want := range []int{6, 4, 0} {
		if got := b.lines[i].swatch.Index(); got != want {
			t.Errorf("rival %d has colour %d, want %d", i, got, want)
		}
	}
	b.Done(comparison(t), nil)
	if w := b.Object.MinSize().Width; w > 600 {
		t.Errorf("the page is %g wide at least, want 600: with what stands beside pages a window of 1100 would become wider", w)
	}
	var got []int
	for _, l := range b.chart.Figure().Lines {
		got = append(got, l.Color)
	}
	if want := []int{2, 0, 4}; !slices.Equal(got, want) {
		t.Errorf("lines have colours %v, want %v", got, want)
	}
	var swatches []int
	for _, o := range pagetest.Tree(b.report) {
		if s, ok := o.(*plot.Swatch); ok {
			swatches = append(swatches, s.Index())
		}
	}
	if want := []int{2, 0, 4, 0, 4}; !slices.Equal(swatches, want) {
		t.Errorf("rows of the verdict have colours %v, want %v", swatches, want)
	}
}

func TestTheRivalsOfARunArePickedForIt(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(grown, []session.Info{other, midway, small, grown, twin})
	if got, want := b.Picked(), []string{"s", "t"}; !slices.Equal(got, want) {
		t.Errorf("got %q picked, want %q", got, want)
	}
	test.Tap(b.compare)
	b.heard(t, "compare g s t")
	b.lines[0].check.SetChecked(true)
	b.lines[1].check.SetChecked(false)
	b.Show(grown, []session.Info{other, small, grown, twin}) // what was picked by hand stays
	b.Asks()
	b.heard(t, "compare g o t")
}

func TestWithoutARivalTheTwinIsOneClickAway(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(grown, []session.Info{grown})
	if !b.empty.Visible() || !b.start.Visible() || !b.compare.Disabled() || !strings.Contains(b.none.Text, "nothing to compare with") {
		t.Errorf("got %q, start on show %v, compare disabled %v", b.none.Text, b.start.Visible(), b.compare.Disabled())
	}
	test.Tap(b.start)
	test.Tap(b.kinds[growth.RivalStack])
	b.heard(t, "rival twin", "rival stack")
	b.Show(midway, []session.Info{midway, twin})
	if !b.compare.Disabled() || !strings.Contains(b.state.Text(), "this one is running") {
		t.Errorf("a run that trains can be compared: %q", b.state.Text())
	}
}

func TestAFixedSizeHasNoRivals(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	one := small
	one.Stages = 1
	b.Show(one, []session.Info{one, twin})
	if b.start.Visible() || !b.kinds[growth.RivalTwin].Disabled() || !strings.Contains(b.none.Text, "one size") {
		t.Errorf("a run of one size is offered rivals: %q", b.none.Text)
	}
}

func TestTheVerdictIsShownAndExported(t *testing.T) {
	b := open(t, look.Light, 860, 600)
	b.Show(grown, []session.Info{small, twin, grown})
	b.Working("measuring the last network of flm-1m")
	if !b.cancel.Visible() || !b.compare.Disabled() || !b.kinds[growth.RivalTwin].Disabled() {
		t.Error("while it works, want Cancel alone")
	}
	test.Tap(b.cancel)
	b.heard(t, "cancel")
	b.Done(comparison(t), nil)
	if !b.full.Visible() || b.cancel.Visible() || b.export.Disabled() {
		t.Fatal("the verdict is not on show")
	}
	said := strings.Join(texts(b.report), "\n")
	v := b.result.Verdict
	for _, want := range append([]string{v.Sentence, v.Pairs[0].Sentence, "one seed", "flm-1m-twin", "flm-1m-small"}, v.AllNotes()[0]) {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := len(b.chart.Figure().Lines); got != 3 {
		t.Errorf("got %d curves, want 3", got)
	}
	b.axis.SetSelectedIndex(2)
	if got := b.chart.Figure().XAxis.String(); got != "active time" {
		t.Errorf("got axis %q", got)
	}
	test.Tap(b.export)
	b.heard(t, "export flm-1m")
	b.pick("t", false)
	if !strings.Contains(b.state.Text(), "press Compare") {
		t.Errorf("other rivals are picked, and it says %q", b.state.Text())
	}
	b.Show(twin, []session.Info{small, twin, grown})
	if b.full.Visible() {
		t.Error("the verdict of another run is on show")
	}
}

func TestWhatCannotBeComparedSaysWhy(t *testing.T) {
	b := open(t, look.Light, 860, 600)
	b.Show(grown, []session.Info{other, grown})
	b.pick("o", true)
	b.Working("reading")
	b.Done(lab.Comparison{}, errors.New("runs g and o saw different texts"))
	if b.state.Text() != "runs g and o saw different texts" || b.full.Visible() || b.compare.Disabled() {
		t.Errorf("got %q", b.state.Text())
	}
	b.Working("reading")
	b.Cancelled()
	if b.state.Text() != "Cancelled." || b.cancel.Visible() {
		t.Errorf("got %q after Cancel", b.state.Text())
	}
}

// texts is every text in o.
func texts(o fyne.CanvasObject) []string {
	switch o := o.(type) {
	case *look.Line:
		return []string{o.Text()}
	case *widget.Label:
		return []string{o.Text}
	case *fyne.Container:
		var all []string
		for _, i := range o.Objects {
			all = append(all, texts(i)...)
		}
		return all
	}
	return nil
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(grown, []session.Info{small, twin, grown})
	b.Done(comparison(t), nil)
	renamed := small
	renamed.Name = "small"
	pagetest.StaysTheSame(t, b.Object, func() {
		b.Show(grown, []session.Info{renamed, twin, grown})
		b.Tell("Added to the queue.", false)
	})
}

// TestTheReportIsOpened: what was written can be looked at with a click, until something else is done.
func TestTheReportIsOpened(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(grown, []session.Info{small, grown})
	b.Done(comparison(t), nil)
	if b.Page.open.Visible() {
		t.Error("a report can be opened that was never written")
	}
	b.Wrote("/home/you/report/report.md")
	test.Tap(b.Page.open)
	b.heard(t, "open /home/you/report/report.md")
	b.Working("comparing")
	if b.Page.open.Visible() {
		t.Error("the report can still be opened while something else is done")
	}
}

func TestRivalsSayWhatTheyShow(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	two := grown
	two.Stages = 2
	b.Show(two, []session.Info{two})
	for _, kind := range growth.Rivals {
		if kindHints[kind] == "" || KindText(kind) == "" {
			t.Errorf("rival %s has no words", kind)
		}
		if on := !b.kinds[kind].Disabled(); on == (kind == growth.RivalMiddle) {
			t.Errorf("of two stages: rival %s can be trained: %v", kind, on)
		}
	}
	b.kinds[growth.RivalTwin].MouseIn(nil)
	b.heard(t, "hint "+kindHints[growth.RivalTwin])
}
