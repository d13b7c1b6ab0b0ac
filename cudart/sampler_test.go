//go:build linux

package cudart

import (
	"errors"
	"testing"
	"time"
)

// sampled waits for the nth measurement.
func sampled(t *testing.T, s *Sampler, n int) []Sample {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if latest, count := s.Latest(); count >= n {
			return latest
		}
	}
	t.Fatalf("measurement %d did not come", n)
	return nil
}

// gpusOf are the GPUs of a pretended machine.
func gpusOf(t *testing.T, f *Finder) (all []Properties) {
	t.Helper()
	driver, err := f.Driver()
	if err != nil {
		t.Fatal(err)
	}
	n, err := driver.Count()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		dev, err := driver.Device(i)
		if err != nil {
			t.Fatal(err)
		}
		p, err := dev.Properties()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestSamplerFollowsItsGPUs(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 3")
	m.Set("device 1 power 400000")
	m.Set("device 2 power 200000")
	f := &Finder{Env: m.Env}
	s, err := f.Sampler(gpusOf(t, f)[1:], 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	first := sampled(t, s, 1)
	if len(first) != 2 || *first[0].Power != 400 || *first[1].Power != 200 || first[0].Throttle.Slows() {
		t.Errorf("the first measurement is %+v", first)
	}
	m.Set("device 1 throttle 4")
	m.Set("device 1 temperature 88")
	_, seen := s.Latest()
	if now := sampled(t, s, seen+2)[0]; !now.Throttle.Slows() || now.Throttle.String() != "power cap" || *now.Temperature != 88 {
		t.Errorf("a throttled GPU measures %+v", now)
	}
	if s.Joules() <= 0 {
		t.Errorf("after several measurements at 600 W the energy is %v J", s.Joules())
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if opened, closed := m.Calls("nvmlInit_v2"), m.Calls("nvmlShutdown"); opened != 1 || closed != 1 {
		t.Errorf("NVML was opened %d times and closed %d times, want once each", opened, closed)
	}
}

// TestSamplerAddsEnergy: what a GPU does not tell adds nothing, and is not guessed.
func TestSamplerAddsEnergy(t *testing.T) {
	s := &Sampler{joules: make([]float64, 2), power: []float64{-1, -1}}
	at := time.Now()
	for _, look := range []struct {
		after time.Duration
		power []float64
	}{
		{0, []float64{100, 50}}, {2 * time.Second, []float64{300, -1}}, {time.Second, []float64{300, 50}}, {time.Second, []float64{100, 50}},
	} {
		at = at.Add(look.after)
		s.add(at, look.power)
	}
	if want := 2*200. + 300 + 200 + 50; s.Joules() != want {
		t.Errorf("the energy is %v J, want %v", s.Joules(), want)
	}
}

func TestSamplerLivesWithSilence(t *testing.T) {
	m := libs.Machine(t)
	f := &Finder{Env: m.Env}
	gpus := gpusOf(t, f)
	s, err := f.Sampler(gpus, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	m.Fail("nvmlDeviceGetPowerUsage", 0, 15)
	m.Fail("nvmlDeviceGetUtilizationRates", 0, 999)
	_, seen := s.Latest()
	if got := sampled(t, s, seen+2)[0]; got.Power != nil || got.Utilization != nil || got.Temperature == nil {
		t.Errorf("of a GPU that tells little got %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	m.Heal()
	m.Remove("libnvidia-ml.so.1")
	if _, err := (&Finder{Env: m.Env}).Sampler(gpus, time.Second); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("without NVML got %v, want ErrNoLibrary", err)
	}
}
