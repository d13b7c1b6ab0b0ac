package computetest

import (
	"math"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Norm writes the masked LayerNorm or RMSNorm of x to y, and mean and 1/std of each row to stats.
func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	contract.Norm(l, y, stats, x, gain, bias, s)
	args{"y": y.Vec}.lie("Norm", l.operands)
	args{"stats": stats.Vec, "x": x.Vec, "gain": gain, "bias": bias}.lie("Norm", compute.FP32)

	g, b := Data(gain), Data(bias)
	for r := range l.rows() {
		xr, yr, st := row(x, r), row(y, r), row(stats, r)
		mean, rstd := moments(xr, s)
		st[0], st[1] = mean, rstd
		for j, v := range xr {
			n := g[j] * (v - mean) * rstd
			if !s.RMS {
				n += b[j]
			}
			yr[j] = s.Mask.Of(j) * n
		}
	}
	settle(y.Vec)
}

// moments are the masked mean, 0 for RMSNorm, and 1/std of x.
func moments(x []float64, s compute.NormSpec) (mean, rstd float64) {
	if !s.RMS {
		for j, v := range x {
			mean += s.Mask.Of(j) * v
		}
		mean /= s.S
	}
	var sum float64
	for j, v := range x {
		sum += s.Mask.Of(j) * (v - mean) * (v - mean)
	}
	return mean, 1 / math.Sqrt(sum/s.S+s.Eps)
}

// NormGrad writes to dx, with n = (x-mean)/std and h = mu gain dy,
//
//	LayerNorm  residual + (h - mu/S (Σh + n Σhn))/std
//	RMSNorm    residual + (h - mu/S       n Σhn )/std
//
// and the sums over each sequence of mu dy n to gains, of mu dy to biases. operand gets dx once more.
func (l *lane) NormGrad(dx, operand, gains, biases, residual, dy, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec) {
	contract.NormGrad(l, dx, operand, gains, biases, residual, dy, x, stats, gain, s)
	c, rows := x.Cols, l.rows()
	args{"operand": operand.Vec}.lie("NormGrad", l.operands)
	args{
		"dx": dx.Vec, "gains": gains.Vec, "biases": biases.Vec, "residual": residual.Vec, "dy": dy.Vec, "x": x.Vec, "stats": stats.Vec,
		"gain": gain,
	}.lie("NormGrad", compute.FP32)

	g := Data(gain)
	n, h, zero := make([]float64, c), make([]float64, c), make([]float64, c)
	clear(Data(gains.Vec))
	clear(Data(biases.Vec))
	for r := range rows {
		mean, rstd := row(stats, r)[0], row(stats, r)[1]
		dyr, dxr, res := row(dy, r), row(dx, r), zero
		if residual.N > 0 {
			res = row(residual, r)
		}
		dgain := row(gains, r/l.T())
		var sumH, sumHN float64
		for j, v := range row(x, r) {
			mu := s.Mask.Of(j)
			n[j] = (v - mean) * rstd
			h[j] = mu * g[j] * dyr[j]
			sumH += h[j]
			sumHN += h[j] * n[j]
			dgain[j] += mu * dyr[j] * n[j]
		}
		if s.RMS {
			sumH = 0
		} else {
			for j, dbias := 0, row(biases, r/l.T()); j < c; j++ {
				dbias[j] += s.Mask.Of(j) * dyr[j]
			}
		}
		for j := range dxr {
			dxr[j] = res[j] + rstd*(h[j]-s.Mask.Of(j)/s.S*(sumH+n[j]*sumHN))
		}
	}
	if operand.N > 0 {
		copy(Data(operand.Vec), Data(dx.Vec))
		settle(operand.Vec)
	}
}

// row is row i of m.
func row(m compute.Mat, i int) []float64 { return Data(m.Part(i, 1).Vec) }
