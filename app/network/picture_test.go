package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var (
	first  = Shape{3, 64, 4, 256}
	second = Shape{5, 96, 6, 384}
	third  = Shape{5, 128, 8, 512}
)

func growing(mask float64) Picture {
	return Picture{From: first, To: second, NewLayers: []int{3, 4}, Mask: mask, Final: third, Stage: 2, Title: "5 layers × 96"}
}

// Widths of what is drawn are to the scale of the final network.
func TestScale(t *testing.T) {
	const w, h = 264, 260
	p := growing(1)
	full := float32(w - labelWidth)
	var oldFrames, newFrames int
	for _, c := range p.blockFrames(w, h) {
		switch {
		case near(c.w, full*64/128) && c.tint == old:
			oldFrames++
		case near(c.w, full*32/128-seam) && c.tint == fresh: // the columns added to an old block
			newFrames++
		case near(c.w, full*96/128) && c.tint == fresh: // a new block
			newFrames++
		default:
			t.Errorf("frame of width %g and tint %d stands for nothing in %+v", c.w, c.tint, p)
		}
	}
	if oldFrames != 3 || newFrames != 5 {
		t.Errorf("got %d old and %d new frames, want 3 and 5", oldFrames, newFrames)
	}
}

// blockFrames are the frames of the blocks of p.
func (p Picture) blockFrames(w, h float32) []cell {
	l := p.layout(w, h)
	var frames []cell
	for i := range p.To.Layers {
		for _, c := range p.block(l, 0, l.block, p.isNew(i), 1) {
			if c.h == l.block {
				frames = append(frames, c)
			}
		}
	}
	return frames
}

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 0.01 }

func TestHeadsOldThenNew(t *testing.T) {
	p := growing(0.5)
	l := p.layout(264, 260)
	heads := p.heads(l, 0, 10, false, 1)
	if len(heads) != 6 {
		t.Fatalf("got %d heads, want 6", len(heads))
	}
	for i, c := range heads {
		want := old
		if i >= 4 {
			want = fresh
		}
		if c.tint != want {
			t.Errorf("head %d: got tint %d, want %d", i, c.tint, want)
		}
	}
}

// Whatever the shape, nothing leaves the field and strengths are opacities.
func TestStaysInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	upTo := func(n int) int { return 1 + rng.IntN(n) }
	for range 2000 {
		from := Shape{upTo(40), upTo(2048), upTo(32), upTo(8192)}
		p := Picture{
			From: from, Mask: rng.Float64(), Stage: 2,
			To: Shape{from.Layers + rng.IntN(40), from.Hidden + rng.IntN(2048), from.Heads + rng.IntN(32), from.FFN + rng.IntN(8192)},
		}
		for n := from.Layers; n < p.To.Layers; n++ {
			p.NewLayers = append(p.NewLayers, n)
		}
		if rng.IntN(4) == 0 {
			p.From, p.NewLayers = Shape{}, nil
		}
		w, h := 200+200*rng.Float32(), 236+300*rng.Float32()
		name := fmt.Sprintf("%+v in %g x %g", p, w, h)
		cells, labels := p.lay(w, h, rng.Float32(), nowhere)
		for _, c := range cells {
			if c.x < 0 || c.y < 0 || c.x+c.w > w+0.01 || c.y+c.h > h+0.01 || c.w < 0 || c.h < 0 {
				t.Fatalf("%s: cell %+v leaves the field", name, c)
			}
			if c.strength < 0 || c.strength > 1 {
				t.Fatalf("%s: strength %g", name, c.strength)
			}
		}
		for _, l := range labels {
			if l.y > h {
				t.Fatalf("%s: label %+v leaves the field", name, l)
			}
		}
	}
}

// A growth that has not been drawn yet looks like the network before it.
func TestGrowthStartsFromTheOldNetwork(t *testing.T) {
	const w, h = 264, 260
	before := Picture{To: first, Final: third, Stage: 1}
	was, _ := before.lay(w, h, 1, nowhere)
	now, _ := growing(0).lay(w, h, 0, nowhere)
	visible := func(cells []cell) map[string]int {
		seen := map[string]int{}
		for _, c := range cells {
			if c.w > 0.01 && c.h > 0.01 && c.strength > 0 && c.tint != ghost && c.y < 220 {
				seen[fmt.Sprintf("%.1f %.1f %.1f %.1f %d", c.x, c.y, c.w, c.h, c.tint)]++
			}
		}
		return seen
	}
	old, grown := visible(was), visible(now)
	for c := range old {
		if grown[c] != old[c] {
			t.Errorf("cell %s: %d before the growth, %d at its start", c, old[c], grown[c])
		}
	}
}

func TestStagesOfAPlan(t *testing.T) {
	cells := layStages([]Shape{first, second, third}, 200, 80)
	// Stage 1: 3 old rows. Stage 2: 3 rows of two parts, 2 new rows. Stage 3: 5 rows of two parts.
	if len(cells) != 3+3*2+2+5*2 {
		t.Errorf("got %d cells, want %d", len(cells), 3+3*2+2+5*2)
	}
	for _, c := range cells {
		if c.x < 0 || c.y < 0 || c.x+c.w > 200.01 || c.y+c.h > 80.01 {
			t.Errorf("cell %+v leaves the field", c)
		}
	}
	if got := layStages(nil, 200, 80); got != nil {
		t.Errorf("no stages: got %v, want nothing", got)
	}
}
