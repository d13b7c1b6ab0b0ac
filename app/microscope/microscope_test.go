package microscope

import (
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/curves"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/trainer/event"
)

var stages = []event.StageInfo{
	{Shape: "3L × 64", Layers: 3, Hidden: 64, Heads: 4, FFN: 256, Params: 166_464, Tokens: 500 * 1536, Steps: 500},
	{Shape: "5L × 96", Layers: 5, Hidden: 96, Heads: 6, FFN: 384, Params: 584_640, FromTokens: 500 * 1536, FromStep: 500, Tokens: 400 * 1536, Steps: 400, RampTokens: 60 * 1536, Operator: "msg"},
}

func growth() event.Grew {
	return event.Grew{
		Step: 500, Tokens: 500 * 1536, Stage: 2, Operator: "msg", From: stages[0], To: stages[1], LossBefore: 1.7012, LossAfter: 1.7012, MaxLogit: 14.2,
		MomentsCarried: 166_464, MomentsNew: 418_176, NewLayers: []int{3, 4}, RampTokens: 60 * 1536, Preserves: true, Seconds: 0.04,
	}
}

// life is a run that grows after step 500; jump is added to the loss from there on and fades within 100 steps.
func life(steps int64, jump float64) []event.Event {
	rng := rand.New(rand.NewPCG(4, 4))
	events := []event.Event{event.Start{Run: "r", Name: "r", Stages: stages}}
	for s := int64(1); s <= steps; s++ {
		stage, mask, loss := 1, 1.0, 1.5+4/math.Sqrt(float64(s)+3)+0.05*rng.NormFloat64()
		if s == 501 {
			events = append(events, growth())
		}
		if s > 500 {
			stage, mask = 2, min(float64(s-500)/60, 1)
			loss += jump*math.Exp(-float64(s-500)/30) - 0.12*(1-math.Exp(-float64(s-500)/80))
		}
		events = append(events, event.Step{
			Step: s, Tokens: s * 1536, Stage: stage, Loss: loss, LR: 8e-3 * min(float64(s)/64, 1), GradNorm: 0.6 + 0.1*rng.NormFloat64(),
			Mask: mask, TokensPerSec: 6e4, FLOPs: 1e9 * float64(s), Seconds: 0.03 * float64(s),
		})
		if s%100 == 0 {
			events = append(events, event.Eval{Step: s, Tokens: s * 1536, Stage: stage, Loss: loss + 0.03})
		}
	}
	return events
}

func runOf(steps int64, jump float64) *curves.Run {
	r := curves.NewRun("r", "r")
	r.Apply(life(steps, jump))
	return r
}

func TestAftermath(t *testing.T) {
	for name, row := range map[string]struct {
		steps int64
		jump  float64
		check func(Aftermath) bool
		words string
	}{
		"quiet":    {900, 0, func(a Aftermath) bool { return a.Steps == 200 && a.End < a.Before && a.Worst < a.Before+a.Noise }, "At the end of the 200 steps it was"},
		"a jump":   {900, 1, func(a Aftermath) bool { return a.After > a.Before+0.4 && a.Recovered > 50 && a.Recovered < 200 }, "times the spread of single steps. It was below that again after"},
		"not yet":  {540, 1, func(a Aftermath) bool { return a.Steps == 40 && a.Recovered == 0 }, "After 40 steps it is not below that yet."},
		"too soon": {505, 0, func(a Aftermath) bool { return a.Steps == 5 }, "Too soon to say what training makes of it: 5 of the first 20 steps are done."},
	} {
		a := After(runOf(row.steps, row.jump), growth())
		if !row.check(a) || !strings.Contains(a.Words(), row.words) {
			t.Errorf("%s: %+v, %q; want %q in it", name, a, a.Words(), row.words)
		}
	}
	if got := After(curves.NewRun("", ""), growth()).Words(); !strings.HasPrefix(got, "Too soon") {
		t.Errorf("without a step: %q", got)
	}
}

