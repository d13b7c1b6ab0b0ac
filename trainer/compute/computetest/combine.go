package computetest

import (
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Combine writes a x + b z to y, and once more to operand.
func (l *lane) Combine(y, operand compute.Mat, a float64, x compute.Mat, b float64, z compute.Mat) {
	contract.Combine(l, y, operand, x, z)
	args{"y": y.Vec, "x": x.Vec, "z": z.Vec}.lie("Combine", compute.FP32)
	args{"operand": operand.Vec}.lie("Combine", l.operands)
	xd, zd := Data(x.Vec), Data(z.Vec)
	for i, d := 0, Data(y.Vec); i < len(d); i++ {
		d[i] = a*xd[i] + b*zd[i]
	}
	if operand.N > 0 {
		copy(Data(operand.Vec), Data(y.Vec))
		settle(operand.Vec)
	}
}
