package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"growlab/cudart"
)

// GPUsOf lists the GPUs that a device's name stands for, none for the CPU. auto, and "", is the first GPU if by the report it can train.
func GPUsOf(device string, report func() *cudart.Report) ([]int, error) {
	kind, list, listed := strings.Cut(cmp.Or(device, "auto"), ":")
	gpus, ok := listOf(list)
	switch {
	case kind == "cuda" && listed && ok:
		return gpus, nil
	case kind == "cuda" && !listed:
		return []int{0}, nil
	case kind == "cpu" && !listed:
		return nil, nil
	case kind == "auto" && !listed:
		if trains(report(), 0) == "" {
			return []int{0}, nil
		}
		return nil, nil
	}
	return nil, Usagef("device is %q; it must be auto, cpu, cuda, or cuda with a list of different GPUs such as cuda:0,1", device)
}

// DeviceOf is the name of the device that GPUs are together, in order: "cuda:0,1"; "cpu" for none.
func DeviceOf(gpus []int) string {
	if len(gpus) == 0 {
		return "cpu"
	}
	return "cuda:" + joined(gpus, ",", ",")
}

// CannotTrain says why a GPU of a report cannot train, "" if it can.
func CannotTrain(r *cudart.Report, g cudart.GPU) string {
	return cmp.Or(g.Problem, trains(r, g.Ordinal))
}

// TrainsOn says in a sentence what trains a run whose device has that name, by a report.
func TrainsOn(device string, r *cudart.Report) string {
	gpus, err := GPUsOf(device, func() *cudart.Report { return r })
	if err != nil {
		return err.Error()
	}
	var all []cudart.GPU
	for _, n := range gpus {
		if why := trains(r, n); why != "" {
			return "runs cannot begin: " + why
		}
		all = append(all, r.GPUs[slices.IndexFunc(r.GPUs, func(g cudart.GPU) bool { return g.Ordinal == n })])
	}
	switch len(gpus) {
	case 0:
		return "runs that begin train on the processor"
	case 1:
		return fmt.Sprintf("runs that begin train on GPU %d", gpus[0])
	}
	if why := libraryProblem(r, cudart.LibNCCL); why != "" {
		return fmt.Sprintf("runs that begin train on GPU %d alone: several GPUs are joined by NCCL, and %s", gpus[0], why)
	}
	if slices.ContainsFunc(all, func(g cudart.GPU) bool { return g.Name != all[0].Name }) {
		return fmt.Sprintf("runs cannot begin: GPUs that share a batch must be alike, and these are %s", GPUNames(all))
	}
	return fmt.Sprintf("runs that begin train on GPUs %s together, each with its part of every batch", joined(gpus, ", ", " and "))
}

// joined lists numbers in order, the last one after a separator of its own.
func joined(numbers []int, between, last string) string {
	texts := make([]string, len(numbers))
	for i, n := range slices.Sorted(slices.Values(numbers)) {
		texts[i] = fmt.Sprint(n)
	}
	end := len(texts) - 1
	if end < 1 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:end], between) + last + texts[end]
}

// Use sets the device of runs that begin from now on and name none; "" leaves it to $GROWLAB_DEVICE, or auto. A run that goes on keeps
// what it has.
func (h *Home) Use(device string) { h.device.Store(&device) }

// used is what Use has set.
func (h *Home) used() string {
	if device := h.device.Load(); device != nil {
		return *device
	}
	return ""
}
