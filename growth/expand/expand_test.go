package expand_test

import (
	"math"
	"reflect"
	"testing"

	"growlab/growth/expand"
	"growlab/growth/shape"
)

func TestSources(t *testing.T) {
	const none = -1
	for name, c := range map[string]struct{ got, want []int }{
		"lead":          {expand.Lead(2, 5), []int{0, 1, none, none, none}},
		"cycle":         {expand.Cycle(2, 5), []int{0, 1, 0, 1, 0}},
		"tile":          {expand.Tile(2, 5), []int{0, 1, 0, 1, none}},
		"tile, less":    {expand.Tile(3, 5), []int{0, 1, 2, none, none}},
		"tile, nothing": {expand.Tile(3, 3), []int{0, 1, 2}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

// one is a network of one layer and one head, small enough to be grown by hand.
func one(hidden, ffn int) shape.Config {
	return shape.Config{
		Vocab: 2, Context: 2, Layers: 1, Heads: 1, HeadDim: 2, Hidden: hidden, FFN: ffn,
		Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Tied: true, OutputMult: 1,
	}
}

func constant(c shape.Config, v float64) expand.Tensors[float64] {
	out := expand.Tensors[float64]{}
	for _, s := range c.Tensors() {
		d := make([]float64, s.Len())
		for i := range d {
			d[i] = v
		}
		out[s.Name] = d
	}
	return out
}

// TestByHand: two channels and two units grown to eight and three.
func TestByHand(t *testing.T) {
	from, to := one(2, 2), one(8, 3)
	old, fresh := constant(from, 1), constant(to, 7)
	old["embed"] = []float64{1, 3, 2, 6}
	old["block.0.ffn.down"] = []float64{1, 2, 5, 6}
	m := expand.Keep(from, to)
	m.Layers = []expand.Layer{{}}
	m.Exact = true
	m.FFN = expand.Cycle(2, 3)
	got := expand.Params(m, old, fresh)
	for name, want := range map[string][]float64{ // s = sqrt(8/2) = 2
		"embed":              {2, 6, 4, 4, 4, 4, 4, 4, 4, 12, 8, 8, 8, 8, 8, 8},
		"block.0.ffn.down":   {1, 4, 1, 5, 12, 5, 3, 8, 3, 3, 8, 3, 3, 8, 3, 3, 8, 3, 3, 8, 3, 3, 8, 3},
		"block.0.ffn.up":     {1, 1, 7, 7, 7, 7, 7, 7, 1, 1, 7, 7, 7, 7, 7, 7, 1, 1, 7, 7, 7, 7, 7, 7},
		"block.0.norm2.gain": {0.5, 0.5, 7, 7, 7, 7, 7, 7},
		"block.0.norm2.bias": {1, 1, 0, 0, 0, 0, 0, 0},
		"final.gain":         {0.25, 0.25, 7, 7, 7, 7, 7, 7}, // tied: the output matrix is twice as large too
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	m1, carried := expand.Moments(m, constant(from, 1), 1)
	m2, _ := expand.Moments(m, constant(from, 1), 2)
	// Units 0 and 2 are one unit twice, whose readers take half: weights s/2 = 1 in two copies each, and s = 2 in one.
	if d := m1["block.0.ffn.down"]; !reflect.DeepEqual(d[:6], []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5}) || d[6] != 0 {
		t.Errorf("first moments of ffn.down: %v", d)
	}
	if d := m2["final.gain"]; d[0] != 16 || d[2] != 0 {
		t.Errorf("second moments of final.gain: %v, want 16 where the gain was divided by 4", d)
	}
	var nonzero int64
	for _, d := range m1 {
		for _, x := range d {
			if x != 0 {
				nonzero++
			}
		}
	}
	if carried != nonzero {
		t.Errorf("%d moments carried, %d are not zero", carried, nonzero)
	}
}

// TestSplits: shares sum to the weight, and unequal ones stay within their bounds.
func TestSplits(t *testing.T) {
	from, to := one(2, 2), one(6, 2)
	old, fresh := constant(from, 3), constant(to, 0)
	for i := range fresh["block.0.ffn.up"] {
		fresh["block.0.ffn.up"][i] = math.Sin(float64(7*i + 1))
	}
	for name, split := range map[string]expand.Split{"noise": expand.Noise, "unequal": expand.Unequal} {
		m := expand.Keep(from, to)
		m.Layers, m.Exact, m.Split = []expand.Layer{{}}, true, split
		m.Hidden = expand.Cycle(2, 6)
		up := expand.Params(m, old, fresh)["block.0.ffn.up"]
		for row := 0; row < len(up); row += 6 {
			for i := range 2 {
				if sum := up[row+i] + up[row+i+2] + up[row+i+4]; math.Abs(sum-3) > 1e-12 {
					t.Errorf("%s: shares sum to %v, want 3", name, sum)
				}
			}
		}
		if up[0] == up[2] {
			t.Errorf("%s: equal shares %v", name, up)
		}
		if split == expand.Unequal {
			for _, w := range up {
				if w < 0.5-1e-12 || w > 1.5+1e-12 {
					t.Errorf("share %v of a weight of 3 lies outside a half to one and a half of 1", w)
				}
			}
		}
	}
}
