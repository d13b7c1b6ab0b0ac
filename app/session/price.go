package session

import (
	"errors"
	"sync"

	"growlab/growth"
	"growlab/trainer/compute"
)

// Cost is what a recipe takes on this machine.
type Cost struct {
	Device  string      // that it was measured on
	Stages  []StageCost // in order
	Memory  int64       // bytes, of the stage that needs most
	Free    int64       // bytes of memory now; 0 if not known
	Seconds float64     // of training steps alone
	// Trouble says in a sentence why it cannot be trained here, "" if it can.
	Trouble string
}

// StageCost is what one stage takes.
type StageCost struct {
	Memory  int64
	Seconds float64
}

// speeds are the speeds of this machine, each precision measured once.
type speeds struct {
	mu    sync.Mutex
	known map[string]Speed
}

// of is the speed of dev, which was opened with that precision.
func (s *speeds) of(dev compute.Device, precision string) (Speed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if speed, known := s.known[precision]; known {
		return speed, nil
	}
	speed, err := MeasureSpeed(dev)
	if err != nil {
		return speed, err
	}
	if s.known == nil {
		s.known = map[string]Speed{}
	}
	s.known[precision] = speed
	return speed, nil
}

// Price is what a recipe, which must be valid, takes on this machine. The first call for a precision measures it, for about a
// third of a second.
func (h *Home) Price(r growth.Recipe) (c Cost, err error) {
	dev, err := OpenDevice("cpu", h.Threads, r.Train.Precision)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	speed, err := h.speeds.of(dev, r.Train.Precision)
	if err != nil {
		return c, err
	}
	c.Device = dev.Name()
	c.Free, _ = FreeMemory()
	for i, s := range r.Plan().Stages {
		cost := StageCost{Memory: StageMemory(r, i, 1, dev), Seconds: s.FLOPs / speed.Rate(s.Config.Hidden)}
		c.Stages = append(c.Stages, cost)
		c.Memory = max(c.Memory, cost.Memory)
		c.Seconds += cost.Seconds
	}
	if err := FitsMemory(r, 1, dev); err != nil {
		c.Trouble = err.Error()
	}
	return c, nil
}
