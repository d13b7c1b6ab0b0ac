package bench

import (
	"fmt"
	"strings"

	"growlab/growth/shape"
)

// Shape is a network and the batch of one step.
type Shape struct {
	Name   string
	About  string
	Config shape.Config
	Seqs   int // sequences of Config.Context tokens in a step
}

// Shapes are those with a name. A, B and C are also timed in other programs; C has positions for just the tokens that it sees.
func Shapes() []Shape {
	flm := shape.Config{Vocab: 256, Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true, OutputMult: 1}
	of := func(c shape.Config, layers, hidden, heads, context int) shape.Config {
		c.Layers, c.Hidden, c.Heads, c.HeadDim, c.FFN, c.Context = layers, hidden, heads, hidden/heads, 4*hidden, context
		return c
	}
	gpt2 := flm
	gpt2.Vocab, gpt2.Pos = 50257, shape.Learned
	return []Shape{
		{"A", "nanoGPT's for Shakespeare by the letter", of(flm, 6, 384, 6, 256), 12},
		{"B", "small", of(flm, 4, 128, 4, 64), 12},
		{"C", "GPT-2 124M, few short sequences", of(gpt2, 12, 768, 12, 64), 4},
		{"D", "one long sequence, as wide as A", of(flm, 6, 384, 6, 1024), 1},
	}
}

// Lookup is the shape with that name, in either case.
func Lookup(name string) (s Shape, ok bool) {
	for _, s := range Shapes() {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Shape{}, false
}

// Tokens is the tokens of a step.
func (s Shape) Tokens() int { return s.Seqs * s.Config.Context }

// FLOPsPerToken counts 6 for each parameter but those that are only looked up (the table of positions; the embedding, if
// another matrix makes the logits), and 12*L*T*I for attention, all pairs (nanoGPT's estimate_mfu; PaLM, arXiv:2204.02311,
// appendix B).
func (s Shape) FLOPsPerToken() float64 {
	c := s.Config
	n := float64(c.Params())
	for _, t := range c.Tensors() {
		if t.Kind == shape.KindPosition || t.Kind == shape.KindEmbed && !c.Tied {
			n -= float64(t.Len())
		}
	}
	return 6*n + 12*float64(c.Layers)*float64(c.Context)*float64(c.Inner())
}

// String describes the shape in a line.
func (s Shape) String() string {
	c, batch := s.Config, "1 sequence a step"
	if s.Seqs != 1 {
		batch = fmt.Sprintf("%d sequences a step", s.Seqs)
	}
	return fmt.Sprintf("%s: %v, %d heads of %d, FFN %d, context %d, vocabulary %d, %s",
		s.Name, c, c.Heads, c.HeadDim, c.FFN, c.Context, c.Vocab, batch)
}

// HalfGrown is c in the middle of a growth from two thirds of its layers, heads, width and FFN: every mask is at 1/2.
func HalfGrown(c shape.Config) shape.Masks {
	from := c
	from.Layers, from.Heads = part(c.Layers, 1), part(c.Heads, 1)
	from.Hidden, from.FFN = part(c.Hidden, c.HeadDim), part(c.FFN, c.HeadDim)
	k := shape.Masks{From: from, NewLayer: make([]bool, c.Layers), M: shape.Joint(0.5)}
	for l := from.Layers; l < c.Layers; l++ {
		k.NewLayer[l] = true
	}
	return k
}

// part is two thirds of n in whole units, at least one.
func part(n, unit int) int { return max(n*2/3/unit, 1) * unit }
