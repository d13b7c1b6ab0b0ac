package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/event"
)

// selects are the selectors in the dialog on show.
func (b *bench) selects() (all []*widget.Select) {
	for _, o := range pagetest.Tree(b.win.Canvas().Overlays().Top()) {
		if s, ok := o.(*widget.Select); ok {
			all = append(all, s)
		}
	}
	return all
}

func TestSettings(t *testing.T) {
	t.Setenv("FYNE_SCALE", "")
	t.Setenv("GROWLAB_HOME", "")
	b := open(t, at(1610))
	b.ctrl(fyne.KeyComma)
	s := b.selects()
	if len(s) != 3 {
		t.Fatalf("%d selectors, want theme, density and size", len(s))
	}
	s[0].SetSelected("light")
	if got := theme.Color(theme.ColorNameBackground); got != theme.Current().Color(theme.ColorNameBackground, theme.VariantLight) {
		t.Errorf("the background is %v, want the light one", got)
	}
	s[1].SetSelected(roomily)
	if got := theme.Size(theme.SizeNameText); got != 14 {
		t.Errorf("text of %g, want 14", got)
	}
	s[2].SetSelected("150 %")
	if got := os.Getenv("FYNE_SCALE"); got != "1.50" {
		t.Errorf("scale %q, want 1.50", got)
	}
	if b.prefs.String(prefTheme) != "light" || !b.prefs.Bool(prefRoomy) || b.prefs.Int(prefScale) != 150 {
		t.Error("not all is remembered")
	}
}

func TestDataFolderIsChosen(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("GROWLAB_HOME", "")
	b := open(t, at(1610))
	b.ctrl(fyne.KeyComma)
	if b.button("Choose…").Disabled() {
		t.Error("no folder can be chosen")
	}
	tap(t, b.button("Default"))
	b.dialog.Hide()
	t.Setenv("GROWLAB_HOME", "/elsewhere")
	b.ctrl(fyne.KeyComma)
	if !b.button("Choose…").Disabled() {
		t.Error("a folder can be chosen although GROWLAB_HOME names one")
	}
}

func TestMenuHasAllPages(t *testing.T) {
	b := open(t, at(1610))
	b.shown(1610)
	view := b.menu().Items[2]
	for i, name := range b.pageNames() {
		view.Items[i].Action()
		if b.tabs.SelectedIndex() != i {
			t.Errorf("the menu's %q shows page %d, want %q", view.Items[i].Label, b.tabs.SelectedIndex(), name)
		}
	}
}

// Every kind of event that the journal lists is explained, in two lines.
func TestEveryEventIsExplained(t *testing.T) {
	v := newRunView()
	v.apply(script("r"))
	v.apply([]event.Event{event.Paused{}, event.Resumed{}, event.Command{Verb: "save"}, event.Ended{State: session.Stopped}, event.Ended{State: session.Failed}})
	for _, l := range v.log {
		text := meaningOf(l.kind)
		if text == "" || strings.Count(text, "\n") != 1 {
			t.Errorf("%s is explained by %q, want two lines", l.kind, text)
		}
	}
}

func TestSelectedEventIsExplained(t *testing.T) {
	b := open(t, newFake().withRun(session.Done, script("r")))
	b.shown(2000)
	b.journal.rows.Select(0)
	if !says(b.journal.object, "All tokens of the recipe were seen") {
		t.Error("the newest event, the end, is not explained")
	}
}

func TestPageIsRemembered(t *testing.T) {
	b := open(t, newFake().withRun(session.Done, script("r")))
	b.shown(2000)
	b.tabs.SelectIndex(slices.Index(b.pageNames(), "log"))
	b.close()
	if got := b.prefs.String(prefPage); got != "log" {
		t.Errorf("remembered page %q, want log", got)
	}
	b.tabs.SelectIndex(0)
	b.recall(b.prefs)
	if got := b.pageNames()[b.tabs.SelectedIndex()]; got != "log" {
		t.Errorf("the window opens with page %q, want log", got)
	}
}

func TestHintOfAButton(t *testing.T) {
	b := open(t, at(1610))
	b.shown(1610)
	status := b.status.Text()
	b.header.more[1].MouseIn(nil)
	if !strings.HasPrefix(b.status.Text(), "settings:") {
		t.Errorf("the status says %q, want what the button is for", b.status.Text())
	}
	b.header.more[1].MouseOut()
	if b.status.Text() != status {
		t.Errorf("the status says %q, want %q again", b.status.Text(), status)
	}
}

func TestCrashBeforeIsTold(t *testing.T) {
	b := open(t, newFake())
	b.welcomeBack(filepath.Join("logs", "window-crash-1.log"), nil)
	if !b.banner.object.Visible() || !strings.Contains(b.banner.text.Text, "window-crash-1.log") {
		t.Errorf("the banner says %q", b.banner.text.Text)
	}
}
