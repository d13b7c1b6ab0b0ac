package curvepage

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/form"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/trainer/event"
)

var stages = []event.StageInfo{
	{Shape: "3L × 64", Layers: 3, Hidden: 64, Heads: 4, FFN: 256, Params: 166_464, Tokens: 700 * 1536, Steps: 700},
	{Shape: "5L × 96", Layers: 5, Hidden: 96, Heads: 6, FFN: 384, Params: 584_640, FromTokens: 700 * 1536, FromStep: 700, Tokens: 300 * 1536, Steps: 300, RampTokens: 60 * 1536, Operator: "msg"},
}

// life is a run of 1,000 steps that grows after 700, was changed at 850 and had a spike at 400.
func life(name string, seed uint64) []event.Event {
	rng := rand.New(rand.NewPCG(seed, 4))
	events := []event.Event{event.Start{Run: name, Name: name, Stages: stages}}
	for s := int64(1); s <= 1000; s++ {
		stage, mask, loss := 1, 1.0, 1.4+0.1*float64(seed)+4/math.Sqrt(float64(s)+3)+0.05*rng.NormFloat64()
		if s == 701 {
			events = append(events, event.Grew{
				Step: 700, Tokens: 700 * 1536, Stage: 2, Operator: "msg", From: stages[0], To: stages[1], LossBefore: 1.7, LossAfter: 1.7, MaxLogit: 14,
				MomentsCarried: 166_464, MomentsNew: 418_176, RampTokens: 60 * 1536, Preserves: true,
			}, event.Saved{Step: 700, Reason: "transition", Bytes: 7_000_000})
		}
		if s > 700 {
			stage, mask = 2, min(float64(s-700)/60, 1)
		}
		if s == 400 {
			loss += 2
		}
		if s == 851 {
			events = append(events, event.Command{Step: 850, Verb: "set", Detail: "lr=0.5x"})
		}
		events = append(events, event.Step{
			Step: s, Tokens: s * 1536, Stage: stage, Loss: loss, LR: 8e-3 * min(float64(s)/64, 1), GradNorm: 0.4 + 3/float64(s) + 0.05*rng.Float64(),
			Mask: mask, TokensPerSec: 6e4 / float64(stage), FLOPs: 1e9 * float64(s), Seconds: 0.03 * float64(s),
		})
		if s%100 == 0 {
			events = append(events, event.Eval{Step: s, Tokens: s * 1536, Stage: stage, Loss: loss + 0.03})
		}
	}
	return events
}

func runOf(name string, seed uint64) *curves.Run {
	r := curves.NewRun(name, name)
	r.Apply(life(name, seed))
	return r
}

// bench is a page in a window of the test driver.
type bench struct {
	*Page
	win  fyne.Window
	asks []string // for overlays, "id on"
}

func open(t *testing.T, size fyne.Size) *bench {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(look.Dark))
	b := &bench{}
	b.Page = New(Actions{
		Window:  func() fyne.Window { return b.win },
		Runs:    func() []Choice { return []Choice{{"b", "twin"}, {"a", "grown"}} },
		Overlay: func(id string, on bool) { b.asks = append(b.asks, fmt.Sprint(id, " ", on)) },
	})
	b.hints.delay = 0
	b.Loss.SetLogY(true)
	b.Loss.SetSmooth(0.9)
	b.win = test.NewTempWindow(t, b.Object)
	b.win.SetPadded(false)
	b.win.Resize(size)
	return b
}

func opened(t *testing.T) *bench {
	t.Helper()
	b := open(t, fyne.NewSize(624, 560))
	a := runOf("a", 1)
	a.Name = "grown"
	b.Show(a, 0)
	return b
}

func TestOverlaysHaveColoursOfTheirOwn(t *testing.T) {
	b := opened(t)
	if got := labels(b.Loss.Figure()); !slices.Equal(got, []string{"train", "validation"}) {
		t.Errorf("alone: lines %q", got)
	}
	twin := runOf("b", 2)
	twin.Name = "twin"
	b.Add(twin, 5)
	f := b.Loss.Figure()
	if got, want := labels(f), []string{"grown", "grown · validation", "twin", "twin · validation"}; !slices.Equal(got, want) || f.Lines[2].Color != 5 || f.Lines[0].Color != 0 {
		t.Errorf("lines %q in colours %d and %d, want %q", got, f.Lines[0].Color, f.Lines[2].Color, want)
	}
	b.Loss.ToggleLine(2)
	twin.Apply([]event.Event{event.Command{Step: 1000, Verb: "extend", Detail: "9 tokens"}})
	b.Refresh()
	if f := b.Loss.Figure(); !f.Lines[2].Hidden || f.Lines[0].Hidden {
		t.Error("a hidden line came back when something happened")
	}
	b.Show(twin, 5)
	if len(b.board.Shown) != 1 {
		t.Errorf("%d runs on show after choosing the overlaid one, want it alone", len(b.board.Shown))
	}
	b.Add(runOf("c", 3), 6)
	b.Remove("c")
	if b.Shows("c") {
		t.Error("a run that was taken off is still shown")
	}
}

