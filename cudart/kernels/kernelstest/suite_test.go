//go:build linux && amd64

package kernelstest

import (
	"fmt"
	"os"
	"testing"

	"growlab/cudart/fake"
)

// libs are the stand-ins with the kernels under the emulator.
var libs *fake.Libraries

func TestMain(m *testing.M) {
	var err error
	if libs, err = fake.BuildWithKernels(); err != nil {
		fmt.Fprintln(os.Stderr, "the kernels do not build for the emulator:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// emulator is where the tests of this package run kernels.
func emulator() host { return host{libs} }

// TestKernels runs the suite on the emulator.
func TestKernels(t *testing.T) { Run(t, libs) }
