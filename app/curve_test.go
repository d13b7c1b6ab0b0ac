package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/curvepage"
	"growlab/app/curves"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/event"
)

// past is a machine that also tells when things happened and what a run went back behind.
type past struct {
	*fakeSessions
	undone []event.Step
}

func (p past) Past(string) (session.Past, error) {
	return session.Past{Undone: [][]event.Step{p.undone}}, nil
}

func TestARunIsLaidOverAnotherAndTakenOff(t *testing.T) {
	b := open(t, at(1610).withRun(session.Done, script("first")))
	b.shown(1610)
	b.overlay("first", true)
	b.until("the run laid over", func() bool { return b.curves.Shows("first") && len(b.chart.Figure().Lines) == 5 }) // the other has a final loss
	f := b.chart.Figure()
	if f.Lines[0].Color == f.Lines[2].Color || f.Lines[2].Color != b.colour("first") {
		t.Errorf("colours %d and %d, want two that stay", f.Lines[0].Color, f.Lines[2].Color)
	}
	if got := f.Lines[2].Series.Len(); got != planSteps {
		t.Errorf("%d points of the other run, want %d", got, planSteps)
	}
	b.overlay("first", false)
	if b.curves.Shows("first") || len(b.overlays) != 0 {
		t.Error("the run is still there")
	}
	b.overlay("first", true)
	b.until("it again", func() bool { return b.curves.Shows("first") })
	before := b.colour("first")
	b.choose("first")
	b.shown(planSteps)
	if got := b.chart.Figure().Lines; len(got) != 3 || got[0].Color != before {
		t.Errorf("chosen, it has %d lines in colour %d, want 3 in its colour %d", len(got), got[0].Color, before)
	}
}

func TestColoursAreRemembered(t *testing.T) {
	b := open(t, at(100).withRun(session.Done, script("first")))
	b.shown(100)
	if got := b.prefs.StringList(prefColours); len(got) != 2 || !strings.HasPrefix(got[0], "first=") {
		t.Fatalf("remembered %q, want both runs, the older one first", got)
	}
	b.prefs.SetStringList(prefColours, []string{"flm-1m=6", "broken"})
	b.recallCurves(b.prefs)
	b.colourRuns()
	if got := b.colour("flm-1m"); got != 6 {
		t.Errorf("colour %d, want 6 as remembered", got)
	}
	b.curves.SetMetrics([]curves.Metric{curves.Mask})
	b.curves.ShowTable(true)
	other := newWindow(t.Context(), b.fake, func(func()) {})
	other.recall(b.prefs)
	if got := other.curves.Metrics(); len(got) != 2 || got[1] != curves.Mask || !other.curves.TableShown() {
		t.Errorf("charts %v, table %v; want loss and mask, and the table", got, other.curves.TableShown())
	}
}

func TestStepsThatWereGivenUpAreShown(t *testing.T) {
	fake := at(100)
	b := openWith(t, fake, past{fake, []event.Step{{Step: 90, Tokens: 90 * batch, Loss: 3}, {Step: 91, Tokens: 91 * batch, Loss: 3}}})
	b.until("the steps that were given up", func() bool { return len(b.view.run.Orphans()) == 1 })
	lines := b.chart.Figure().Lines
	if last := lines[len(lines)-1]; !last.Muted || last.Series.Len() != 2 {
		t.Errorf("the last line is %+v, want the two steps in grey", last)
	}
}

func TestEventsAreExplainedAndLedToTheMicroscope(t *testing.T) {
	b := open(t, newFake().withRun(session.Done, script("first")))
	b.shown(planSteps)
	for i, m := range b.chart.Figure().Markers {
		if strings.HasPrefix(m.Label, "S2") {
			b.chart.OnMarkerTapped(i)
		}
	}
	for _, o := range pagetest.Tree(b.loss) {
		if lens, ok := o.(*curvepage.Button); ok && lens.Text == "Microscope" && lens.Visible() {
			test.Tap(lens)
		}
	}
	if got := b.pages()[b.tabs.SelectedIndex()].name; got != "transitions" || b.trans.Stage() != 2 {
		t.Errorf("page %q with stage %d, want the growth to stage 2", got, b.trans.Stage())
	}
	b.turnPage(0)
	b.key(fyne.KeyEscape)
	if b.curves.CloseStory() {
		t.Error("Esc does not close the card of the event")
	}
	b.ctrl(fyne.KeyE)
	if b.win.Canvas().Overlays().Top() == nil {
		t.Error("Ctrl+E asks nothing")
	}
}
