//go:build xvfb

package app

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"growlab/app/chart"
	"growlab/app/cli"
	"growlab/app/desk"
	"growlab/app/form"
	"growlab/app/lab"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/planner"
	"growlab/app/session"
	"growlab/store"
	"growlab/trainer/event"
)

func init() {
	program = func(args []string) int { return cli.Main(cli.Program{}, args) }
}

// openJourney opens a real window on real runs, and tells on its standard output where things are that its standard input names.
func openJourney() {
	home, err := session.Open()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	home.Threads = 1
	shown := func(w *window) { go w.guide(os.Stdin, os.Stdout) }
	if err := Run(Options{Sessions: desk.Desk{Home: home}, Theme: look.Dark, shown: shown}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// guide answers lines such as "button Train" by the place of the middle of what they name, in pixels, or by "none".
func (w *window) guide(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		what, name, _ := strings.Cut(lines.Text(), " ")
		answer := "none"
		fyne.DoAndWait(func() {
			if at, ok := w.where(what, name); ok {
				scale := w.win.Canvas().Scale()
				answer = fmt.Sprintf("%.0f %.0f", at.X*scale, at.Y*scale)
			}
		})
		_, _ = fmt.Fprintln(out, answer) // the test is gone if it cannot be told
	}
}

// where is the place of something on show: a "button" by its text, a "plan" button by its text, a "field" by its label, a "tab" by
// its title, the "boundary" of a plan by its number, the "arrow" of a field by its label, an "item" of a menu by how it begins.
func (w *window) where(what, name string) (fyne.Position, bool) {
	root := w.content
	if top := w.win.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	if what == "plan" {
		if w.planner == nil || w.place != placePlan {
			return fyne.Position{}, false
		}
		root, what = w.planner.Object, "button"
	}
	for _, o := range pagetest.Tree(root) {
		found := false
		at := fyne.NewPos(o.Size().Width/2, o.Size().Height/2)
		switch o := o.(type) {
		case *widget.Button:
			found = what == "button" && o.Text == name && !o.Disabled()
		case *form.Field:
			found, at.Y = (what == "field" || what == "arrow") && o.Spec.Label == name, o.Size().Height*0.7
			if what == "arrow" {
				at.X = o.Size().Width - 15
			}
		case *canvas.Text:
			found = what == "tab" && o.Text == name || what == "item" && strings.HasPrefix(o.Text, name)
		case *planner.Timeline:
			found, at.X = what == "boundary", o.Boundary(1)
		}
		if found && visible(root, o) {
			return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Add(at), true
		}
	}
	return fyne.Position{}, false
}

// journey is a person at the screen.
type journey struct {
	t      *testing.T
	screen screen
	home   *session.Home
	ask    io.Writer
	answer *bufio.Scanner
}

// do runs xdotool.
func (j journey) do(args ...string) {
	j.t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+j.screen.display)
	if out, err := c.CombinedOutput(); err != nil {
		j.t.Fatalf("xdotool %q: %v: %s", args, err, out)
	}
}

// find waits until something is on show and returns where.
func (j journey) find(what, name string) (x, y int) {
	j.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, err := fmt.Fprintln(j.ask, what, name); err != nil {
			j.t.Fatal(err)
		}
		if !j.answer.Scan() {
			j.t.Fatal("the window is gone")
		}
		if n, err := fmt.Sscanf(j.answer.Text(), "%d %d", &x, &y); err == nil && n == 2 {
			return x, y
		}
	}
	keep(j.t, j.screen.picture(j.t), "journey-lost")
	j.t.Fatalf("there is no %s %q on show", what, name)
	return 0, 0
}

// click clicks on what is named, which must not move in between.
func (j journey) click(what, name string) {
	j.t.Helper()
	x, y := j.find(what, name)
	for { // what has just come may still be on its way to its place
		time.Sleep(150 * time.Millisecond)
		x2, y2 := j.find(what, name)
		if x2 == x && y2 == y {
			break
		}
		x, y = x2, y2
	}
	j.do("mousemove", fmt.Sprint(x), fmt.Sprint(y), "sleep", "0.05", "click", "1")
}

// fill puts a text into a field.
func (j journey) fill(label, text string) {
	j.t.Helper()
	j.click("field", label)
	j.do("sleep", "0.1", "key", "ctrl+a", "sleep", "0.05", "type", "--delay", "15", text)
}

// until waits for something in the run files.
func (j journey) until(what string, ok func() bool) {
	j.t.Helper()
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if ok() {
			return
		}
	}
	keep(j.t, j.screen.picture(j.t), "journey-lost")
	infos, err := j.home.Runs()
	j.t.Fatalf("four minutes passed without %s; the runs are %+v (%v)", what, infos, err)
}

// run is the newest run whose recipe has that suffix.
func (j journey) run(suffix string) session.Info {
	infos, err := j.home.Runs()
	if err != nil {
		return session.Info{}
	}
	for _, i := range infos {
		if strings.HasSuffix(i.Recipe, suffix) {
			return i
		}
	}
	return session.Info{}
}

// happened are the events in the file of a run that ok accepts.
func (j journey) happened(file string, ok func(event.Event) bool) []event.Event {
	j.t.Helper()
	r, err := store.OpenReader(file)
	if err != nil {
		return nil // being made
	}
	defer func() { _ = r.Close() }() // only read from
	journal, err := r.Events(0)
	if err != nil {
		return nil
	}
	var all []event.Event
	for _, e := range journal {
		if ok(e.Event) {
			all = append(all, e.Event)
		}
	}
	return all
}