func labels(f chart.Figure) []string {
	var all []string
	for _, l := range f.Lines {
		all = append(all, l.Label())
	}
	return all
}

func TestTheBarCommandsTheChartAndFollowsIt(t *testing.T) {
	b := opened(t)
	b.Loss.SetXAxis(chart.Tokens)
	bar := b.bar
	bar.smooth.SetValue(2.0 / 3)
	test.TapAt(bar.logY, fyne.NewPos(8, bar.logY.Size().Height/2))
	test.TapAt(bar.logX, fyne.NewPos(8, bar.logX.Size().Height/2))
	bar.axis.SetSelected("wall time")
	if f := b.Loss.Figure(); math.Abs(f.Smooth-0.99) > 0.002 || f.LogY || !f.LogX || f.XAxis != chart.Wall {
		t.Errorf("smooth %v, log y %v, log x %v, axis %v; want 0.99, false, true, wall time", f.Smooth, f.LogY, f.LogX, f.XAxis)
	}
	if !bar.fit.Disabled() {
		t.Error("fit is enabled while all is in view")
	}
	b.Loss.SetSmooth(0.9)
	b.Loss.SetXAxis(chart.Seconds)
	b.Loss.SetView(chart.Range{Lo: 1, Hi: 2}, chart.Range{})
	if bar.factor.Text() != "0.900" || math.Abs(bar.smooth.Value-1.0/3) > 0.01 || bar.axis.Selected != "active time" || bar.fit.Disabled() {
		t.Errorf("slider %v says %q, axis %q, fit disabled %v", bar.smooth.Value, bar.factor.Text(), bar.axis.Selected, bar.fit.Disabled())
	}
	if got := b.Loss.Figure().Smooth; got != 0.9 {
		t.Errorf("following changed the factor to %v, want 0.9", got)
	}
	test.Tap(bar.fit)
	if !b.Loss.Figure().X.Auto() {
		t.Error("the button did not fit")
	}
}

func TestSettingsHoldForAllCharts(t *testing.T) {
	b := opened(t)
	b.Loss.SetSmooth(0.99)
	b.typedRune('o')
	b.typedRune('r')
	norm, lr := b.charts[curves.GradNorm].Figure(), b.charts[curves.LearningRate].Figure()
	if norm.Smooth != 0.99 || !norm.Robust || !norm.NoGhost || lr.Smooth != 0 || lr.Robust {
		t.Errorf("gradient norm %+v, learning rate smooth %g: want the first like the loss, the second as measured", norm.Smooth, lr.Smooth)
	}
	b.Loss.SetXAxis(chart.FLOPs)
	if b.charts[curves.LearningRate].Figure().XAxis != chart.FLOPs || b.bar.axis.Selected != "FLOPs" {
		t.Error("the axis is not the same everywhere")
	}
	b.typedRune('s')
	if f := b.Loss.Figure(); len(f.Trends) != 1 || !f.LogX || !f.LogY || !b.bar.logX.Checked {
		t.Errorf("%d slopes, log x %v, log y %v; want one on logarithmic axes", len(f.Trends), f.LogX, f.LogY)
	}
	before := b.Loss.Figure().Trends[0].Range
	b.Loss.SetView(chart.Range{Lo: 2e10, Hi: 2e11}, chart.Range{})
	if got := b.Loss.Figure().Trends[0].Range; got == before || got.Hi > 2e11 {
		t.Errorf("slope fitted to %v, want to what is in view", got)
	}
}

func TestChartsAreShownAndHidden(t *testing.T) {
	b := opened(t)
	remembered := 0
	b.OnChanged(func() { remembered++ })
	b.toggle(curves.Mask)
	if !b.charts[curves.Mask].Visible() || !slices.Contains(b.Metrics(), curves.Mask) || remembered == 0 {
		t.Error("the mask's chart is not on show, or was not remembered")
	}
	b.SetMetrics(nil)
	if !b.Loss.Visible() || b.charts[curves.Mask].Visible() || b.Loss.Size().Height < 400 {
		t.Errorf("without other charts the loss has %v", b.Loss.Size())
	}
	b.typedRune('t')
	if !b.TableShown() || b.Loss.Size().Height > 450 {
		t.Errorf("the table is on show: %v; the loss has %v", b.TableShown(), b.Loss.Size())
	}
}

