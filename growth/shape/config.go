package shape

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of norm, activation and position that a Config may name.
const (
	LayerNorm = "layernorm" // mean and variance, gain and bias
	RMSNorm   = "rmsnorm"   // root mean square, gain only

	GELU   = "gelu"   // tanh form, as GPT-2
	SwiGLU = "swiglu" // silu(gate) * up

	XPos    = "xpos"    // rotary with exponential decay (arXiv:2212.10554; torchscale's constants)
	RoPE    = "rope"    // rotary, base 10000, interleaved pairs
	Learned = "learned" // a table of context x hidden added to the token embedding
)

// Config is the shape of one pre-norm decoder. Growth changes Layers, Heads, Hidden and FFN; every other field is fixed
// for the whole run, head_dim included: a rotary head that changes its width changes its frequencies.
type Config struct {
	Vocab   int `json:"vocab"`
	Context int `json:"context"`
	Layers  int `json:"layers"`
	Heads   int `json:"heads"`
	HeadDim int `json:"head_dim"`
	Hidden  int `json:"hidden"`
	FFN     int `json:"ffn"`

	Norm string `json:"norm"` // LayerNorm | RMSNorm
	Act  string `json:"act"`  // GELU | SwiGLU
	Pos  string `json:"pos"`  // XPos | RoPE | Learned
	Bias bool   `json:"bias"` // biases on every linear map
	Tied bool   `json:"tied"` // output matrix is the token embedding

	// OutputMult scales the logits. With BaseWidth > 0 (muP) it is further multiplied by BaseWidth/d_eff, where d_eff is
	// Masks.Deff, so that the factor does not jump at a growth.
	OutputMult float64 `json:"output_mult"`
	BaseWidth  int     `json:"base_width"`
}

// Inner is heads*head_dim, the width of queries, keys and values.
func (c Config) Inner() int { return c.Heads * c.HeadDim }

// LogitScale is the factor on the logits at effective width deff.
func (c Config) LogitScale(deff float64) float64 {
	if c.BaseWidth > 0 {
		return c.OutputMult * float64(c.BaseWidth) / deff
	}
	return c.OutputMult
}

// WidthRatio is how many times wider than muP's base shape the fan-in of a matrix over axis a is, counting new entries by
// their factor: the matrix's learning rate is divided by it and its weight decay multiplied. So what writes the stream follows
// the factor of heads or of FFN, and what reads it that of hidden. The base
// shape has BaseWidth hidden channels and the proportions of c; while a growth is in progress, proportions between those
// before and after, so that the ratio does not jump at a growth that changes them. Without muP it is 1.
func (c Config) WidthRatio(a Axis, k Masks) float64 {
	if c.BaseWidth == 0 {
		return 1
	}
	proportion := float64(c.Size(a)) / float64(c.Hidden)
	if k.Active() {
		old, m := float64(k.From.Size(a))/float64(k.From.Hidden), k.M.along(a)
		if k.From.Size(a) == c.Size(a) { // only hidden changes the proportion
			m = k.M.Hidden
		}
		proportion = old + m*(proportion-old)
	}
	return k.Effective(c, a) / (proportion * float64(c.BaseWidth))
}

// Params counts all parameters.
func (c Config) Params() int64 {
	var n int64
	for _, t := range c.Tensors() {
		n += int64(t.Len())
	}
	return n
}

// Validate returns every fault of the shape, joined.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	for _, f := range []struct {
		name string
		v    int
		lo   int
	}{
		{"vocab", c.Vocab, 2},
		{"context", c.Context, 2},
		{"layers", c.Layers, 1},
		{"heads", c.Heads, 1},
		{"head_dim", c.HeadDim, 2},
		{"hidden", c.Hidden, 1},
		{"ffn", c.FFN, 1},
	} {
		if f.v < f.lo {
			bad("%s is %d; it must be at least %d", f.name, f.v, f.lo)
		}
	}
	oneOf := func(name, v string, ok ...string) {
		for _, o := range ok {
			if v == o {
				return
			}
		}
		bad("%s is %q; it must be one of %s", name, v, strings.Join(ok, ", "))
	}
	oneOf("norm", c.Norm, LayerNorm, RMSNorm)
	oneOf("act", c.Act, GELU, SwiGLU)
	oneOf("pos", c.Pos, XPos, RoPE, Learned)
	if c.HeadDim%2 != 0 && c.Pos != Learned {
		bad("head_dim is %d; a rotary head needs an even number", c.HeadDim)
	}
	if c.OutputMult <= 0 {
		bad("output_mult is %g; it must be positive", c.OutputMult)
	}
	if c.BaseWidth < 0 {
		bad("base_width is %d; it must be 0 (off) or positive", c.BaseWidth)
	}
	return errors.Join(errs...)
}

// CanGrow returns every reason why next cannot be reached from c by growth, joined; nil if it can.
func (c Config) CanGrow(next Config) error {
	var errs []error
	for _, f := range []struct {
		name     string
		from, to int
	}{
		{"layers", c.Layers, next.Layers},
		{"heads", c.Heads, next.Heads},
		{"hidden", c.Hidden, next.Hidden},
		{"ffn", c.FFN, next.FFN},
	} {
		if f.to < f.from {
			errs = append(errs, fmt.Errorf("%s shrinks from %d to %d; %w", f.name, f.from, f.to, ErrShrinks))
		}
	}
	fixed, other := c, next
	for _, x := range []*Config{&fixed, &other} {
		x.Layers, x.Heads, x.Hidden, x.FFN = 0, 0, 0, 0
	}
	if fixed != other {
		errs = append(errs, errors.New("only layers, heads, hidden and ffn may change between stages"))
	}
	return errors.Join(errs...)
}

// ErrShrinks is wrapped by CanGrow when a dimension would get smaller.
var ErrShrinks = errors.New("a stage may only grow")

// String is the short form used on stage markers: "5L x 96".
func (c Config) String() string { return fmt.Sprintf("%dL × %d", c.Layers, c.Hidden) }
