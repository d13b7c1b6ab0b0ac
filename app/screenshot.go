package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
)

// Shot says what a picture of the window shows.
type Shot struct {
	Width, Height int
	Scale         float64       // pixels per unit of length; 0 is 1
	Page          string        // one of the pages of a run, "" for the first, "presets" for the cards, "plan" or "devices"
	Colours       string        // of the drawing of the network, as its selector has them; "" for by age
	Wait          time.Duration // at most; 0 is a minute, since comparing measures networks anew
}

// Screenshot draws the window as a PNG, without a screen: the run o.Open, or the one that a window would show first, with
// all that has happened in it so far.
func Screenshot(out io.Writer, o Options, s Shot) error {
	if err := checkTheme(o.Theme); err != nil {
		return err
	}
	if s.Width < 640 || s.Height < 400 || s.Width > 10_000 || s.Height > 10_000 {
		return fmt.Errorf("a picture of the window has 640 x 400 to 10,000 x 10,000 units, not %d x %d", s.Width, s.Height)
	}
	if s.Wait == 0 {
		s.Wait = time.Minute
	}
	newApp(o.Theme)
	ctx, cancel := context.WithTimeout(context.Background(), s.Wait)
	defer cancel()
	queue := make(chan func(), 16)
	w := newWindow(ctx, o.Sessions, func(f func()) {
		select {
		case queue <- f:
		case <-ctx.Done():
		}
	})
	w.open = o.Open
	if err := w.side.colour(s.Colours); err != nil {
		return err
	}
	if i := slices.Index(w.pageNames(), s.Page); i >= 0 {
		w.tabs.SelectIndex(i) // before they are laid out, so that nothing has to move
	}
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(w.content)
	c.Resize(fyne.NewSize(float32(s.Width), float32(s.Height)))
	if s.Scale > 0 {
		c.SetScale(float32(s.Scale))
	}
	w.run()
	if err := w.settleFor(ctx, queue, o.Open); err != nil {
		return err
	}
	if err := w.turnTo(s.Page); err != nil {
		return err
	}
	c.Resize(fyne.NewSize(float32(s.Width), float32(s.Height)))
	if err := w.settleFor(ctx, queue, ""); err != nil { // what the page asks for comes
		return err
	}
	return png.Encode(out, capture(c, fyne.NewSize(float32(s.Width), float32(s.Height))))
}

// settleFor runs what is queued for the window until its run has come in whole, or, if it trains, up to where the list says it is.
func (w *window) settleFor(ctx context.Context, queue <-chan func(), open string) error {
	tick := time.NewTicker(2 * livePeriod)
	defer tick.Stop()
	for came := -1; ; came = w.view.train.Len() {
		if err := runUntil(ctx, queue, tick.C); err != nil {
			return err
		}
		if open != "" && w.listed && w.id != open {
			return fmt.Errorf("there is no run %q", open)
		}
		if w.settled(came) {
			return nil
		}
	}
}

// settled reports whether nothing more is waited for; came is how much of the curve there was a while ago.
func (w *window) settled(came int) bool {
	if !w.listed || w.presets == nil || w.devices.looking || w.compare.Busy() {
		return false
	}
	now := w.view.train.Len()
	live := w.info().Live() && came > 0 && w.view.last.Step >= w.info().Step
	return w.id == "" || len(w.view.log) > 0 && (now == came || live)
}

// runUntil runs what is queued for the window until a tick.
func runUntil(ctx context.Context, queue <-chan func(), tick <-chan time.Time) error {
	for {
		select {
		case f := <-queue:
			f()
		case <-tick:
			return nil
		case <-ctx.Done():
			return errors.New("the run did not come in time")
		}
	}
}

func (w *window) turnTo(page string) error {
	switch page {
	case "":
		return nil
	case "presets":
		w.newRun()
		return nil
	case "devices":
		w.showDevices()
		return nil
	case "plan":
		w.planRun()
		return nil
	}
	names := w.pageNames()
	if slices.Contains(names, page) { // selected already
		if page == "compare" && len(w.compare.Picked()) > 0 {
			w.compare.Asks()
		}
		return nil
	}
	return fmt.Errorf("page %q: there are %s, presets, plan and devices", page, strings.Join(names, ", "))
}

// capture lays out twice, since text that wraps knows its height only when it knows its width.
func capture(c software.WindowlessCanvas, size fyne.Size) image.Image {
	c.Resize(size.AddWidthHeight(1, 0))
	c.Resize(size)
	return c.Capture()
}
