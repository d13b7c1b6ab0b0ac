package app

import (
	"bytes"
	"errors"
	"image/png"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"growlab/app/golden"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/assets/icon"
	"growlab/trainer/event"
)

// TestDesk looks at the window as a whole. What stands in its middle is looked at in the packages of the pages.
func TestDesk(t *testing.T) {
	for _, row := range []struct {
		name string
		open func(t *testing.T, theme string) *bench
	}{
		{"desk", func(t *testing.T, theme string) *bench {
			d := manyRuns()
			b := openSessions(t, d.fakeSessions, d, theme, 1100, 700)
			b.shown(1610)
			b.until("the queue", func() bool { return b.runs.Queued() == 2 })
			return b
		}},
		{"first", func(t *testing.T, theme string) *bench { return openAt(t, newFake(), theme, 1100, 700) }},
		{"failed", func(t *testing.T, theme string) *bench {
			b := openAt(t, newFake().withRun(session.Failed, upTo(script("flm-1m"), 300)), theme, 1100, 700)
			b.shown(300)
			return b
		}},
		{"begun", func(t *testing.T, theme string) *bench {
			b := openAt(t, newFake().withRun(session.Running, upTo(script("flm-1m"), 0)), theme, 1100, 700)
			b.until("the plan of the run", func() bool { return b.view.start.Tokens > 0 })
			return b
		}},
		{"offline", func(t *testing.T, theme string) *bench {
			b := openAt(t, at(300), theme, 1100, 700)
			b.shown(300)
			b.takeRuns(b.acted, nil, errors.New("/data/growlab/runs: permission denied"))
			return b
		}},
	} {
		check := pagetest.CheckState
		if row.name == "desk" || row.name == "first" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Window, func(t *testing.T, theme string) pagetest.Page {
			b := row.open(t, theme)
			return pagetest.Page{Window: b.win, Refresh: b.refresh}
		})
	}
}

// manyRuns is a machine with runs of every state, and a queue.
func manyRuns() *fakeDesk {
	d := newDesk(at(1610).withRun(session.Done, script("flm-1m-twin")).withRun(session.Failed, upTo(script("a-run-with-a-long-name"), 300)).
		withRun(session.Stopped, upTo(script("flm-1m-small"), 700)))
	d.infos[1].Parent, d.infos[1].Tags = "flm-1m", "rival"
	d.queue.Entries = []session.Queued{{ID: "q1", Name: "flm-1m-middle", State: session.Waiting}, {ID: "q2", Name: "flm-1m-large", State: session.Waiting}}
	return d
}

// TestLog looks at the page that lists what happened.
func TestLog(t *testing.T) {
	for _, row := range []struct {
		name   string
		events []event.Event
	}{{"log", upTo(script("flm-1m"), 1610)}, {"log-empty", nil}} {
		check := pagetest.CheckState
		if row.name == "log" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Middle, func(t *testing.T, theme string) pagetest.Page {
			pagetest.Start(t, theme)
			v := newRunView()
			v.apply(row.events)
			j := newJournal()
			j.show(v.log)
			if len(v.log) > 0 {
				j.rows.Select(1)
			}
			return pagetest.Page{Window: pagetest.Show(t, pagetest.Middle.Small, j.object), Refresh: func() { j.show(v.log) }}
		})
	}
}

// TestDialogs looks at all that is asked for and explained above the window.
func TestDialogs(t *testing.T) {
	for _, row := range []struct {
		name string
		ask  func(*bench)
	}{
		{"settings", func(b *bench) { b.showSettings() }},
		{"keys", func(b *bench) { b.showKeys() }},
		{"steps", func(b *bench) { b.showFirstSteps() }},
		{"about", func(b *bench) { b.showAbout() }},
		{"meanings", func(b *bench) { b.showMeanings() }},
		{"attach", func(b *bench) { b.showAttach() }},
		{"rename", func(b *bench) { b.askRename(b.infos[0]) }},
		{"tags", func(b *bench) { b.askTags(b.infos[1]) }},
		{"delete", func(b *bench) { b.askDelete(b.infos[1]) }},
		{"fork", func(b *bench) { b.askFork(b.infos[1]) }},
		{"difference", func(b *bench) { b.showDifference("flm-1m", "flm-1m-twin") }},
		{"second", func(b *bench) { b.train(b.presets[0]) }},
		{"closing", func(b *bench) { b.requestClose() }},
	} {
		pagetest.CheckState(t, "dialog-"+row.name, pagetest.Window, func(t *testing.T, theme string) pagetest.Page {
			t.Setenv("GROWLAB_HOME", "/home/ada/growlab")
			d := newDesk(at(300).withRun(session.Done, script("flm-1m-twin")))
			d.infos[1].Tags = "rival paper"
			d.saved = []session.Saved{{ID: 3, Step: 800, Stage: 1, Reason: "cadence"}, {ID: 7, Step: 1597, Stage: 2, Reason: "transition"}}
			b := openSessions(t, d.fakeSessions, d, theme, 1100, 700)
			b.shown(300)
			row.ask(b)
			b.until("the dialog", func() bool { return b.win.Canvas().Overlays().Top() != nil })
			return pagetest.Page{Window: b.win, Of: popUp(b.win.Canvas().Overlays().Top()).Content}
		})
	}
}

// popUp is the one in what lies over the window.
func popUp(overlay fyne.CanvasObject) *widget.PopUp {
	for _, o := range pagetest.Tree(overlay) {
		if p, ok := o.(*widget.PopUp); ok {
			return p
		}
	}
	return nil
}

// The PNG of the icon is a rendering of its SVG.
func TestIconIsItsDrawing(t *testing.T) {
	test.NewTempApp(t)
	img := canvas.NewImageFromResource(fyne.NewStaticResource("growlab.svg", icon.SVG()))
	img.FillMode = canvas.ImageFillStretch
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(img)
	c.Resize(fyne.NewSize(256, 256))
	got := golden.NRGBA(c.Capture())
	if golden.Update() {
		if err := golden.Write(filepath.Join("..", "assets", "icon", "growlab.png"), got); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := png.Decode(bytes.NewReader(icon.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := golden.Differing(got, golden.NRGBA(want)); err != nil || n > 256*256/2000 {
		t.Errorf("%d pixels differ (%v); make the PNG anew with -update", n, err)
	}
}
