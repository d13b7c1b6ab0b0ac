package app

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"growlab/app/doctor"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/cudart"
	"growlab/trainer/event"
)

// examined is a machine of runs that can be looked at.
type examined struct {
	*fakeSessions
	load   session.Load
	device string // that runs begin on
}

func (*examined) Examine() (session.Devices, []doctor.Finding) {
	return session.Devices{CPU: session.CPU{Model: "abacus", Cores: 2, Device: "cpu beads"}, CUDA: &cudart.Report{Problem: "no GPU"}},
		[]doctor.Finding{{Check: "cpu", OK: true, Detail: "beads slide"}}
}

func (e *examined) Use(device string) { e.device = device }

func (*examined) GPUs() *cudart.Report { return &cudart.Report{Problem: "no GPU"} }

func (e *examined) Now() (load session.Load, free, all int64) {
	e.load.Busy += 30
	e.load.All += 100
	return e.load, 3e9, 4e9
}

// says reports whether a text is on show somewhere in o.
func says(o fyne.CanvasObject, text string) bool {
	return slices.ContainsFunc(pagetest.Tree(o), func(o fyne.CanvasObject) bool {
		l, ok := o.(*look.Line)
		return ok && l.Visible() && strings.Contains(l.Text(), text)
	})
}

func TestDevicesScreen(t *testing.T) {
	fake := &examined{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.shown(1610)
	b.ctrl(fyne.KeyD)
	if !b.devices.Object.Visible() || b.tabs.Visible() || b.sidebar.Visible() {
		t.Fatal("Ctrl+D does not show the machine alone")
	}
	b.until("what the machine is", func() bool { return says(b.devices.Object, "abacus · 2 cores") })
	b.until("live numbers", func() bool { return says(b.devices.Object, "30 % busy") })
	if !says(b.devices.Object, "that flm-1m uses") {
		t.Error("the knob of threads is not for the run that trains")
	}
	b.key(fyne.KeyEscape)
	if b.devices.Object.Visible() || !b.tabs.Visible() || b.devices.cancel != nil {
		t.Error("Esc does not leave the machine, or live numbers go on")
	}
}

func TestThreadsAreSet(t *testing.T) {
	fake := &examined{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.shown(1610)
	b.setThreads(2) // it has them
	b.setThreads(1)
	b.sent("set flm-1m")
}

func TestThreadsAreFollowed(t *testing.T) {
	v := newRunView()
	v.apply([]event.Event{event.Start{Device: "cpu avx512 fp32, 16 threads"}})
	if v.threads != 16 || v.mostThreads != 16 {
		t.Errorf("at the start: %d of %d threads, want 16 of 16", v.threads, v.mostThreads)
	}
	v.apply([]event.Event{event.Command{Verb: "set", Detail: "threads=4"}, event.Command{Verb: "set", Detail: "lr=0.5"}})
	if v.threads != 4 || v.mostThreads != 16 {
		t.Errorf("after set: %d of %d threads, want 4 of 16", v.threads, v.mostThreads)
	}
	v.apply([]event.Event{event.Start{Device: "cuda NVIDIA H100"}})
	if v.mostThreads != 0 {
		t.Errorf("on a GPU: %d threads, want none", v.mostThreads)
	}
}

func TestDeviceIsRemembered(t *testing.T) {
	t.Setenv(session.EnvDevice, "")
	fake := &examined{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.prefs = fyne.CurrentApp().Preferences()
	b.trainOn("cuda:0,1")
	if fake.device != "cuda:0,1" {
		t.Errorf("runs begin on %q, want what was chosen", fake.device)
	}
	fake.device = ""
	b.recallDevice() // as the next start does
	if fake.device != "cuda:0,1" {
		t.Errorf("after a start runs begin on %q, want what was chosen before", fake.device)
	}
	t.Setenv(session.EnvDevice, "cpu")
	fake.device = ""
	b.recallDevice()
	if fake.device != "" {
		t.Errorf("runs begin on %q beside a device of the environment", fake.device)
	}
}
