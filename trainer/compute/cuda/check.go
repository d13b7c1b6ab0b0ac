package cuda

import (
	"fmt"

	"growlab/trainer/compute"
)

// length panics unless argument name of op has the wanted number of elements.
func length(op, name string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("cuda: %s: %s has %d elements, want %d", op, name, got, want))
	}
}

// shape panics unless m is (rows, cols).
func shape(op, name string, m compute.Mat, rows, cols int) {
	if m.Cols != cols || m.N != rows*cols {
		panic(fmt.Sprintf("cuda: %s: %s has %d elements in rows of %d, want (%d, %d)", op, name, m.N, m.Cols, rows, cols))
	}
}

// whole panics unless m is whole rows, and returns their number.
func whole(op, name string, m compute.Mat) int {
	if m.Cols < 1 || m.N%m.Cols != 0 {
		panic(fmt.Sprintf("cuda: %s: %s has %d elements, which is not whole rows of %d", op, name, m.N, m.Cols))
	}
	return m.Rows()
}

// optional panics unless v is absent or has n elements.
func optional(op, name string, v compute.Vec, n int) {
	if v.N != 0 {
		length(op, name, v.N, n)
	}
}

// tokens panics unless all ids are from least to below n.
func tokens(op string, ids []int32, least int32, n int) {
	for i, id := range ids {
		if id < least || int(id) >= n {
			panic(fmt.Sprintf("cuda: %s: token %d, at %d, is outside the vocabulary of %d", op, id, i, n))
		}
	}
}

// batch panics unless b holds as many tokens as it says.
func batch(op string, b compute.Batch) {
	if b.Seqs < 0 || b.T < 1 {
		panic(fmt.Sprintf("cuda: %s: batch of %d sequences of %d positions", op, b.Seqs, b.T))
	}
	length(op, "Inputs", len(b.Inputs), b.Seqs*b.T)
	if b.Targets != nil {
		length(op, "Targets", len(b.Targets), b.Seqs*b.T)
	}
}

// context panics unless a table of positions, if there is one, reaches t.
func context(op string, pos compute.Vec, cols, t int) {
	if pos.N > 0 && (pos.N%cols != 0 || pos.N < t*cols) {
		panic(fmt.Sprintf("cuda: %s: table of positions has %d elements, want rows of %d for at least %d positions", op, pos.N, cols, t))
	}
}
