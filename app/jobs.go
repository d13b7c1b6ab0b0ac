package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"growlab/app/look"
	"growlab/app/words"
)

// job is something that was asked for and goes on in the background.
type job struct {
	what   string
	began  time.Time
	cancel func() // nil if it cannot be given up
}

// jobs is the corner of the status line that tells of what takes longer than a moment.
type jobs struct {
	object *fyne.Container
	text   *look.Line
	cancel *look.Tip
	list   []*job
	around *fyne.Container // laid out anew when the corner takes more room or less
}

// jobPeriod is how long a job may take before it is told of, and the time between two looks at it.
const jobPeriod = time.Second

func newJobs(hint func(string)) *jobs {
	j := &jobs{text: look.NewLine(look.Caption, "")}
	j.cancel = look.NewTip(theme.CancelIcon(), "give this up", func() {
		if now := j.now(); now != nil && now.cancel != nil {
			now.cancel()
		}
	}, hint)
	j.object = container.NewHBox(j.text, container.New(look.Margin(0, 0, -5, -5), j.cancel))
	j.object.Hide()
	return j
}

// now is the job to tell of, the newest that takes long; nil if there is none.
func (j *jobs) now() *job {
	for _, one := range slices.Backward(j.list) {
		if time.Since(one.began) >= jobPeriod {
			return one
		}
	}
	return nil
}

// show tells of the job that goes on.
func (j *jobs) show() {
	one := j.now()
	text := ""
	if one != nil {
		text = fmt.Sprintf("%s… %s", one.what, words.Duration(time.Since(one.began)))
	}
	changed := look.Show(j.object, one != nil)
	if text != j.text.Text() {
		j.text.Set(text)
		changed = true
	}
	if one != nil && look.Show(j.cancel, one.cancel != nil) || changed {
		j.around.Refresh()
	}
}

// working notes that something goes on, which cancel gives up, nil if it cannot be. It is told of once it has taken a second, until
// the function that is returned is called, on the goroutine of the window as this one is.
func (w *window) working(what string, cancel func()) (done func()) {
	one := &job{what: what, began: time.Now(), cancel: cancel}
	w.jobs.list = append(w.jobs.list, one)
	ctx, end := context.WithCancel(w.ctx)
	go func() {
		for pause(ctx, jobPeriod) {
			w.feed.deliver(ctx, w.jobs.show)
		}
	}()
	return func() {
		end()
		w.jobs.list = slices.DeleteFunc(w.jobs.list, func(o *job) bool { return o == one })
		w.jobs.show()
	}
}
