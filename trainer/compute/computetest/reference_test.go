package computetest_test

import (
	"testing"

	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

func TestReference(t *testing.T) {
	computetest.Run(t, func(testing.TB) compute.Device { return computetest.NewReference() })
}

func TestReferenceLanes(t *testing.T) {
	computetest.RunDeterminism(t, func(n int) compute.Device { return &computetest.Reference{Per: n} })
}
