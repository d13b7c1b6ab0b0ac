//go:build xvfb

package app

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"growlab/app/curvepage"
	"growlab/app/curves"
	"growlab/app/look"
	"growlab/trainer/event"
)

// longRuns and longSteps make the 400,000 points of the scene "curves".
const longRuns, longSteps = 4, 100_000

// openCurves opens a window with the page of curves alone: four runs of 100,000 steps, smoothed over their raw values, to which
// ten times a second a step is added. With charts it shows those below the loss too.
func openCurves(charts bool) {
	a := newApp(os.Getenv("GROWLAB_TEST_THEME"))
	w := a.NewWindow("curves")
	p := curvepage.New(curvepage.Actions{Window: func() fyne.Window { return w }})
	p.Loss.SetSmooth(0.99)
	p.Loss.SetLogY(true)
	if !charts {
		p.SetMetrics(nil)
	}
	var runs []*curves.Run
	for i := range longRuns {
		r := curves.NewRun(fmt.Sprint(i), fmt.Sprint("run ", i+1))
		var past []event.Event
		for s := int64(1); s <= longSteps; s++ {
			past = append(past, longStep(i, s))
		}
		r.Apply(past)
		runs = append(runs, r)
		if i == 0 {
			p.Show(r, 0)
		} else {
			p.Add(r, i)
		}
	}
	w.SetPadded(false)
	w.SetContent(p.Object)
	w.Resize(fyne.NewSize(1280, 800))
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		for s := int64(longSteps + 1); ; s++ {
			<-tick.C
			fyne.DoAndWait(func() {
				for i, r := range runs {
					r.Apply([]event.Event{longStep(i, s)})
				}
				p.Refresh()
			})
			_ = os.WriteFile(os.Getenv("HOME")+"/updates", []byte(strconv.FormatInt(s-longSteps, 10)), 0o600) // the test misses it if it is not there
		}
	}()
	w.ShowAndRun()
}

func longStep(run int, s int64) event.Step {
	n := noise(s*int64(run+3) + 1)
	return event.Step{
		Step: s, Tokens: s * batch, Stage: 1, Loss: 1.6 + 0.2*float64(run) + 3.9*math.Pow(1+float64(s)/900, -0.75) + 0.08*n, LR: 8e-3,
		GradNorm: 0.5 + 0.1*n, Mask: 1, TokensPerSec: 6e4, FLOPs: 1e9 * float64(s), Seconds: 0.03 * float64(s),
	}
}

// updates is how many updates the scene has made.
func updates(t *testing.T, program *exec.Cmd) int {
	t.Helper()
	home := ""
	for _, v := range program.Env {
		if value, ok := strings.CutPrefix(v, "HOME="); ok {
			home = value // the last one holds
		}
	}
	text, err := os.ReadFile(filepath.Join(home, "updates"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The requirement is 40 % of a core for ten updates a second of 400,000 points in software GL; the test lets pass twice that, since
// it shares the machine. -v tells what it was.
func TestLongCurvesAreCheap(t *testing.T) {
	s := newScreen(t)
	for _, row := range []struct {
		scene string
		most  float64
	}{{"curves", 0.8}, {"charts", 1.2}} {
		program := s.windowProgram(t, row.scene, look.Dark)
		s.wait(t, 150)
		time.Sleep(time.Second)
		const span = 4 * time.Second
		before, first := spent(t, program.Process.Pid), updates(t, program)
		time.Sleep(span)
		used, count := spent(t, program.Process.Pid)-before, updates(t, program)-first
		t.Logf("%s: %.0f %% of a core for %.1f updates a second", row.scene, 100*used.Seconds()/span.Seconds(), float64(count)/span.Seconds())
		if count < 4 {
			t.Errorf("%s: %d updates in %v, want some", row.scene, count, span)
		}
		if used.Seconds() > row.most*span.Seconds() {
			t.Errorf("%s: used %v of processor time in %v, want at most %.0f %% of a core", row.scene, used, span, 100*row.most)
		}
		keep(t, s.picture(t), "long-"+row.scene)
		closeWindow(t, program)
	}
}