func TestAlign(t *testing.T) {
	b := opened(t)
	b.typedRune('a')
	f := b.Loss.Figure()
	if x, _, _ := f.Fit(); x.Lo != -699 || x.Hi != 300 || f.XName != "steps since stage 2 began" {
		t.Errorf("aligned x %v, %q; want -699 to 300", x, f.XName)
	}
	b.typedRune('a')
	if x, _, _ := b.Loss.Figure().Fit(); x.Hi != 1000 {
		t.Errorf("x %v, want the whole run again", x)
	}
}

// A click on a marker, or N and P, tell its story.
func TestStories(t *testing.T) {
	b := opened(t)
	var looked int
	b.do.Transition = func(stage int) { looked = stage }
	b.Loss.OnMarkerTapped(1)
	if !b.story.object.Visible() {
		t.Fatal("no card")
	}
	var titles []string
	b.story.hide()
	for range 9 {
		b.typedRune('n')
		if n := len(titles); n == 0 || titles[n-1] != b.story.title.Text() {
			titles = append(titles, b.story.title.Text())
		}
		if b.story.title.Text() == "growth to stage 2" {
			test.Tap(b.story.lens)
		}
	}
	if want := []string{"stage 1 begins", "loss spike", "growth to stage 2", "set lr=0.5x"}; !slices.Equal(titles, want) || looked != 2 {
		t.Errorf("told %q, want %q; looked at stage %d under the microscope", titles, want, looked)
	}
	b.typedRune('p')
	if got := b.story.what.Text(); !strings.HasPrefix(got, "Grown from 3L × 64 to 5L × 96 by msg") {
		t.Errorf("one back: %q", got)
	}
	if at, on := b.group.Cursor(); !on || at != 700 {
		t.Errorf("the cursor is at %g, want at the event", at)
	}
	b.Loss.SetView(chart.Range{Lo: 100, Hi: 900}, chart.Range{})
	b.Loss.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.story.object.Visible() || b.Loss.Figure().X.Auto() {
		t.Error("Esc on the chart closes the card and nothing else: it does not")
	}
	b.typedRune('n')
	if !b.CloseStory() || b.CloseStory() || b.story.object.Visible() {
		t.Error("Esc does not close the card once")
	}
}

func TestMenus(t *testing.T) {
	b := opened(t)
	titles := func(m *fyne.Menu) (all []string) {
		for _, i := range m.Items {
			all = append(all, i.Label)
		}
		return all
	}
	if got := titles(b.runsMenu()); !slices.Equal(got, []string{"twin"}) {
		t.Errorf("runs to overlay: %q, want the other one", got)
	}
	b.runsMenu().Items[0].Action()
	if !slices.Equal(b.asks, []string{"b true"}) {
		t.Errorf("asked for %q", b.asks)
	}
	view := titles(b.viewMenu())
	for _, want := range []string{"Leave outliers out of the height", "Align runs at", "Chart: mask", "Table of values"} {
		if !slices.Contains(view, want) {
			t.Errorf("the menu %q lacks %q", view, want)
		}
	}
	if slices.Contains(view, "Chart: memory (GB)") {
		t.Error("the menu offers a chart of what nothing recorded")
	}
	for _, i := range b.viewMenu().Items {
		if i.Action != nil && i.Label != "Reference line…" {
			i.Action()
		}
	}
	if f := b.Loss.Figure(); !f.Through || !f.NoGhost || !f.Robust || !b.board.Trends || len(b.Metrics()) < 3 || !b.TableShown() {
		t.Errorf("after all items: %+v", f)
	}
	test.Tap(b.bar.view)
	if b.win.Canvas().Overlays().Top() == nil {
		t.Error("the button opens no menu")
	}
}

func TestReferenceLine(t *testing.T) {
	b := opened(t)
	b.askLevel()
	var entry *form.Entry
	for _, o := range pagetest.Tree(b.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*form.Entry); ok {
			entry = e
		}
	}
	var failed error
	b.do.Failed = func(_ string, err error) { failed = err }
	entry.SetText("abc")
	entry.OnSubmitted(entry.Text)
	if failed == nil || !strings.Contains(failed.Error(), `"abc"`) || len(b.Loss.Figure().Levels) != 0 {
		t.Errorf("abc for a loss: got %v and lines %v, want it told and no line", failed, b.Loss.Figure().Levels)
	}
	b.askLevel()
	b.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.win.Canvas().Overlays().Top() != nil {
		t.Error("Esc does not leave the question")
	}
	b.Level(1.5)
	if l := b.Loss.Figure().Levels; len(l) != 1 || l[0].Y != 1.5 {
		t.Errorf("levels %v", l)
	}
	b.NoLevels()
	if l := b.Loss.Figure().Levels; len(l) != 0 {
		t.Errorf("levels %v, want none", l)
	}
}

