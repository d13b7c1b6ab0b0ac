package cudart

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unsafe"
)

// Sample is what a card measures at one moment. What it does not measure is nil: boards for laptops often know no power.
type Sample struct {
	Utilization       *int      `json:"utilization_percent,omitempty"`        // of the time in which a kernel ran
	MemoryUtilization *int      `json:"memory_utilization_percent,omitempty"` // of the time in which memory was read or written
	MemoryUsed        *int64    `json:"memory_used_bytes,omitempty"`          // by all processes
	MemoryFree        *int64    `json:"memory_free_bytes,omitempty"`
	MemoryTotal       *int64    `json:"memory_total_bytes,omitempty"`
	Power             *float64  `json:"power_watts,omitempty"`
	PowerLimit        *float64  `json:"power_limit_watts,omitempty"`
	Temperature       *int      `json:"temperature_celsius,omitempty"`
	Clock             *int      `json:"clock_mhz,omitempty"` // of the multiprocessors
	MemoryClock       *int      `json:"memory_clock_mhz,omitempty"`
	Throttle          *Throttle `json:"throttle,omitempty"`
}

// Throttle is why the clocks are lower than they could be: bits of nvmlClocksEventReasons. 0: they are not.
type Throttle uint64

var throttleNames = []string{
	"idle", "application clocks", "power cap", "hardware slowdown", "sync boost",
	"thermal slowdown", "hardware thermal slowdown", "power brake", "display clocks",
}

// Slows tells whether a reason stands that costs speed under load: power, heat or hardware; not idleness or settings.
func (t Throttle) Slows() bool { return t&(1<<2|1<<3|1<<5|1<<6|1<<7) != 0 }

// String lists the reasons, "none" if there are none.
func (t Throttle) String() string {
	if t == 0 {
		return "none"
	}
	var names []string
	for rest := uint64(t); rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		if i < len(throttleNames) {
			names = append(names, throttleNames[i])
		} else {
			names = append(names, fmt.Sprintf("reason %d", i)) // of a newer NVML
		}
	}
	return strings.Join(names, ", ")
}

// MarshalText gives String.
func (t Throttle) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Throttle) UnmarshalText(b []byte) error {
	*t = 0
	if string(b) == "none" {
		return nil
	}
	for name := range strings.SplitSeq(string(b), ", ") {
		i := slices.Index(throttleNames, name)
		if i < 0 {
			if _, err := fmt.Sscanf(name, "reason %d", &i); err != nil || i < 0 || i > 63 {
				return fmt.Errorf("throttle reason %q; one of %s is wanted", name, strings.Join(throttleNames, ", "))
			}
		}
		*t |= 1 << i
	}
	return nil
}

// Sample measures.
func (c Card) Sample() (Sample, error) {
	var s Sample
	err := errors.Join(c.rates(&s), c.memory(&s), c.power(&s), c.temperature(&s), c.clocks(&s), c.throttle(&s))
	return s, err
}

// supported turns the answer that a card does not measure something into nil.
func supported(err error, set func()) error {
	var e *Error
	if errors.As(err, &e) && e.Code == nvmlNotSupported || errors.Is(err, ErrSymbol) {
		return nil
	}
	if err == nil {
		set()
	}
	return err
}

func (c Card) rates(s *Sample) error {
	var rates struct{ gpu, memory uint32 }
	err := c.n.do(&c.n.c.nvmlDeviceGetUtilizationRates, c.h, uintptr(unsafe.Pointer(&rates)))
	return supported(err, func() { s.Utilization, s.MemoryUtilization = new(int(rates.gpu)), new(int(rates.memory)) })
}

func (c Card) memory(s *Sample) error {
	var m struct{ total, free, used uint64 }
	err := c.n.do(&c.n.c.nvmlDeviceGetMemoryInfo, c.h, uintptr(unsafe.Pointer(&m)))
	return supported(err, func() {
		s.MemoryTotal, s.MemoryFree, s.MemoryUsed = new(int64(m.total)), new(int64(m.free)), new(int64(m.used))
	})
}

func (c Card) power(s *Sample) error {
	var used, limit uint32 // milliwatts
	err := c.n.do(&c.n.c.nvmlDeviceGetPowerUsage, c.h, uintptr(unsafe.Pointer(&used)))
	err = supported(err, func() { s.Power = new(float64(used) / 1000) })
	lerr := c.n.do(&c.n.c.nvmlDeviceGetEnforcedPowerLimit, c.h, uintptr(unsafe.Pointer(&limit)))
	return errors.Join(err, supported(lerr, func() { s.PowerLimit = new(float64(limit) / 1000) }))
}

func (c Card) temperature(s *Sample) error {
	const ofGPU = 0
	var t uint32
	err := c.n.do(&c.n.c.nvmlDeviceGetTemperature, c.h, ofGPU, uintptr(unsafe.Pointer(&t)))
	return supported(err, func() { s.Temperature = new(int(t)) })
}

func (c Card) clocks(s *Sample) error {
	const multiprocessors, memory = 1, 2
	var sm, mem uint32
	err := c.n.do(&c.n.c.nvmlDeviceGetClockInfo, c.h, multiprocessors, uintptr(unsafe.Pointer(&sm)))
	err = supported(err, func() { s.Clock = new(int(sm)) })
	merr := c.n.do(&c.n.c.nvmlDeviceGetClockInfo, c.h, memory, uintptr(unsafe.Pointer(&mem)))
	return errors.Join(err, supported(merr, func() { s.MemoryClock = new(int(mem)) }))
}

func (c Card) throttle(s *Sample) error {
	p := &c.n.c.nvmlDeviceGetCurrentClocksEventReasons
	if p.addr == 0 {
		p = &c.n.c.nvmlDeviceGetCurrentClocksThrottleReasons // its name before driver 535
	}
	var reasons uint64
	err := c.n.do(p, c.h, uintptr(unsafe.Pointer(&reasons)))
	return supported(err, func() { s.Throttle = new(Throttle(reasons)) })
}
