package computetest

import (
	"fmt"

	"growlab/trainer/compute"
)

// length panics unless argument name of op has the wanted number of elements.
func length(op, name string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("computetest: %s: %s has %d elements, want %d", op, name, got, want))
	}
}

// dims panics unless m is (rows, cols).
func dims(op, name string, m compute.Mat, rows, cols int) {
	if m.Cols != cols || m.N != rows*cols {
		panic(fmt.Sprintf("computetest: %s: %s has %d elements in rows of %d, want (%d, %d)", op, name, m.N, m.Cols, rows, cols))
	}
}

// whole panics unless m is whole rows, and returns their number.
func whole(op, name string, m compute.Mat) int {
	if m.Cols < 1 || m.N%m.Cols != 0 {
		panic(fmt.Sprintf("computetest: %s: %s has %d elements, which is not whole rows of %d", op, name, m.N, m.Cols))
	}
	return m.Rows()
}

// optional panics unless v is absent or has n elements.
func optional(op, name string, v compute.Vec, n int) {
	if v.N != 0 {
		length(op, name, v.N, n)
	}
}

// batch panics unless b holds as many tokens as it says.
func batch(op string, b compute.Batch) {
	if b.Seqs < 0 || b.T < 1 {
		panic(fmt.Sprintf("computetest: %s: batch of %d sequences of %d positions", op, b.Seqs, b.T))
	}
	length(op, "Inputs", len(b.Inputs), b.Seqs*b.T)
	if b.Targets != nil {
		length(op, "Targets", len(b.Targets), b.Seqs*b.T)
	}
}

// token panics unless id is in a vocabulary of n.
func token(op string, id int32, n int) int {
	if id < 0 || int(id) >= n {
		panic(fmt.Sprintf("computetest: %s: token %d outside the vocabulary of %d", op, id, n))
	}
	return int(id)
}

// apart panics if the result dst shares memory with one of the arguments: engines may write before they have read all.
func apart(op, name string, dst compute.Vec, args ...compute.Vec) {
	for _, a := range args {
		if a.N > 0 && dst.N > 0 && a.Buf == dst.Buf && a.Off < dst.Off+dst.N && dst.Off < a.Off+a.N {
			panic(fmt.Sprintf("computetest: %s: %s, elements %d to %d of its buffer, overlaps an argument, %d to %d",
				op, name, dst.Off, dst.Off+dst.N, a.Off, a.Off+a.N))
		}
	}
}

// sameOrApart panics if the result dst overlaps a without being a.
func sameOrApart(op, name string, dst, a compute.Mat) {
	if dst != a {
		apart(op, name, dst.Vec, a.Vec)
	}
}