// shows waits until the screen has at least so many pixels about of a colour.
func (j journey) shows(what string, c color.NRGBA, least int) {
	j.t.Helper()
	n := 0
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if n = near(j.screen.picture(j.t), c); n >= least {
			return
		}
	}
	keep(j.t, j.screen.picture(j.t), "journey-lost")
	j.t.Errorf("%s: %d pixels have the colour %v, want at least %d", what, n, c, least)
}

// near counts pixels that are about of a colour.
func near(img *image.NRGBA, c color.NRGBA) int {
	n := 0
	for i := 0; i < len(img.Pix); i += 4 {
		off := 0
		for k, v := range []uint8{c.R, c.G, c.B} {
			off = max(off, int(img.Pix[i+k])-int(v), int(v)-int(img.Pix[i+k]))
		}
		if off <= 12 {
			n++
		}
	}
	return n
}

// A person who has never seen it, with the mouse: a first run, planned and trained, through its transitions, changed while it
// trains, paused, gone on with, compared with its twin, and the report of that.
func TestJourney(t *testing.T) {
	if _, err := exec.LookPath("xdotool"); err != nil {
		t.Fatal("xdotool is missing; install it with: apt install xdotool")
	}
	s := newScreen(t)
	dir := t.TempDir()
	for _, name := range []string{".config", ".cache", "run"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GROWLAB_HOME", filepath.Join(dir, "growlab"))
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run"))
	home, err := session.Open()
	if err != nil {
		t.Fatal(err)
	}
	window := exec.Command(os.Args[0])
	window.Env = append(os.Environ(), "DISPLAY="+s.display, childEnv+"=journey", "HOME="+dir, "XDG_CONFIG_HOME="+dir+"/.config",
		"XDG_CACHE_HOME="+dir+"/.cache", "WAYLAND_DISPLAY=", "GROWLAB_THREADS=1")
	window.Stderr = os.Stderr
	ask, err := window.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := window.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, window)
	t.Cleanup(func() { endEngines(home) })
	j := journey{t, s, home, ask, bufio.NewScanner(answer)}

	// First run: the cards, of which one is edited into something small.
	s.wait(t, 40)
	j.click("button", "Edit…")
	j.fill("final parameters", "150k")
	j.fill("tokens in all", "220k")
	j.click("button", "Derive")
	x, y := j.find("boundary", "1")
	j.do("mousemove", fmt.Sprint(x), fmt.Sprint(y), "sleep", "0.1", "mousedown", "1", "sleep", "0.1", "mousemove", fmt.Sprint(x-60), fmt.Sprint(y),
		"sleep", "0.1", "mousemove", fmt.Sprint(x/2), fmt.Sprint(y), "sleep", "0.2", "mouseup", "1")
	for late := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		moved, _ := j.find("boundary", "1")
		if moved <= x-100 {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("the boundary was dragged from %d to %d, want it far to the left", x, moved)
		}
	}
	keep(t, s.picture(t), "journey-1-plan")
	j.click("plan", "Train")
	j.until("a run", func() bool { return j.run("150k").Step > 0 })
	file := j.run("150k").File

	// Transition, tweak, pause, resume.
	grew := func(e event.Event) bool { _, ok := e.(event.Grew); return ok }
	j.until("a growth", func() bool { return len(j.happened(file, grew)) > 0 })
	j.click("button", "Pause")
	j.until("the pause", func() bool { return j.run("150k").State == session.Paused })
	j.shows("the curve of the loss", chart.Dark().Series[0], 200)
	keep(t, s.picture(t), "journey-2-paused")
	j.click("tab", "Tune")
	j.click("arrow", "peak learning rate") // no number has to be typed
	j.click("item", "× 0.5 · ")
	keep(t, s.picture(t), "journey-3-tune")
	j.click("button", "Apply")
	set := func(e event.Event) bool {
		c, ok := e.(event.Command)
		return ok && c.Verb == "set" && strings.HasPrefix(c.Detail, "lr=")
	}
	j.until("the change in the journal", func() bool { return len(j.happened(file, set)) == 1 })
	change := j.happened(file, set)[0].(event.Command).Detail
	j.click("button", "Resume")
	j.until("the end of the run", func() bool { return j.run("150k").State == session.Done })
	if n := len(j.happened(file, grew)); n != 2 {
		t.Errorf("the run grew %d times, want 2", n)
	}

	// The twin, the verdict, and the report.
	j.click("tab", "Compare")
	j.click("button", "Run from-scratch twin")
	j.until("the end of the twin", func() bool { return j.run("-twin").State == session.Done })
	j.click("button", "Compare")
	j.find("button", "Export report…")
	j.shows("the curves of both", chart.Dark().Series[1], 60)
	keep(t, s.picture(t), "journey-4-verdict")
	j.click("button", "Export report…")
	j.click("button", "Write the report here")
	report := lab.ReportFile(filepath.Join(dir, "report-derived-150k"))
	j.until("the report", func() bool { _, err := os.Stat(report); return err == nil })
	j.find("button", "Open")
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"derived-150k", "derived-150k-twin", change} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	closeWindow(t, window)
}

// endEngines ends what a failed journey has left.
func endEngines(home *session.Home) {
	infos, err := home.Runs()
	if err != nil {
		return
	}
	for _, i := range infos {
		if pid, busy := store.Busy(i.File); busy && pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	}
	if pid, works := home.QueueRunner(); works && pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}
