package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"growlab/app/comparison"
	"growlab/app/lab"
)

func (w *window) newComparison() *comparison.Page {
	return comparison.NewPage(comparison.Host{
		Compare: w.compareRuns, Cancel: w.cancelComparing, Rival: func(kind string) { w.runRival(w.id, kind) }, Export: w.exportReport,
		Open: w.openFile, Hint: w.hint, Color: w.colour,
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
	ask.SetTitleText("In which folder?")
	ask.SetConfirmText("Write the report here")
	w.ask(ask)
}

// writeReport writes the report into a folder of its own in dir, so that it lies among nothing else and replaces nothing.
func (w *window) writeReport(dir string, c lab.Comparison) {
	dir = freeFolder(dir, "report-"+c.Groups[0].Entries[0].Info.Name)
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
			w.compare.Wrote(lab.ReportFile(dir))
		})
	}()
}

// freeFolder is a folder of that name in dir, with a number behind if there is one already.
func freeFolder(dir, name string) string {
	name = strings.Map(func(r rune) rune {
		if r == filepath.Separator || unicode.IsSpace(r) {
			return '-'
		}
		return r
	}, name)
	for n := 1; ; n++ {
		path := filepath.Join(dir, name)
		if n > 1 {
			path += fmt.Sprintf("-%d", n)
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		} else if err != nil {
			return dir // writing there will say what is wrong
		}
	}
}

// openFile shows a file in the program that the machine has for it.
func (w *window) openFile(path string) {
	if err := fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: path}); err != nil {
		w.fail("The file cannot be opened", err)
	}
}
