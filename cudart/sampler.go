package cudart

import (
	"errors"
	"sync"
	"time"
)

const (
	// powerEvery is between two looks at the power, from which energy is added up: boards average it over about as long.
	powerEvery = 250 * time.Millisecond
	// samplerPatience is how long Close waits for a library that does not answer.
	samplerPatience = time.Second
)

// Sampler measures GPUs beside what computes on them, from a goroutine of its own: all that a Sample has at a cadence, and their
// power more often, to add up the energy. A library that hangs leaves the last sample as it is.
type Sampler struct {
	cards   []Card
	every   time.Duration
	stop    chan struct{}
	ended   chan error
	closing sync.Once
	closed  error

	mu      sync.Mutex
	latest  []Sample
	count   int
	joules  []float64
	power   []float64 // the last known, watts; negative: unknown
	powered time.Time
}

// Sampler begins to measure the GPUs that the driver describes so. It fails if NVML is missing or does not know one of them.
func (f *Finder) Sampler(gpus []Properties, every time.Duration) (*Sampler, error) {
	nvml, err := f.NVML()
	if err != nil {
		return nil, err
	}
	s := &Sampler{every: every, stop: make(chan struct{}), ended: make(chan error, 1), joules: make([]float64, len(gpus))}
	for _, p := range gpus {
		card, err := nvml.CardOf(p)
		if err != nil {
			return nil, errors.Join(err, nvml.Close())
		}
		s.cards = append(s.cards, card)
		s.power = append(s.power, -1)
	}
	go func() {
		s.run()
		s.ended <- nvml.Close()
	}()
	return s, nil
}

// run measures until Close.
func (s *Sampler) run() {
	tick := time.NewTicker(min(powerEvery, s.every))
	defer tick.Stop()
	var last time.Time
	for {
		now := time.Now()
		if last.IsZero() || now.Sub(last) >= s.every {
			last = now
			s.sample()
		} else {
			s.lookAtPower()
		}
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
	}
}

// sample measures everything. What fails is unknown in this sample: a GPU that is lost is the engine's to report.
func (s *Sampler) sample() {
	latest := make([]Sample, len(s.cards))
	power := make([]float64, len(s.cards))
	for i, c := range s.cards {
		latest[i], _ = c.Sample() // has what could be measured
		power[i] = watts(latest[i])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = latest
	s.count++
	s.add(time.Now(), power)
}

func (s *Sampler) lookAtPower() {
	power := make([]float64, len(s.cards))
	for i, c := range s.cards {
		var one Sample
		_ = c.power(&one) // unknown this time
		power[i] = watts(one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(time.Now(), power)
}

func watts(s Sample) float64 {
	if s.Power == nil {
		return -1
	}
	return *s.Power
}

// add adds up energy since the last look by the trapezoid rule. The lock is held.
func (s *Sampler) add(now time.Time, power []float64) {
	if !s.powered.IsZero() {
		took := now.Sub(s.powered).Seconds()
		for i, p := range power {
			if p >= 0 && s.power[i] >= 0 {
				s.joules[i] += took * (p + s.power[i]) / 2
			}
		}
	}
	s.powered, s.power = now, power
}

// Latest is the last measurement, one Sample for each GPU, and how many there were; nil and 0 before the first.
func (s *Sampler) Latest() ([]Sample, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.count
}

// Joules is the energy that all GPUs have taken since the sampler began, those that measure their power.
func (s *Sampler) Joules() (sum float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.joules {
		sum += j
	}
	return sum
}

// Close ends measuring. It waits a moment for a library that does not answer, and leaves it then.
func (s *Sampler) Close() error {
	s.closing.Do(func() {
		close(s.stop)
		select {
		case s.closed = <-s.ended:
		case <-time.After(samplerPatience):
		}
	})
	return s.closed
}
