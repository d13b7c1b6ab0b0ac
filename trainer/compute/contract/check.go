package contract

import (
	"fmt"

	"growlab/trainer/compute"
)

// length panics unless argument name of op has the wanted number of elements.
func length(op, name string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("compute: %s: %s has %d elements, want %d", op, name, got, want))
	}
}

// shape panics unless m is (rows, cols).
func shape(op, name string, m compute.Mat, rows, cols int) {
	if m.Cols != cols || m.N != rows*cols {
		panic(fmt.Sprintf("compute: %s: %s has %d elements in rows of %d, want (%d, %d)", op, name, m.N, m.Cols, rows, cols))
	}
}

// whole panics unless m is whole rows, and returns their number.
func whole(op, name string, m compute.Mat) int {
	if m.Cols < 1 || m.N%m.Cols != 0 {
		panic(fmt.Sprintf("compute: %s: %s has %d elements, which is not whole rows of %d", op, name, m.N, m.Cols))
	}
	return m.Rows()
}

// context panics unless a table of positions, if there is one, reaches t.
func context(op string, pos compute.Vec, cols, t int) {
	if pos.N > 0 && (pos.N%cols != 0 || pos.N < t*cols) {
		panic(fmt.Sprintf("compute: %s: table of positions has %d elements, want rows of %d for at least %d positions", op, pos.N, cols, t))
	}
}

// tokens panics unless all ids are in a vocabulary of n.
func tokens(op string, ids []int32, n int) {
	for i, id := range ids {
		if id < 0 || int(id) >= n {
			panic(fmt.Sprintf("compute: %s: token %d, at %d, is outside the vocabulary of %d", op, id, i, n))
		}
	}
}

// apart panics if the result dst shares memory with one of the arguments: engines may write before they have read all.
func apart(op, name string, dst compute.Vec, args ...compute.Vec) {
	for _, a := range args {
		if a.N > 0 && dst.N > 0 && a.Buf == dst.Buf && a.Off < dst.Off+dst.N && dst.Off < a.Off+a.N {
			panic(fmt.Sprintf("compute: %s: %s, elements %d to %d of its buffer, overlaps an argument, %d to %d",
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
