package kernels

import (
	"encoding/binary"
	"math"

	"growlab/cudart"
)

// Array is where numbers lie and what they are: float32 or bf16. The zero Array is absent.
type Array struct {
	At   cudart.Ptr
	Type cudart.DataType
	_    int32
}

// F32 is an array of float32.
func F32(at cudart.Ptr) Array { return Array{At: at, Type: cudart.F32} }

// BF16 is an array of bf16.
func BF16(at cudart.Ptr) Array { return Array{At: at, Type: cudart.BF16} }

// Scalar is Value, times the float32 at At unless that is 0.
type Scalar struct {
	At    cudart.Ptr
	Value float32
	_     int32
}

// Const is a scalar that a graph keeps.
func Const(v float64) Scalar { return Scalar{Value: float32(v)} }

// Mask is the address of a MaskBlock; 0 is no mask.
type Mask = cudart.Ptr

// MaskBytes is the size of a MaskBlock in device memory.
const MaskBytes = 16

// MaskBlock is a two-valued mask, 1 on the first Old entries and M on the rest, and Sum, the sum of all its entries, which only
// norms read.
type MaskBlock struct {
	Old    int32
	M, Sum float32
}

// Put writes the block as it lies in device memory.
func (m MaskBlock) Put(to []byte) {
	binary.LittleEndian.PutUint32(to, uint32(m.Old))
	binary.LittleEndian.PutUint32(to[4:], math.Float32bits(m.M))
	binary.LittleEndian.PutUint32(to[8:], math.Float32bits(m.Sum))
	binary.LittleEndian.PutUint32(to[12:], 0)
}

// Activation is what a feed-forward layer applies between its products.
type Activation int32

// The activations. GELU is the tanh form, x sigmoid(2 sqrt(2/π)(x + 0.044715 x³)); SwiGLU is silu(gate) up.
const (
	Identity Activation = iota
	GELU
	SwiGLU
)
