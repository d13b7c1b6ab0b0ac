package plot

import "math"

// SmoothFactor is the EMA factor at slider position t, 0 to 1. Each third of the slider is a nine more (0.9, 0.99, 0.999):
// what matters is how many points the average spans, about 1/(1-factor).
func SmoothFactor(t float64) float64 {
	return math.Round((1-math.Pow(10, -3*t))*1e4) / 1e4
}

// SmoothPosition is the inverse of SmoothFactor.
func SmoothPosition(factor float64) float64 {
	return min(-math.Log10(1-min(factor, 0.99999))/3, 1)
}
