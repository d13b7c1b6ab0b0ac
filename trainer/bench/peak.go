package bench

import "growlab/trainer/compute"

// peaked is an engine that can measure its processor: Peak is the FLOP/s that its threads reach together, at its precision, with
// multiply-adds on registers and nothing else.
type peaked interface{ Peak() float64 }

// Peak is the rate in FLOP/s that dev's threads could reach at best, as measured here; 0 if its engine cannot tell.
func Peak(dev compute.Device) float64 {
	if p, ok := dev.(peaked); ok {
		return p.Peak()
	}
	return 0
}
