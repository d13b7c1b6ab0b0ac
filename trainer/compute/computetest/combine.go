package computetest

import "growlab/trainer/compute"

// Combine writes a x + b z to y, and once more to operand.
func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	rows := l.rows()
	dims("Combine", "y", y, rows, y.Cols)
	dims("Combine", "x", x, rows, y.Cols)
	dims("Combine", "z", z, rows, y.Cols)
	sameOrApart("Combine", "y", y, x)
	sameOrApart("Combine", "y", y, z)
	args{"y": y.Vec, "x": x.Vec, "z": z.Vec}.lie("Combine", compute.FP32)
	if operand.N > 0 {
		dims("Combine", "operand", operand, rows, y.Cols)
		apart("Combine", "operand", operand.Vec, y.Vec, x.Vec, z.Vec)
		args{"operand": operand.Vec}.lie("Combine", l.operands)
	}
	xd, zd := Data(x.Vec), Data(z.Vec)
	for i, d := 0, Data(y.Vec); i < len(d); i++ {
		d[i] = a*xd[i] + b*zd[i]
	}
	if operand.N > 0 {
		copy(Data(operand.Vec), Data(y.Vec))
		settle(operand.Vec)
	}
}
