package session

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// RankDevice is the device of one of several ranks on this machine, for OpenDevice: of the GPUs that spec lists, or that this process
// may use, the one of that number; the CPU if auto finds no GPU. localSize is how many ranks are here, 0 if nobody knows. A launcher
// that shows each process just one GPU (CUDA_VISIBLE_DEVICES) has chosen already.
func RankDevice(spec string, localRank, localSize int) (string, error) {
	spec = cmp.Or(spec, os.Getenv(EnvDevice), "auto")
	kind, list, listed := strings.Cut(spec, ":")
	if listed {
		return listedDevice(spec, list, localRank, localSize)
	}
	if kind != "cuda" && kind != "auto" {
		return spec, nil // OpenDevice says what is wrong, if anything is
	}
	r := Prober{}.Probe()
	if kind == "auto" && trains(r, 0) != "" {
		return "cpu", nil
	}
	visible := os.Getenv("CUDA_VISIBLE_DEVICES")
	if visible != "" && !strings.Contains(visible, ",") {
		localRank = 0
	}
	if n := len(r.GPUs); n > 0 && localRank >= n {
		return "", deviceError{fmt.Sprintf("local rank %d needs a GPU of its own, and this process may use %d: start at most one rank for each GPU, or use --device cpu",
			localRank, n)}
	}
	return "cuda:" + strconv.Itoa(localRank), nil
}

// listedDevice is RankDevice for a list of GPUs.
func listedDevice(spec, list string, localRank, localSize int) (string, error) {
	gpus, ok := listOf(list)
	if !ok {
		return spec, nil // OpenDevice says what is wrong
	}
	if len(gpus) == 1 && localSize == 1 {
		return spec, nil
	}
	if need := max(localRank+1, localSize); len(gpus) < need {
		return "", Usagef("device is %q, which lists %d GPUs; this machine has %d ranks, each of which needs one", spec, len(gpus), need)
	}
	return "cuda:" + strconv.Itoa(gpus[localRank]), nil
}

// OpenLog opens the log file of an engine process, or of one of its ranks, to append to it.
func (h *Home) OpenLog(name string) (*os.File, error) {
	path := h.LogFile(name)
	if err := h.makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	return log, nil
}
