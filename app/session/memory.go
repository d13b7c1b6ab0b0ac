package session

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/model"
	"growlab/trainer/ranks"
)

// ErrMemory is wrapped when a run needs more memory than there is.
var ErrMemory = errors.New("out of memory")

// memoryError is a sentence that wraps ErrMemory.
type memoryError struct{ sentence string }

func (e memoryError) Error() string { return e.sentence }
func (memoryError) Unwrap() error   { return ErrMemory }

// NetworkMemory is the bytes that training a network of shape c on seqs sequences at a time takes on dev, 0 if dev cannot tell. Of several
// ranks, so many, with a device like dev each, it is what the last takes, whose part is the largest.
func NetworkMemory(c shape.Config, seqs, size int, dev compute.Device, options ...model.Option) int64 {
	p, ok := dev.(compute.Planned)
	if !ok {
		return 0
	}
	groups := ranks.Local(size)
	defer func() {
		for _, g := range groups {
			_ = g.Close() // of pipes
		}
	}()
	return trainer.Footprint(p, c, seqs, groups[size-1], options...).Total()
}

// ownMemory is a device with memory of its own, apart from the machine's.
type ownMemory interface{ FreeMemory() (free, total int64) }

// DeviceMemory is the memory of dev that is free, and all of it, in bytes; apart is false for a device that uses the machine's.
func DeviceMemory(dev compute.Device) (free, total int64, apart bool) {
	own, ok := dev.(ownMemory)
	if !ok {
		return 0, 0, false
	}
	free, total = own.FreeMemory()
	return free, total, true
}

// programMemory is the bytes of an engine process but for what follows from shapes: code, Go's runtime, SQLite, the embedded
// text. It was measured as the difference between the peak of the process (VmHWM) and the rest of StageMemory, which was 41 to
// 48 MB in runs of flm-1m and flm-10m in fp32.
const programMemory = 45e6

// StageMemory is the bytes that stage i of r needs on each of size ranks: what its network does on dev and, unless dev has memory of its
// own, HostMemory.
func StageMemory(r growth.Recipe, i, size int, dev compute.Device) int64 {
	device := NetworkMemory(r.Config(i), trainer.MicroBatch(r, r.Plan(), i, size), size, dev, trainer.ModelOptions(r)...)
	if _, _, apart := DeviceMemory(dev); apart {
		return device
	}
	return device + HostMemory(r, i)
}

// HostMemory is the bytes that stage i of r needs of the machine besides what its network does: the host's copies while the stage
// begins or a checkpoint is made, whichever is more, and the program itself.
func HostMemory(r growth.Recipe, i int) int64 {
	params := r.Config(i).Params()
	host := 3 * 4 * params // parameters and moments, for a checkpoint
	if i > 0 {
		host = max(host, 3*4*r.Config(i-1).Params()+4*4*params) // old, grown, and fresh initial values
	}
	return host + programMemory
}

// FitsMemory returns an error that wraps ErrMemory if a stage of r needs more memory than is free, for one of size ranks. On a device with
// memory of its own a run takes fewer sequences at a time where not all fit, so that one has to.
func FitsMemory(r growth.Recipe, size int, dev compute.Device) error {
	if free, _, apart := DeviceMemory(dev); apart {
		for i := range r.Stages {
			if need := NetworkMemory(r.Config(i), 1, size, dev, trainer.ModelOptions(r)...); need > free {
				return memoryError{fmt.Sprintf("stage %d needs %.1f GB of %s for one sequence at a time, and %.1f GB are free: choose a smaller recipe",
					i+1, float64(need)/1e9, dev.Name(), float64(free)/1e9)}
			}
		}
		return fitsHost(r)
	}
	free, known := FreeMemory()
	if !known {
		return nil
	}
	for i := range r.Stages {
		if need := StageMemory(r, i, size, dev); need > free {
			return memoryError{fmt.Sprintf("stage %d needs %.1f GB of memory and %.1f GB are free: set train.micro_batch lower than %d sequences, "+
				"or choose a smaller recipe", i+1, float64(need)/1e9, float64(free)/1e9, r.MicroBatch(i))}
		}
	}
	return nil
}

// fitsHost is FitsMemory for the machine's memory, beside a device that has its own.
func fitsHost(r growth.Recipe) error {
	free, known := FreeMemory()
	for i := range r.Stages {
		if need := HostMemory(r, i); known && need > free {
			return memoryError{fmt.Sprintf("stage %d needs %.1f GB of the machine's memory for copies of the weights, and %.1f GB are free: "+
				"choose a smaller recipe", i+1, float64(need)/1e9, float64(free)/1e9)}
		}
	}
	return nil
}

// FitsNetwork returns an error that wraps ErrMemory if training that network, and making its initial values, needs more memory
// than is free. what names it.
func FitsNetwork(what string, c shape.Config, seqs int, dev compute.Device) error {
	free, known := FreeMemory()
	if own, _, apart := DeviceMemory(dev); apart {
		free, known = own, true
	}
	if need := NetworkMemory(c, seqs, 1, dev) + 4*c.Params(); known && need > free {
		return memoryError{fmt.Sprintf("%s needs %.1f GB of memory and %.1f GB are free", what, float64(need)/1e9, float64(free)/1e9)}
	}
	return nil
}

// FreeMemory is the memory that this process may still take: the machine's, or what is left of its control group's limit.
func FreeMemory() (bytes int64, known bool) {
	free, known := machineMemory("MemAvailable")
	if left, ok := groupMemory(); ok && (!known || left < free) {
		return left, true
	}
	return free, known
}

// HeldMemory is the memory that this process has now, 0 if that is not known.
func HeldMemory() int64 {
	bytes, _ := memoryField("/proc/self/status", "VmRSS")
	return bytes
}

// PeakMemory is the most memory that this process has had at a time.
func PeakMemory() (bytes int64, known bool) { return memoryField("/proc/self/status", "VmHWM") }

// TotalMemory is the memory of the machine.
func TotalMemory() (bytes int64, known bool) { return machineMemory("MemTotal") }

func machineMemory(field string) (int64, bool) { return memoryField("/proc/meminfo", field) }

// memoryField is a line "name:  123 kB" of a file of Linux's.
func memoryField(file, field string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if name != field {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		return kib << 10, err == nil
	}
	return 0, false
}

// groupMemory is what the memory limit of our control group (version 2) leaves. The page cache counts as used there but is
// given up on demand, so inactive files are added.
func groupMemory() (int64, bool) {
	const root = "/sys/fs/cgroup/"
	self, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	_, path, ok := strings.Cut(strings.TrimSpace(string(self)), "0::")
	if !ok {
		return 0, false
	}
	dir := root + strings.Trim(path, "/") + "/"
	if _, err := os.Stat(dir + "memory.max"); err != nil {
		dir = root // inside a container the path is the host's
	}
	limit, ok1 := number(dir + "memory.max")
	used, ok2 := number(dir + "memory.current")
	if !ok1 || !ok2 {
		return 0, false // "max" is no limit
	}
	return limit - used + statField(dir+"memory.stat", "inactive_file"), true
}

func number(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

func statField(path, field string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field+" "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}
