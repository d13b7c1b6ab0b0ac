//go:build linux

package engine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/trainer/compute"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// onGPU is a device of which only the GPU is asked.
type onGPU struct {
	compute.Device
	props cudart.Properties
}

func (d onGPU) GPU() cudart.Properties { return d.props }

// pretended is a machine with two GPUs, and the devices on them.
func pretended(t *testing.T) (*fake.Machine, []compute.Device) {
	t.Helper()
	libs, err := fake.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := libs.Machine(t)
	m.Set("devices 2")
	m.Set("device 0 name First card")
	m.Set("device 1 name Second card")
	m.Set("device 1 power 250000")
	m.Set("device 1 throttle 68")
	t.Setenv(cudart.EnvLibraries, m.Dir)
	var devs []compute.Device
	for _, g := range cudart.Probe().GPUs {
		devs = append(devs, onGPU{props: cudart.Properties{Name: g.Name, UUID: g.UUID, PCI: g.PCI}})
	}
	return m, devs
}

// taken waits for something new.
func taken(t *testing.T, m *meter) []event.GPU {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if all := m.Take(); all != nil {
			return all
		}
	}
	t.Fatal("nothing was measured")
	return nil
}

// TestMeterOfSeveralRanks: rank 0 tells of its own GPU and of those of the others, and counts the energy of all.
func TestMeterOfSeveralRanks(t *testing.T) {
	machine, devs := pretended(t)
	groups := ranks.Local(2)
	var meters []*meter
	for i, g := range groups {
		m, err := newMeter(devs[i:i+1], g)
		if err != nil {
			t.Fatal(err)
		}
		meters = append(meters, m)
	}
	second := taken(t, meters[1])
	groups[1].AskStop()
	<-groups[0].StopAsked() // sent after the note
	all := taken(t, meters[0])
	if len(all) != 2 || !reflect.DeepEqual(all[1], second[0]) {
		t.Fatalf("rank 0 tells of %+v; rank 1 told of %+v", all, second)
	}
	if a, b := all[0], all[1]; a.Rank != 0 || b.Rank != 1 || a.Name != "First card" || b.Name != "Second card" || *b.Power != 250 ||
		a.Slowed || !b.Slowed || b.Throttle != "power cap, hardware thermal slowdown" || a.Throttle != "" {
		t.Errorf("measured %+v", all)
	}
	if again := meters[0].Take(); again != nil {
		t.Errorf("the same measurement was taken twice: %+v", again)
	}
	groups[1].Note([]byte(`{"gpus":[],"joules":1000}`))
	for until := time.Now().Add(2 * time.Minute); meters[0].Joules() < 1000; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the energy is %v J; rank 1 told of 1000 J", meters[0].Joules())
		}
	}
	for i, m := range meters {
		if err := m.close(); err != nil {
			t.Error(err)
		}
		if err := groups[i].Close(); err != nil {
			t.Error(err)
		}
	}
	if opened, closed := machine.Calls("nvmlInit_v2"), machine.Calls("nvmlShutdown"); opened != closed || opened != 3 { // and the probe's
		t.Errorf("NVML was opened %d times and closed %d times, want 3", opened, closed)
	}
}

// TestNoMeter: a run without a GPU has none, and one whose GPU cannot be measured hears why.
func TestNoMeter(t *testing.T) {
	machine, devs := pretended(t)
	if m, err := newMeter([]compute.Device{nil}, nil); m != nil || err != nil || m.close() != nil {
		t.Errorf("without a GPU there is a meter %v, %v", m, err)
	}
	machine.Remove("libnvidia-ml.so.1")
	var said string
	e := &Engine{dev: devs[0], options: Options{Warn: func(s string) { said = s }}}
	if e.openMeter(); e.meter != nil || !strings.Contains(said, "the GPUs are not measured") || !strings.Contains(said, "nvidia-ml") {
		t.Errorf("without NVML there is a meter %v, and a person hears %q", e.meter, said)
	}
}
