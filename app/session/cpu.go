package session

import (
	"fmt"
	"os"
	"strings"

	"growlab/trainer/compute"
	"growlab/trainer/compute/cpu"
)

// openCPU opens the CPU engine, with the kernels that $GROWLAB_CPU names if it is set.
func openCPU(threads int) (compute.Device, error) {
	family := os.Getenv("GROWLAB_CPU")
	if family == "" {
		return cpu.Open(cpu.Options{Threads: threads})
	}
	var names []string
	for _, f := range cpu.Families() {
		if f.Name == family && !f.Available {
			return nil, deviceError{fmt.Sprintf("GROWLAB_CPU is %q: %s", family, f.Reason)}
		}
		if f.Name == family {
			return cpu.Open(cpu.Options{Threads: threads, Family: family})
		}
		names = append(names, f.Name)
	}
	return nil, Usagef("GROWLAB_CPU is %q; it must be one of %s, or not set", family, strings.Join(names, ", "))
}
