package app

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"growlab/app/comparison"
	"growlab/app/lab"
)

func (w *window) newComparison() *comparison.Page {
	return comparison.NewPage(comparison.Host{
		Compare: w.compareRuns, Cancel: w.cancelComparing, Rival: func(kind string) { w.runRival(w.id, kind) }, Export: w.exportReport,
		Color: w.colour,
	})
}

// compareRuns has runs judged off the goroutine of the window.
func (w *window) compareRuns(ids []string) {
	s, ok := w.workOn()
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.stopComparing = cancel
	w.compare.Working("comparing")
	of := w.id
	go func() {
		defer cancel()
		c, err := s.Compare(ctx, ids, func(doing string) {
			w.feed.deliver(ctx, func() {
				if of == w.id {
					w.compare.Working(doing)
				}
			})
		})
		w.feed.deliver(w.ctx, func() {
			switch {
			case of != w.id: // another run is on show
			case errors.Is(err, context.Canceled):
				w.compare.Cancelled()
			default:
				w.compare.Done(c, err)
			}
		})
	}()
}

func (w *window) cancelComparing() {
	if w.stopComparing != nil {
		w.stopComparing()
	}
}

// exportReport asks for a folder and writes the report into it.
func (w *window) exportReport(c lab.Comparison) {
	if w.win == nil {
		return
	}
	ask := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		switch {
		case err != nil:
			w.compare.Tell(err.Error(), true)
		case folder != nil:
			w.writeReport(folder.Path(), c)
		}
	}, w.win)
	ask.SetConfirmText("Write the report here")
	w.ask(ask)
}

func (w *window) writeReport(dir string, c lab.Comparison) {
	w.compare.Working("writing the report")
	done := w.working("writing the report", nil)
	go func() {
		err := lab.WriteReport(dir, c)
		w.feed.deliver(w.ctx, func() {
			done()
			if err != nil {
				w.compare.Tell(err.Error(), true)
				return
			}
			w.compare.Tell("The report is in "+lab.ReportFile(dir)+".", false)
		})
	}()
}
