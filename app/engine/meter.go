package engine

import (
	"encoding/json"
	"os"
	"time"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// measureEvery is between two measurements of GPUs.
const measureEvery = 2 * time.Second

// meter is the trainer.Meter of the GPUs of a run: those of this process, and on rank 0 those of the other ranks, as they last told.
type meter struct {
	gpus    []event.GPU // without measurements
	sampler *cudart.Sampler
	ranks   *ranks.Group
	taken   int // measurements
}

// measured is what a rank tells rank 0.
type measured struct {
	GPUs   []event.GPU `json:"gpus"`
	Joules float64     `json:"joules"`
}

// newMeter measures the devices that are GPUs; nil if there are none. What keeps it from measuring, a missing NVML say, is an error that
// need not keep anyone from training.
func newMeter(devs []compute.Device, g *ranks.Group) (*meter, error) {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	m := &meter{ranks: g}
	var gpus []cudart.Properties
	for i, dev := range devs {
		if dev, ok := dev.(interface{ GPU() cudart.Properties }); ok {
			p := dev.GPU()
			gpus = append(gpus, p)
			m.gpus = append(m.gpus, event.GPU{Rank: g.Rank() + i, Host: host, Name: p.Name})
		}
	}
	if len(gpus) == 0 {
		return nil, nil
	}
	m.sampler, err = cudart.NewFinder().Sampler(gpus, measureEvery)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// close ends measuring.
func (m *meter) close() error {
	if m == nil {
		return nil
	}
	return m.sampler.Close()
}

// Take implements trainer.Meter.
func (m *meter) Take() []event.GPU {
	samples, count := m.sampler.Latest()
	if count == m.taken {
		return nil
	}
	m.taken = count
	all := make([]event.GPU, len(samples))
	for i, s := range samples {
		all[i] = withSample(m.gpus[i], s)
	}
	if !m.ranks.Leads() {
		if text, err := json.Marshal(measured{all, m.sampler.Joules()}); err == nil { // what it has marshals
			m.ranks.Note(text)
		}
		return all
	}
	for _, other := range m.others() {
		all = append(all, other.GPUs...)
	}
	return all
}

// Joules implements trainer.Meter.
func (m *meter) Joules() float64 {
	sum := m.sampler.Joules()
	for _, other := range m.others() {
		sum += other.Joules
	}
	return sum
}

// others are what the other ranks told last.
func (m *meter) others() (all []measured) {
	for rank, text := range m.ranks.Notes() {
		var one measured
		if rank > 0 && json.Unmarshal(text, &one) == nil { // nil of a rank that has told nothing yet
			all = append(all, one)
		}
	}
	return all
}

// withSample is g as measured.
func withSample(g event.GPU, s cudart.Sample) event.GPU {
	g.Utilization, g.MemoryUsed, g.MemoryTotal = s.Utilization, s.MemoryUsed, s.MemoryTotal
	g.Power, g.PowerLimit, g.Temperature, g.Clock = s.Power, s.PowerLimit, s.Temperature, s.Clock
	if s.Throttle != nil && *s.Throttle != 0 {
		g.Throttle, g.Slowed = s.Throttle.String(), s.Throttle.Slows()
	}
	return g
}

// openMeter begins to measure the engine's devices. A person hears why that cannot be, and the run goes on without.
func (e *Engine) openMeter() {
	m, err := newMeter([]compute.Device{e.dev}, e.options.Ranks)
	if err != nil {
		e.warn("the GPUs are not measured: %v", err)
	}
	e.meter = m
}