// canvas shows the page on a software canvas in the look of the window.
func canvas(t *testing.T, p *Page, theme string, size fyne.Size, scale float32) software.WindowlessCanvas {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(theme))
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(p.Object)
	c.SetScale(scale)
	c.Resize(size.AddWidthHeight(1, 0)) // text that wraps knows its height when it knows its width
	c.Resize(size)
	return c
}

func TestEmptyPageSaysWhatIsToCome(t *testing.T) {
	test.NewTempApp(t)
	p := New(nil)
	p.Show(runOf(100, 0), 0)
	if got, want := p.none.Text, "No transition yet. The network grows to 5L × 96 after step 500."; got != want || p.none.Hidden || !p.all.(*fyne.Container).Hidden {
		t.Errorf("got %q, want %q alone", got, want)
	}
	one := curves.NewRun("o", "o")
	one.Apply([]event.Event{event.Start{Stages: stages[:1]}})
	p.Show(one, 0)
	if got := p.none.Text; got != "This plan has one stage: the network does not grow." {
		t.Errorf("got %q", got)
	}
}

// The newest growth is shown as it comes, unless an older one was chosen; what was zoomed to stays.
func TestPageFollowsTheRun(t *testing.T) {
	test.NewTempApp(t)
	p := New(nil)
	r := runOf(520, 0)
	p.Show(r, 3)
	canvas(t, p, look.Dark, fyne.NewSize(700, 600), 1)
	loss := p.charts[curves.Loss]
	if f := loss.Figure(); p.Stage() != 2 || f.X.Lo != -200 || f.X.Hi != 200 || f.Lines[0].Color != 3 || f.Lines[0].Origin.Step != 500 {
		t.Fatalf("stage %d, x %v, want the growth to stage 2 with 200 steps on both sides", p.Stage(), f.X)
	}
	loss.TypedRune('+')
	zoomed := loss.Figure().X
	r.Apply(life(560, 0)[522+5:])
	p.Refresh()
	if got := loss.Figure().X; got != zoomed || p.last != 560 {
		t.Errorf("after new steps x is %v, want still %v; last step %d", got, zoomed, p.last)
	}
	loss.Fit()
	if x := p.charts[curves.Mask].Figure().X; x.Lo != -200 || x.Hi != 200 {
		t.Errorf("fitted to %v, want the 200 steps on both sides, in every chart", x)
	}
	third := growth()
	third.Step, third.Stage, third.From, third.To = 560, 3, stages[1], stages[1]
	r.Apply([]event.Event{third})
	p.Refresh()
	if p.Stage() != 3 || len(p.choice.Options) != 2 {
		t.Errorf("stage %d of %d on show, want the new one, 3", p.Stage(), len(p.choice.Options))
	}
	p.choice.SetSelectedIndex(0)
	fourth := third
	fourth.Stage = 4
	r.Apply([]event.Event{fourth})
	p.Refresh()
	if p.Stage() != 2 {
		t.Errorf("stage %d on show, want 2, which was chosen", p.Stage())
	}
	p.Look(4)
	if p.Stage() != 4 || p.choice.SelectedIndex() != 2 {
		t.Errorf("stage %d on show, choice %d; want 4", p.Stage(), p.choice.SelectedIndex())
	}
	p.Look(9)
	if p.Stage() != 4 {
		t.Error("a stage that never began took the page")
	}
}

func TestRefreshMakesNoNewObjects(t *testing.T) {
	test.NewTempApp(t)
	p := New(nil)
	r := runOf(560, 0)
	p.Show(r, 0)
	canvas(t, p, look.Dark, fyne.NewSize(700, 600), 1)
	pagetest.StaysTheSame(t, p.Object, func() {
		r.Apply(life(600, 0)[560+7:])
		p.Refresh()
	})
}

func TestFitsASmallScreen(t *testing.T) {
	test.NewTempApp(t)
	p := New(nil)
	p.Show(runOf(900, 0), 0)
	img := canvas(t, p, look.Dark, fyne.NewSize(624, 580), 1).Capture()
	if img.Bounds() != image.Rect(0, 0, 624, 580) || p.Object.MinSize().Width > 624 {
		t.Errorf("asks for %v, want at most 624 wide", p.Object.MinSize())
	}
}
