package app

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"time"

	"growlab/app/devicepage"
	"growlab/app/doctor"
	"growlab/app/session"
	"growlab/cudart"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// machine is what sessions are that know the machine they are on; desk.Desk is one. All methods may be slow but Now.
type machine interface {
	Examine() (session.Devices, []doctor.Finding)
	GPUs() *cudart.Report
	// Now is the load so far, and free and all memory; 0 for what is not known.
	Now() (load session.Load, free, all int64)
	// Use sets the device of runs that begin from now on; it is quick.
	Use(device string)
}

// devices joins the page of devices to the machine.
type devices struct {
	*devicepage.Page
	machine machine
	looking bool
	looked  bool
	cancel  context.CancelFunc // ends the live numbers; nil while the page is not on show
}

func (w *window) newDevices() *devices {
	d := &devices{}
	d.machine, _ = w.sessions.(machine)
	d.Page = devicepage.New(devicepage.Actions{Look: w.examine, Back: w.comeBack, Threads: w.setThreads, Train: w.trainOn})
	return d
}

// recallDevice has runs begin on the device that was chosen last. The environment goes before it.
func (w *window) recallDevice() {
	if w.devices.machine == nil {
		return
	}
	device := w.prefs.String(prefDevice)
	if forced := os.Getenv(session.EnvDevice); forced != "" {
		w.devices.Page.Use(forced, session.EnvDevice+" says so, and goes before the boxes")
		return
	}
	w.devices.machine.Use(device)
	w.devices.Page.Use(device, "")
}

// trainOn has runs begin on a device from now on, and remembers it.
func (w *window) trainOn(device string) {
	w.prefs.SetString(prefDevice, device)
	w.devices.machine.Use(device)
}

// showDevices shows the page of devices, with live numbers as long as it is on show.
func (w *window) showDevices() {
	if w.devices.machine == nil {
		return
	}
	w.goTo(placeDevices)
	if !w.devices.looked {
		w.examine()
	}
}

// examine looks at the machine.
func (w *window) examine() {
	d := w.devices
	if d.looking || d.machine == nil {
		return
	}
	d.looking = true
	d.Looking()
	go func() {
		found, findings := d.machine.Examine()
		w.feed.deliver(w.ctx, func() {
			d.looking, d.looked = false, true
			d.Show(found, findings)
		})
	}()
}

// The times between two looks at what changes.
const (
	nowPeriod = time.Second
	gpuPeriod = 3 * time.Second // NVIDIA's libraries are asked in a process of their own
)

// goLive starts the live numbers of the page, and rest ends them.
func (w *window) goLive() {
	d := w.devices
	if d.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	d.cancel = cancel
	go w.measureNow(ctx)
	go w.measureGPUs(ctx)
}

func (d *devices) rest() {
	if d.cancel != nil {
		d.cancel()
		d.cancel = nil
	}
}

func (w *window) measureNow(ctx context.Context) {
	before, _, _ := w.devices.machine.Now()
	for pause(ctx, nowPeriod) {
		load, free, all := w.devices.machine.Now()
		busy := -1.0
		if load.All > before.All {
			busy = load.Since(before)
		}
		before = load
		w.feed.deliver(ctx, func() { w.devices.Now(busy, free, all) })
	}
}

// measureGPUs goes on only where there is a GPU.
func (w *window) measureGPUs(ctx context.Context) {
	for pause(ctx, gpuPeriod) {
		r := w.devices.machine.GPUs()
		if len(r.GPUs) == 0 {
			return
		}
		w.feed.deliver(ctx, func() { w.devices.GPUs(r) })
	}
}

// pause waits, and is false at the end of ctx.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// refreshThreads shows how many threads the selected run uses.
func (w *window) refreshThreads(info session.Info) {
	now, most := w.view.threads, w.view.mostThreads
	if !info.Live() || most == 0 {
		w.devices.Threads("", 0, 0)
		w.devices.Holds("", 0)
		return
	}
	w.devices.Threads(info.Name, now, most)
	w.devices.Holds(info.Name, w.view.memory.Process)
}

// setThreads has the selected run use n threads.
func (w *window) setThreads(n int) {
	id := w.id
	if id == "" || n == w.view.threads {
		return
	}
	go func() {
		err := w.sessions.Send(w.ctx, id, control.Command{Verb: control.Set, Key: "threads", Value: strconv.Itoa(n)})
		w.feed.deliver(w.ctx, func() {
			if err != nil {
				w.fail("The number of threads did not change", err)
			}
			w.refresh()
		})
	}()
}

// threadsNamed finds the number of threads in a device's name or in a change of it: "cpu avx2 fp32, 2 threads", "threads=2".
var threadsNamed = regexp.MustCompile(`\b(\d+) threads?\b|^threads=(\d+)$`)

// noteThreads follows how many threads a run uses. An engine opens as many as it can ever use.
func (v *runView) noteThreads(e event.Event) {
	text := ""
	switch e := e.(type) {
	case event.Start:
		text = e.Device
		v.threads, v.mostThreads = 0, 0
	case event.Command:
		if e.Verb == control.Set {
			text = e.Detail
		}
	default:
		return
	}
	found := threadsNamed.FindStringSubmatch(text)
	if found == nil {
		return
	}
	n, err := strconv.Atoi(found[1] + found[2])
	if err != nil {
		return
	}
	v.threads, v.mostThreads = n, max(n, v.mostThreads)
}