// What is written is what is seen: zoom, hidden lines and charts.
func TestExport(t *testing.T) {
	b := opened(t)
	b.Loss.SetView(chart.Range{Lo: 600, Hi: 800}, chart.Range{})
	b.Loss.ToggleLine(1)
	var picture, drawing, table bytes.Buffer
	for f, w := range map[Format]io.Writer{PNG: &picture, SVG: &drawing, CSV: &table} {
		if err := b.Write(w, f); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(&picture)
	if want := b.stack.Size(); err != nil || math.Abs(float64(img.Bounds().Dx())-2*float64(want.Width)) > 2 || math.Abs(float64(img.Bounds().Dy())-2*float64(want.Height)) > 4 {
		t.Errorf("picture of %v, %v; want twice %v", img.Bounds(), err, want)
	}
	for d := xml.NewDecoder(bytes.NewReader(drawing.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{">train<", ">gradient norm<", ">learning rate<"} {
		if !strings.Contains(drawing.String(), want) {
			t.Errorf("the drawing lacks %q", want)
		}
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range rows[1:] {
		count[r[0]+"/"+r[1]]++
	}
	if count["loss/train"] != 201 || count["loss/validation"] != 0 || count["learning rate/grown"] != 201 {
		t.Errorf("rows %v, want the 201 steps in view, and none of the hidden line", count)
	}
	if err := b.Write(io.Discard, "bmp"); err == nil {
		t.Error("a format that is none gives no error")
	}
	if got := b.fileName(SVG); got != "grown-loss-step.svg" {
		t.Errorf("suggests %q", got)
	}
	b.Export()
	if b.win.Canvas().Overlays().Top() == nil {
		t.Error("Export asks nothing")
	}
}

func TestSavingSaysWhatBecameOfIt(t *testing.T) {
	b := opened(t)
	var said []string
	b.do.Saved = func(path string) { said = append(said, "saved "+filepath.Base(path)) }
	b.do.Failed = func(what string, err error) { said = append(said, what+": "+err.Error()) }
	file := filepath.Join(t.TempDir(), "curves.csv")
	out, err := storage.Writer(storage.NewFileURI(file))
	if err != nil {
		t.Fatal(err)
	}
	b.save(CSV, out, nil)
	b.save(CSV, nil, nil) // nothing was chosen
	b.save(CSV, nil, errors.New("permission denied"))
	if want := []string{"saved curves.csv", "The curves could not be saved: permission denied"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	var want bytes.Buffer
	if err := b.Write(&want, CSV); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("the file has %d bytes, %v; want the %d of the table", len(got), err, want.Len())
	}
}

func TestHintsComeAndGo(t *testing.T) {
	b := opened(t)
	b.win.Canvas().Capture()
	hover := func(o desktop.Hoverable, on bool) {
		if on {
			o.MouseIn(&desktop.MouseEvent{})
		} else {
			o.MouseOut()
		}
	}
	for _, o := range []desktop.Hoverable{b.bar.smooth, b.bar.axis, b.bar.logX, b.bar.view, b.bar.save, b.bar.fit} {
		hover(o, true)
		r := b.hints.rend
		if !r.box.Visible() || r.texts[0].Text == "" || r.texts[1].Text == "" {
			t.Errorf("%T: hint %q, %q; want two lines", o, r.texts[0].Text, r.texts[1].Text)
		}
		if p, s := r.box.Position(), r.box.Size(); p.X < 0 || p.X+s.Width > b.hints.Size().Width {
			t.Errorf("%T: the hint at %v of %v leaves the page", o, p, s)
		}
		hover(o, false)
		if r.box.Visible() {
			t.Errorf("%T: the hint stays", o)
		}
	}
}

func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := opened(t)
	b.ShowTable(true)
	r := b.board.Shown[0].Run
	b.PointAt(400) // the marks of tooltips come with the pointer and stay
	b.win.Canvas().Capture()
	pagetest.StaysTheSame(t, b.Object, func() {
		r.Apply([]event.Event{event.Step{Step: 1001, Tokens: 1001 * 1536, Stage: 2, Loss: 1.5, LR: 8e-3, GradNorm: 0.4, Mask: 1, FLOPs: 1.001e12, Seconds: 31}})
		b.Refresh()
		b.PointAt(500)
		b.win.Canvas().Capture()
	})
	if got := b.Loss.Figure().Lines[0].Series.Len(); got != 1001 {
		t.Errorf("%d points, want 1001", got)
	}
}

func TestFitsASmallScreen(t *testing.T) {
	b := opened(t)
	b.SetMetrics(curves.Metrics())
	b.ShowTable(true)
	b.Loss.OnMarkerTapped(0)
	if min := b.Object.MinSize(); min.Width > 624 || min.Height > 580 {
		t.Errorf("asks for %v, want at most 624 x 580: what a window of 1100 x 700 leaves", min)
	}
}
