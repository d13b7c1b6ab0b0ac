package session

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"

	"growlab/trainer/compute"
)

// ErrDevice is wrapped when a device that was asked for is not available.
var ErrDevice = errors.New("device not available")

// deviceError is a sentence that wraps ErrDevice.
type deviceError struct{ sentence string }

func (e deviceError) Error() string { return e.sentence }
func (deviceError) Unwrap() error   { return ErrDevice }

// OpenDevice opens what trains. spec is "auto", "cpu", "cuda" or "cuda:0,1"; "" is $GROWLAB_DEVICE, or auto. threads is how
// many the CPU engine uses; 0 is $GROWLAB_THREADS, or one for each core. precision is one of growth.Precisions.
func OpenDevice(spec string, threads int, precision string) (compute.Device, error) {
	if spec == "" {
		spec = os.Getenv("GROWLAB_DEVICE")
	}
	threads, err := threadCount(threads)
	if err != nil {
		return nil, err
	}
	kind, list, listed := strings.Cut(spec, ":")
	switch {
	case kind == "cuda" && (!listed || validList(list)):
		return nil, noCUDA(spec, Prober{}.Probe())
	case (kind == "" || kind == "auto" || kind == "cpu") && !listed:
		return openCPU(threads, precision)
	}
	return nil, Usagef("device is %q; it must be auto, cpu, cuda, or cuda with a list such as cuda:0,1", spec)
}

// validList reports whether s is like "0,1".
func validList(s string) bool {
	for n := range strings.SplitSeq(s, ",") {
		if _, err := strconv.ParseUint(n, 10, 16); err != nil {
			return false
		}
	}
	return true
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
