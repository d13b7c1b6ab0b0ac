package ranks

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

// World is this process among those that were started together.
type World struct {
	Rank, Size int
	// LocalRank counts the ranks of this machine; it chooses the GPU. LocalSize is their number, 0 if nobody told.
	LocalRank, LocalSize int

	// Address and Port are where rank 0 listens while the others come. With File, the path of a file that all ranks see, rank 0
	// writes there where it listens.
	Address string
	Port    int
	File    string

	// Launcher is who told: "flags", "torchrun", "Open MPI", "MPI" or "Slurm"; "" for a process that trains alone.
	Launcher string
	// Job is the same for all ranks, and for all restarts, of one launch; "" if nobody told. Restarts counts the restarts.
	Job      string
	Restarts int
	// Timeout is how long ranks wait for each other at the start; 0 is DefaultTimeout.
	Timeout time.Duration
	// Warning is a sentence for a person, about a launcher that was found and is not used; "" if there is nothing to say.
	Warning string
}

// DefaultTimeout leaves a cluster time to start processes on all machines.
const DefaultTimeout = 5 * time.Minute

// Alone reports whether there are no others.
func (w World) Alone() bool { return w.Size <= 1 }

// String says which rank this is, and who told: "rank 3 of 8 (torchrun), meeting at 10.0.0.1:29501".
func (w World) String() string {
	if w.Alone() {
		return "one process"
	}
	return fmt.Sprintf("rank %d of %d (%s), meeting at %s", w.Rank, w.Size, w.Launcher, w.meeting())
}

// meeting is the place where the ranks meet.
func (w World) meeting() string {
	if w.File != "" {
		return w.File
	}
	return net.JoinHostPort(w.Address, strconv.Itoa(w.Port))
}

// oneMachine reports whether all ranks are known to be on this machine.
func (w World) oneMachine() bool { return w.LocalSize > 0 && w.LocalSize == w.Size }
