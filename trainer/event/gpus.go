package event

import (
	"fmt"
	"strings"
)

// GPUs is what the GPUs of a run measured at one moment, between two steps. It comes every two seconds.
type GPUs struct {
	Step   int64   `json:"step"`
	Tokens int64   `json:"tokens"`
	GPUs   []GPU   `json:"gpus"`
	Joules float64 `json:"joules"` // taken by all of them in the run so far, without pauses
}

// GPU is one of them. What it does not measure is nil.
type GPU struct {
	Rank        int      `json:"rank"` // that trains on it
	Host        string   `json:"host,omitempty"`
	Name        string   `json:"name"`
	Utilization *int     `json:"utilization_percent,omitempty"` // of the time in which a kernel ran
	MemoryUsed  *int64   `json:"memory_used_bytes,omitempty"`   // by all processes
	MemoryTotal *int64   `json:"memory_total_bytes,omitempty"`
	Power       *float64 `json:"power_watts,omitempty"`
	PowerLimit  *float64 `json:"power_limit_watts,omitempty"`
	Temperature *int     `json:"temperature_celsius,omitempty"`
	Clock       *int     `json:"clock_mhz,omitempty"`
	// Throttle is why its clocks are lower than they could be, in words: "power cap, thermal slowdown"; "" if they are not, or nobody
	// knows. Slowed says that one of the reasons costs speed under load.
	Throttle string `json:"throttle,omitempty"`
	Slowed   bool   `json:"slowed,omitempty"`
}

// Kind is "gpus".
func (GPUs) Kind() string { return "gpus" }
func (GPUs) sealed()      {}

// String is a measurement in few words, "" if nothing is known: what the GPU measures, or of several the range of their use, the power
// of all, the hottest and how many are slowed: "4 GPUs, 95-98 %, 2010 W, up to 71 °C, 1 slowed".
func (g GPUs) String() string {
	if len(g.GPUs) == 0 || len(g.GPUs) == 1 && g.GPUs[0].String() == "" {
		return ""
	}
	if len(g.GPUs) == 1 {
		return "GPU " + g.GPUs[0].String()
	}
	parts := []string{fmt.Sprintf("%d GPUs", len(g.GPUs))}
	least, most, hottest, power, slowed := 101, -1, -1, 0.0, 0
	for _, one := range g.GPUs {
		if u := one.Utilization; u != nil {
			least, most = min(least, *u), max(most, *u)
		}
		if one.Power != nil {
			power += *one.Power
		}
		if c := one.Temperature; c != nil {
			hottest = max(hottest, *c)
		}
		if one.Slowed {
			slowed++
		}
	}
	if most >= 0 {
		parts = append(parts, fmt.Sprintf("%d-%d %%", least, most))
	}
	if power > 0 {
		parts = append(parts, fmt.Sprintf("%.0f W", power))
	}
	if hottest >= 0 {
		parts = append(parts, fmt.Sprintf("up to %d °C", hottest))
	}
	if slowed > 0 {
		parts = append(parts, fmt.Sprintf("%d slowed", slowed))
	}
	return strings.Join(parts, ", ")
}

// String is a GPU in few words, of what is known: "97 %, 512 W, 64 °C, power cap".
func (g GPU) String() string {
	var parts []string
	if g.Utilization != nil {
		parts = append(parts, fmt.Sprintf("%d %%", *g.Utilization))
	}
	if g.Power != nil {
		parts = append(parts, fmt.Sprintf("%.0f W", *g.Power))
	}
	if g.Temperature != nil {
		parts = append(parts, fmt.Sprintf("%d °C", *g.Temperature))
	}
	if g.Slowed {
		parts = append(parts, g.Throttle)
	}
	return strings.Join(parts, ", ")
}
