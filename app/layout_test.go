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

// smallScreen is a screen of 1920 x 1080 pixels that shows all at twice its size.
var smallScreen = fyne.NewSize(960, 540)

// menuHeight is what the menu above the window takes, at most.
const menuHeight = 28

func TestFitsASmallScreen(t *testing.T) {
	for _, fake := range []*fakeSessions{newFake(), at(1610), newFake().withRun(session.Failed, upTo(script("a-name-that-nobody-would-give-to-a-run"), 300))} {
		b := open(t, fake)
		if b.id != "" {
			b.shown(300)
		}
		for density, theme := range map[string]look.Theme{compactly: look.New(look.Dark), roomily: look.New(look.Dark).Roomy()} {
			fyne.CurrentApp().Settings().SetTheme(theme)
			for i, name := range b.pageNames() {
				b.tabs.SelectIndex(i)
				if min := b.content.MinSize(); min.Width > smallScreen.Width || min.Height > smallScreen.Height-menuHeight/2 {
					t.Errorf("%s, on page %s: the window asks for %v, want at most %v", density, name, min, smallScreen)
				}
			}
		}
	}
}

func TestAllPagesAreWholeOnASmallScreen(t *testing.T) {
	room := smallScreen.SubtractWidthHeight(0, menuHeight)
	for name, fake := range map[string]*fakeSessions{
		"first":  newFake(),
		"grows":  at(1610),
		"failed": newFake().withRun(session.Failed, upTo(script("a-name-that-nobody-would-give-to-a-run"), 300)),
	} {
		b := openAt(t, fake, look.Dark, room.Width, room.Height)
		if b.id == "" {
			pagetest.Page{Window: b.win}.CheckAt(t, name, room)
			continue
		}
		b.shown(300)
		for i, page := range b.pageNames() {
			b.turnPage(i)
			pagetest.Page{Window: b.win}.CheckAt(t, name+", page "+page, room)
			if panelShown(b) {
				t.Errorf("%s, page %s: the side is on show in %v, where there is no room for it", name, page, room)
			}
		}
	}
}

func TestTheSideComesBackWithTheRoom(t *testing.T) {
	b := open(t, at(300))
	b.shown(300)
	for _, row := range []struct {
		width float32
		want  bool
	}{{1100, true}, {960, false}, {1920, true}, {1000, false}, {1100, true}} {
		b.win.Resize(fyne.NewSize(row.width, 700))
		if got := panelShown(b); got != row.want {
			t.Errorf("in a window %g wide, the side is on show: %t, want %t", row.width, got, row.want)
		}
	}
}

// panelShown reports whether a person sees the side.
func panelShown(b *bench) bool {
	return b.sidebar.Visible() && b.sidebar.Objects[0].Visible()
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
