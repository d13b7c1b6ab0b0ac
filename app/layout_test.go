package app

import (
	"testing"

	"fyne.io/fyne/v2"

	"growlab/app/chart"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/event"
)

func TestFitsASmallScreen(t *testing.T) {
	for _, fake := range []*fakeSessions{newFake(), at(1610), newFake().withRun(session.Failed, upTo(script("a-name-that-nobody-would-give-to-a-run"), 300))} {
		b := open(t, fake)
		if b.id != "" {
			b.shown(300)
		}
		for density, theme := range map[string]look.Theme{compactly: look.New(look.Dark), roomily: look.New(look.Dark).Roomy()} {
			fyne.CurrentApp().Settings().SetTheme(theme)
			for i, name := range b.pageNames() { // the narrowest window is as wide as the widest page, with what stands beside it now
				b.tabs.SelectIndex(i)
				if min := b.content.MinSize(); min.Width > 1100 || min.Height > 700 {
					t.Errorf("%s, on page %s: the window asks for %v, want at most 1100 x 700", density, name, min)
				}
			}
		}
	}
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, at(1610))
	b.shown(1610)
	b.win.Canvas().Capture()
	for page := range b.pageNames() {
		b.tabs.SelectIndex(page)
		b.win.Canvas().Capture()
		before := pagetest.Tree(b.content)
		b.take(b.view, []event.Event{event.Step{Step: 1611, Tokens: 1611 * batch, Stage: 2, Loss: 1.7, Mask: 0.56, TokensPerSec: 2e4}})
		b.win.Canvas().Capture()
		after := pagetest.Tree(b.content)
		if len(before) != len(after) {
			t.Errorf("page %s: %d objects became %d", b.pageNames()[page], len(before), len(after))
			continue
		}
		for i := range before {
			if before[i] != after[i] {
				t.Errorf("page %s: object %d was made anew: %T became %T", b.pageNames()[page], i, before[i], after[i])
				break
			}
		}
	}
}

func TestTheLookIsRemembered(t *testing.T) {
	b := open(t, newFake())
	b.prefs.SetString(prefTheme, look.Light)
	applyLook(fyne.CurrentApp(), "")
	if got := b.prefs.String(prefTheme); got != look.Light {
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
