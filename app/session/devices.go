package session

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"strings"

	"growlab/cudart"
	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
)

// Devices is what this machine has to train on.
type Devices struct {
	CPU  CPU            `json:"cpu"`
	CUDA *cudart.Report `json:"cuda"` // GPUs are found and shown; nothing trains on them yet
}

// CPU is the processor and what the CPU engine makes of it.
type CPU struct {
	Model   string `json:"model,omitempty"` // as the system calls it
	Cores   int    `json:"cores"`           // that the system sees
	Threads int    `json:"threads"`         // that the engine uses if not told
	Memory  int64  `json:"memory_bytes"`    // 0 if unknown
	Free    int64  `json:"free_bytes"`

	Families   []Family          `json:"families"`
	Forced     string            `json:"forced,omitempty"` // GROWLAB_CPU
	Precisions []PrecisionChoice `json:"precisions"`
	// Device is what auto opens, and Error why nothing could be opened.
	Device string `json:"device,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Family is a set of kernels.
type Family struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Chosen    bool   `json:"chosen"` // by measurement, or by GROWLAB_CPU
	Reason    string `json:"reason"`
}

// PrecisionChoice is a precision of matrix products.
type PrecisionChoice struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Chosen    bool   `json:"chosen"` // by auto
	Reason    string `json:"reason"`
}

// ListDevices looks at this machine. It measures for a moment which kernels are fastest, and asks NVIDIA's driver in another process.
func ListDevices() Devices {
	return Devices{CPU: listCPU(), CUDA: Prober{}.Probe()}
}

func listCPU() CPU {
	c := CPU{Model: processorName(), Cores: runtime.NumCPU(), Forced: os.Getenv("GROWLAB_CPU")}
	c.Memory, _ = TotalMemory()
	c.Free, _ = FreeMemory()
	c.Families = kernelFamilies(c.Forced)
	dev, err := OpenDevice("cpu", 0, "auto")
	if err != nil {
		c.Error = err.Error()
		return c
	}
	c.Device = dev.Name()
	c.Precisions = precisions(dev.Precision())
	if t, ok := dev.(compute.Threaded); ok {
		c.Threads, _ = t.Threads()
	}
	if err := dev.Close(); err != nil {
		c.Error = err.Error()
	}
	return c
}

// kernelFamilies lists those of the engine, with the choice that GROWLAB_CPU forces, if it does.
func kernelFamilies(forced string) []Family {
	var all []Family
	for _, k := range cpu.Families() {
		f := Family{k.Name, k.Available, k.Chosen, k.Reason}
		if forced != "" {
			f.Chosen = f.Available && f.Name == forced
		}
		if f.Chosen && forced != "" {
			f.Reason = "GROWLAB_CPU asks for it; " + f.Reason
		}
		all = append(all, f)
	}
	return all
}

// precisions tries each of them; auto chooses chosen.
func precisions(chosen compute.Precision) []PrecisionChoice {
	var all []PrecisionChoice
	_, why := cpu.Preferred(os.Getenv("GROWLAB_CPU"))
	for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
		c := PrecisionChoice{Name: p.String(), Chosen: p == chosen, Reason: "to be asked for"}
		if c.Chosen {
			c.Reason = why
		}
		dev, err := OpenDevice("cpu", 1, c.Name)
		if err != nil {
			c.Reason = err.Error()
		} else {
			c.Available = true
			_ = dev.Close() // nothing was done on it
		}
		all = append(all, c)
	}
	return all
}

// processorName is the model that Linux names, "" where it names none.
func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
