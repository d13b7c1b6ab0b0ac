package predict

import "math"

// invert is the inverse of a symmetric positive matrix, by Gauss and Jordan with pivots. A singular one gives infinities.
func invert(m [3][3]float64) [3][3]float64 {
	inv := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	for c := range 3 {
		pivot := c
		for r := c + 1; r < 3; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		inv[c], inv[pivot] = inv[pivot], inv[c]
		d := m[c][c]
		for j := range 3 {
			m[c][j] /= d
			inv[c][j] /= d
		}
		for r := range 3 {
			if f := m[r][c]; r != c {
				for j := range 3 {
					m[r][j] -= f * m[c][j]
					inv[r][j] -= f * inv[c][j]
				}
			}
		}
	}
	return inv
}

// quantiles are those of Student's t at 97.5 %, by degrees of freedom from 1.
var quantiles = []float64{
	12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
	2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
}

// student is the quantile for dof degrees of freedom; beyond the table by the first term of its expansion about the normal's.
func student(dof int) float64 {
	if dof <= len(quantiles) {
		return quantiles[dof-1]
	}
	const z = 1.959964
	return z + (z*z*z+z)/(4*float64(dof))
}
