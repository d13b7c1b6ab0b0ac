// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package app

import (
	"fmt"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"growlab/app/golden"
	"growlab/app/look"
	"growlab/app/session"
)

// TestPlanTuneAndCompareGoldens compares what is done with runs with pictures that a person has looked at, on small and large
// screens and on one with twice the pixels.
func TestPlanTuneAndCompareGoldens(t *testing.T) {
	for _, field := range []struct {
		theme         string
		width, height float32
		scale         float32
		pages         []string
	}{
		{look.Dark, 1100, 700, 1, []string{"tune", "compare", "plan"}},
		{look.Light, 1920, 1080, 1, []string{"plan"}},
		{look.Light, 1100, 700, 2, []string{"tune"}},
	} {
		d := newDesk(at(1200).withRun(session.Done, script("flm-1m-twin")))
		d.infos[1].Parent, d.infos[1].Tags = "flm-1m", "rival"
		d.queue.Entries = []session.Queued{{ID: "q1", Name: "flm-1m-small", State: session.Waiting}, {ID: "q2", Name: "flm-1m-large", State: session.Waiting}}
		b := openSessions(t, d.fakeSessions, d, field.theme, field.width, field.height)
		b.shown(1200)
		b.until("the queue", func() bool { return b.runs.Queued() == 2 })
		for _, page := range field.pages {
			b.show(page)
			golden.Check(t, b.drawn(field.width, field.height, field.scale), fmt.Sprintf("%s-%s-%.0f.png", page, field.theme, field.width*field.scale))
		}
	}
}

// show shows a page with all that is in it.
func (b *bench) show(page string) {
	switch page {
	case "plan":
		b.ctrl(fyne.KeyP)
		b.until("the price", b.planner.Priced)
	case "tune":
		b.page(page)
		b.until("the course", func() bool { return b.tuning.course != nil })
		b.knobs.Stage("lr", "0.5x")
	default:
		b.page(page)
	}
}

// drawn is the window at a scale.
func (b *bench) drawn(width, height, scale float32) image.Image {
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(b.content)
	c.SetScale(scale)
	return capture(c, fyne.NewSize(width, height))
}
