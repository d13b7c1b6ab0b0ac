package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// Norm writes the masked LayerNorm or RMSNorm of x to y, and mean and 1/std of each row to stats.
func (l *lane) Norm(y, stats, x compute.Mat, gain, bias compute.Vec, s compute.NormSpec) {
	c, rows := x.Cols, l.rows()
	normShapes("Norm", x, stats, gain, s, rows)
	dims("Norm", "y", y, rows, c)
	if s.RMS {
		length("Norm", "bias of RMSNorm", bias.N, 0)
	} else {
		length("Norm", "bias", bias.N, c)
	}
	apart("Norm", "y", y.Vec, stats.Vec, x.Vec, gain, bias)
	apart("Norm", "stats", stats.Vec, x.Vec, gain, bias)
	args{"y": y.Vec}.lie("Norm", l.operands)
	args{"stats": stats.Vec, "x": x.Vec, "gain": gain, "bias": bias}.lie("Norm", compute.FP32)

	g, b := Data(gain), Data(bias)
	for r := range rows {
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
	c, rows := x.Cols, l.rows()
	normShapes("NormGrad", x, stats, gain, s, rows)
	dims("NormGrad", "dx", dx, rows, c)
	if operand.N > 0 {
		dims("NormGrad", "operand", operand, rows, c)
		apart("NormGrad", "operand", operand.Vec, dx.Vec, gains.Vec, biases.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	}
	if residual.N > 0 {
		dims("NormGrad", "residual", residual, rows, c)
		sameOrApart("NormGrad", "dx", dx, residual)
	}
	dims("NormGrad", "dy", dy, rows, c)
	dims("NormGrad", "gains", gains, l.seqs, c)
	if s.RMS {
		length("NormGrad", "biases of RMSNorm", biases.N, 0)
	} else {
		dims("NormGrad", "biases", biases, l.seqs, c)
	}
	apart("NormGrad", "dx", dx.Vec, gains.Vec, biases.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	apart("NormGrad", "gains", gains.Vec, biases.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)
	apart("NormGrad", "biases", biases.Vec, residual.Vec, dy.Vec, x.Vec, stats.Vec, gain)

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

// normShapes checks what Norm and NormGrad share.
func normShapes(op string, x, stats compute.Mat, gain compute.Vec, s compute.NormSpec, rows int) {
	c := x.Cols
	dims(op, "x", x, rows, c)
	dims(op, "stats", stats, rows, 2)
	length(op, "gain", gain.N, c)
	sum := float64(c)
	if !s.Mask.Plain(c) {
		sum = float64(s.Mask.Old) + s.Mask.M*float64(c-s.Mask.Old)
	}
	if math.Abs(s.S-sum) > 1e-9*sum {
		panic(fmt.Sprintf("computetest: %s: S is %g, but the mask %+v sums to %g over %d channels", op, s.S, s.Mask, sum, c))
	}
}

// row is row i of m.
func row(m compute.Mat, i int) []float64 { return Data(m.Part(i, 1).Vec) }
