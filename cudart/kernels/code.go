package kernels

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"growlab/cudart"
)

// code is what make kernels wrote: machine code (sm_…) and PTX (compute_…), compressed, and the table of registers.
//
//go:embed code
var code embed.FS

// imagesFor are the embedded codes that may run on a GPU, best first: machine code of the newest architecture that it runs, then PTX,
// for GPUs newer than any machine code here and drivers older than its compiler.
func imagesFor(c cudart.Capability) ([][]byte, error) {
	if c.Major < 8 {
		return nil, fmt.Errorf("compute capability %s: the kernels want 8.0 or newer, for bf16", c)
	}
	names, err := fs.Glob(code, "code/sm_*.zst")
	if err != nil {
		return nil, err
	}
	var best string
	var newest int
	for _, name := range names {
		digits := strings.TrimSuffix(strings.TrimPrefix(name, "code/sm_"), ".zst")
		sm, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("embedded code %q: %w", name, err)
		}
		if c.Runs(cudart.Capability{Major: sm / 10, Minor: sm % 10}) && sm > newest {
			best, newest = name, sm
		}
	}
	ptx, err := unpacked("code/compute_80.zst")
	if err != nil || best == "" {
		return [][]byte{ptx}, err
	}
	machine, err := unpacked(best)
	return [][]byte{machine, ptx}, err
}

func unpacked(name string) ([]byte, error) {
	packed, err := code.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	image, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("embedded code %q: %w", name, err)
	}
	return image, nil
}
