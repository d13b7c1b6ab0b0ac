package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// RoundBF16 is the bf16 number nearest to x, of two as near the one whose last bit is 0. NaN stays NaN; what lies beyond
// the largest bf16 by half a unit or more becomes infinite.
func RoundBF16(x float32) float32 {
	if x != x {
		return x
	}
	b := math.Float32bits(x)
	b += 0x7fff + b>>16&1
	return math.Float32frombits(b &^ 0xffff)
}

// held is x as memory of precision p holds it. Engines round what they have in float32, and so does this.
func held(x float64, p compute.Precision) float64 {
	if p == compute.BF16 {
		return float64(RoundBF16(float32(x)))
	}
	return x
}

// settle rounds what an operation left in views of operand memory.
func settle(views ...compute.Vec) {
	for _, v := range views {
		if v.N == 0 || v.Buf.(*buffer).precision == compute.FP32 {
			continue
		}
		d := Data(v)
		for i, x := range d {
			d[i] = held(x, compute.BF16)
		}
	}
}

// args names arguments of an operation.
type args map[string]compute.Vec

// lie panics unless all arguments that are there lie in memory of precision p.
func (a args) lie(op string, p compute.Precision) {
	for name, v := range a {
		if b, ok := v.Buf.(*buffer); v.N > 0 && ok && b.precision != p {
			panic(fmt.Sprintf("computetest: %s: %s lies in %v memory, want %v", op, name, b.precision, p))
		}
	}
}
