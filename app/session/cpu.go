package session

import (
	"fmt"
	"os"
	"strings"

	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
)

// openCPU opens the CPU engine, with the kernels that $GROWLAB_CPU names if it is set.
func openCPU(threads int, precision string) (compute.Device, error) {
	family := os.Getenv("GROWLAB_CPU")
	if err := checkFamily(family); err != nil {
		return nil, err
	}
	dev, err := cpu.Open(cpu.Options{Threads: threads, Family: family, Precision: precision})
	if err != nil {
		return nil, deviceError{fmt.Sprintf("no CPU engine with precision %s%s: %v", precision, given(family), err)}
	}
	return dev, nil
}

func given(family string) string {
	if family == "" {
		return ""
	}
	return " and GROWLAB_CPU=" + family
}

// checkFamily says why the kernels of that name, "" for the chosen ones, cannot be had, and which can.
func checkFamily(name string) error {
	if name == "" {
		return nil
	}
	var known, here []string
	reason := ""
	for _, f := range cpu.Families() {
		known = append(known, f.Name)
		switch {
		case f.Available:
			here = append(here, f.Name)
			if f.Name == name {
				return nil
			}
		case f.Name == name:
			reason = f.Reason
		}
	}
	if reason != "" {
		return deviceError{fmt.Sprintf("GROWLAB_CPU is %q: %s; it can run %s", name, reason, strings.Join(here, ", "))}
	}
	return Usagef("GROWLAB_CPU is %q; it must be one of %s, or not set", name, strings.Join(known, ", "))
}
