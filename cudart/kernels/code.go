package kernels

import (
	"fmt"

	"growlab/cudart"
)

// imagesFor are the embedded codes that may run on a GPU, best first.
func imagesFor(c cudart.Capability) ([][]byte, error) {
	if c.Major < 8 {
		return nil, fmt.Errorf("compute capability %s: bf16 wants 8.0 or newer", c)
	}
	return nil, fmt.Errorf("no kernels are embedded; make kernels builds them")
}
