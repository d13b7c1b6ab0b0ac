package shape

import (
	"fmt"
	"slices"
)

// Axis names what a tensor dimension runs over.
type Axis uint8

// The axes. Size gives each one's length in a Config.
const (
	Vocab   Axis = iota // token ids
	Context             // positions
	Hidden              // residual stream channels
	Inner               // heads*head_dim, head by head
	FFN                 // feed-forward units
	QKV                 // the three of query, key, value
	Gates               // SwiGLU's two branches: 0 gate, 1 up
)

var axisNames = [...]string{"vocab", "context", "hidden", "inner", "ffn", "qkv", "gates"}

func (a Axis) String() string { return axisNames[a] }

// Size is the length of axis a in c.
func (c Config) Size(a Axis) int {
	return [...]int{c.Vocab, c.Context, c.Hidden, c.Inner(), c.FFN, 3, 2}[a]
}

// Role says how a tensor is initialised, decayed and scaled.
type Role uint8

// The roles, with what Recipe.Init draws for them. Matrices decay, vectors do not.
const (
	Embedding Role = iota // N(0, init_std); decayed
	Reader                // matrix that reads the residual stream: N(0, std); decayed
	Writer                // matrix that writes the residual stream: N(0, std/sqrt(2 L_final)); decayed
	Gain                  // norm gain: 1; not decayed
	Shift                 // any bias: 0; not decayed
)

// Kind is a tensor's place inside a block or at the ends of the network.
type Kind string

// All kinds. Those up to KindOutBias stand once in every layer.
const (
	KindNorm1     Kind = "norm1.gain"
	KindNorm1Bias Kind = "norm1.bias"
	KindQKV       Kind = "attn.qkv"
	KindQKVBias   Kind = "attn.qkv_bias"
	KindAttnOut   Kind = "attn.out"
	KindAttnBias  Kind = "attn.out_bias"
	KindNorm2     Kind = "norm2.gain"
	KindNorm2Bias Kind = "norm2.bias"
	KindUp        Kind = "ffn.up"
	KindUpBias    Kind = "ffn.up_bias"
	KindDown      Kind = "ffn.down"
	KindDownBias  Kind = "ffn.down_bias"

	KindEmbed     Kind = "embed"
	KindPosition  Kind = "position"
	KindFinal     Kind = "final.gain"
	KindFinalBias Kind = "final.bias"
	KindUnembed   Kind = "unembed"
)

// Tensor is one row of the parameter table.
type Tensor struct {
	Name  string // "embed", "block.3.attn.qkv"
	Kind  Kind
	Layer int // -1 outside the blocks
	Role  Role
	Axes  []Axis
	Dims  []int // lengths of Axes
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Decays reports whether weight decay applies: on matrices only.
func (t Tensor) Decays() bool { return t.Role <= Writer }

// FanIn is the length of the last axis: what one output of the matrix sums over.
func (t Tensor) FanIn() int { return t.Dims[len(t.Dims)-1] }

// TensorName is the name of a kind in a layer; layer -1 is outside the blocks.
func TensorName(layer int, k Kind) string {
	if layer < 0 {
		return string(k)
	}
	return fmt.Sprintf("block.%d.%s", layer, k)
}

// Tensors is the parameter table of c, in the order of the parameter arena: embedding, blocks, final norm, output matrix.
func (c Config) Tensors() []Tensor {
	var ts []Tensor
	add := func(layer int, k Kind, r Role, axes ...Axis) {
		dims := make([]int, len(axes))
		for i, a := range axes {
			dims[i] = c.Size(a)
		}
		ts = append(ts, Tensor{TensorName(layer, k), k, layer, r, axes, dims})
	}
	norm := func(layer int, gain, bias Kind) {
		add(layer, gain, Gain, Hidden)
		if c.Norm == LayerNorm {
			add(layer, bias, Shift, Hidden)
		}
	}
	bias := func(layer int, k Kind, axes ...Axis) {
		if c.Bias {
			add(layer, k, Shift, axes...)
		}
	}
	up := []Axis{FFN}
	if c.Act == SwiGLU {
		up = []Axis{Gates, FFN}
	}

	add(-1, KindEmbed, Embedding, Vocab, Hidden)
	if c.Pos == Learned {
		add(-1, KindPosition, Embedding, Context, Hidden)
	}
	for l := range c.Layers {
		norm(l, KindNorm1, KindNorm1Bias)
		add(l, KindQKV, Reader, QKV, Inner, Hidden)
		bias(l, KindQKVBias, QKV, Inner)
		add(l, KindAttnOut, Writer, Hidden, Inner)
		bias(l, KindAttnBias, Hidden)
		norm(l, KindNorm2, KindNorm2Bias)
		add(l, KindUp, Reader, append(slices.Clone(up), Hidden)...)
		bias(l, KindUpBias, up...)
		add(l, KindDown, Writer, Hidden, FFN)
		bias(l, KindDownBias, Hidden)
	}
	norm(-1, KindFinal, KindFinalBias)
	if !c.Tied {
		add(-1, KindUnembed, Embedding, Vocab, Hidden)
	}
	return ts
}

// Tree holds one float32 slice for each tensor of a Config, keyed by tensor name. Parameters are a Tree; so is each of
// Adam's two moments.
type Tree struct {
	Config Config
	Data   map[string][]float32
}

// NewTree returns a Tree of zeros.
func NewTree(c Config) Tree {
	t := Tree{c, map[string][]float32{}}
	for _, s := range c.Tensors() {
		t.Data[s.Name] = make([]float32, s.Len())
	}
	return t
}
