package trainer

import (
	"slices"
	"strings"
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// threaded is a device that remembers with how many threads each pass ran.
type threaded struct {
	compute.Device
	now  int
	most int
	runs []int
}

func (d *threaded) Threads() (now, most int) { return d.now, d.most }
func (d *threaded) SetThreads(n int)         { d.now = n }

func (d *threaded) Run(b compute.Batch, f func(compute.Lane)) {
	d.runs = append(d.runs, d.now)
	d.Device.Run(b, f)
}

// TestSetThreads: the command takes effect with the next step, is journalled with its step, and what it cannot mean is
// refused with a sentence and changes nothing.
func TestSetThreads(t *testing.T) {
	requests := make(chan control.Request, 8)
	var refusals []string
	send := func(key, value string) {
		c := control.Command{Verb: control.Set, Key: key, Value: value}
		requests <- control.NewRequest(c, func(err error) {
			if err != nil {
				refusals = append(refusals, err.Error())
			}
		})
	}
	dev := &threaded{Device: newDevice(), now: 4, most: 4}
	m := &memory{}
	var before []int // passes until step 3 had ended
	m.hook = func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step == 3 {
			before = slices.Clone(dev.runs)
			send("threads", "0")
			send("threads", "5")
			send("threads", "all")
			send("seed", "3")
			send("threads", "2")
		}
	}
	tr, err := New(Options{
		Recipe: recipe(t), Device: dev, Data: text(t), Sink: m, Requests: requests,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, n := range dev.runs {
		if want := map[bool]int{true: 4, false: 2}[i < len(before)]; n != want {
			t.Fatalf("pass %d ran on %d threads, want %d; the command came after %d passes", i, n, want, len(before))
		}
	}
	if got := of[event.Command](m.events); len(got) != 1 || got[0].Verb != "set" || got[0].Detail != "threads=2" || got[0].Step != 3 {
		t.Errorf("journal has %+v, want set threads=2 at step 3", got)
	}
	for i, want := range []string{`threads is "0"`, "from 1 to 4", `threads is "all"`, `cannot change "seed"; it can change batch, checkpoint.every, clip, eval.every, lr, ramp, sample.every, weight_decay, threads`} {
		if i >= len(refusals) || !strings.Contains(refusals[i], want) {
			t.Errorf("refusal %d of %q should say %q", i, refusals, want)
		}
	}
}

// TestSetThreadsElsewhere: a device without threads says so.
func TestSetThreadsElsewhere(t *testing.T) {
	tr := start(t, recipe(t), &memory{}, nil, nil)
	if _, err := tr.setting("threads", "1"); err == nil || !strings.Contains(err.Error(), tr.Device.Name()) {
		t.Errorf("got %v, want a refusal that names the device %s", err, tr.Device.Name())
	}
}
