package session

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"growlab/cudart"
	"growlab/trainer/compute"
)

// ErrDevice is wrapped when a device that was asked for is not available.
var ErrDevice = errors.New("device not available")

// deviceError is a sentence that wraps ErrDevice.
type deviceError struct{ sentence string }

func (e deviceError) Error() string { return e.sentence }
func (deviceError) Unwrap() error   { return ErrDevice }

// OpenDevice opens what trains, the first GPU of several. spec is "auto" (the first GPU where one can be used, else the CPU), "cpu",
// "cuda" (the first GPU) or "cuda:0,1"; "" is $GROWLAB_DEVICE, or auto. threads is how many the CPU engine uses; 0 is
// $GROWLAB_THREADS, or one for each core. precision is one of growth.Precisions.
func OpenDevice(spec string, threads int, precision string) (compute.Device, error) {
	chosen, err := choose(spec, threads)
	if err != nil {
		return nil, err
	}
	if len(chosen.gpus) > 0 {
		return openGPU(chosen.gpus[0], precision)
	}
	return openCPU(chosen.threads, precision)
}

// Together lists the GPUs that spec names, each as a device to be opened by a rank of its own; none for the CPU. note is a sentence
// for a person on what was asked for and is not used, "" if there is nothing to say.
func Together(spec string) (devices []string, note string, err error) {
	chosen, err := choose(spec, 1)
	if err != nil {
		return nil, "", err
	}
	if len(chosen.gpus) > 1 && chosen.apart != "" {
		note = fmt.Sprintf("several GPUs are joined by NCCL, and %s: training on GPU %d alone", chosen.apart, chosen.gpus[0])
		chosen.gpus = chosen.gpus[:1]
	}
	for _, n := range chosen.gpus {
		devices = append(devices, fmt.Sprintf("cuda:%d", n))
	}
	return devices, note, nil
}

// EnvDevice names the device of runs that name none.
const EnvDevice = "GROWLAB_DEVICE"

// choice is what a device's name comes to on this machine.
type choice struct {
	gpus    []int  // none: the CPU
	apart   string // why several GPUs cannot be joined, "" if they can
	threads int
}

func choose(spec string, threads int) (c choice, err error) {
	if spec == "" {
		spec = os.Getenv(EnvDevice)
	}
	if c.threads, err = threadCount(threads); err != nil {
		return c, err
	}
	if c.gpus, err = GPUsOf(spec, report); err != nil || len(c.gpus) == 0 {
		return c, err
	}
	r := report()
	for _, n := range c.gpus {
		if why := trains(r, n); why != "" {
			return c, deviceError{fmt.Sprintf("device %s: %s; use --device cpu, or see growlab doctor", spec, why)}
		}
	}
	c.apart = libraryProblem(r, cudart.LibNCCL)
	return c, nil
}

// lately is what was found when devices were last opened: the ranks of one process open theirs within a moment, and a driver that has
// to wake GPUs takes seconds.
var lately struct {
	sync.Mutex
	at     time.Time
	where  string
	report *cudart.Report
}

// report is what this machine can do with CUDA, as of the last seconds.
func report() *cudart.Report {
	const fresh = 10 * time.Second
	lately.Lock()
	defer lately.Unlock()
	if where := os.Getenv(cudart.EnvLibraries); lately.report == nil || lately.where != where || time.Since(lately.at) > fresh {
		lately.report, lately.where, lately.at = Prober{}.Probe(), where, time.Now()
	}
	return lately.report
}

// listOf reads a list such as "0,1" of different numbers.
func listOf(s string) (list []int, ok bool) {
	for text := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || slices.Contains(list, int(n)) {
			return nil, false
		}
		list = append(list, int(n))
	}
	return list, true
}

// maxThreads is more than any machine of today has cores.
const maxThreads = 4096

func threadCount(threads int) (int, error) {
	from, text := "--threads", strconv.Itoa(threads)
	if threads == 0 {
		if from, text = "GROWLAB_THREADS", os.Getenv("GROWLAB_THREADS"); text == "" {
			return runtime.GOMAXPROCS(0), nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxThreads {
		return 0, Usagef("%s is %q; it must be a number of threads from 1 to %d", from, text, maxThreads)
	}
	return n, nil
}
