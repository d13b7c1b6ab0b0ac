package chart

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noise is n values at irregular, ascending x with some not finite and some negative.
func noise(n int, seed uint64) ([]float64, track) {
	rng := rand.New(rand.NewPCG(seed, 7))
	x := make([]float64, n)
	var y track
	at := rng.Float64()
	for i := range x {
		at += rng.ExpFloat64()
		x[i] = at
		v := 1 + rng.NormFloat64()
		switch rng.IntN(50) {
		case 0:
			v = math.NaN()
		case 1:
			v = math.Inf(1 - 2*rng.IntN(2))
		}
		y.push(v)
	}
	return x, y
}

func TestDecimateProperties(t *testing.T) {
	for seed := range uint64(30) {
		n := []int{1, 2, 63, 64, 65, 1000, 20000}[seed%7]
		x, y := noise(n, seed)
		logX, logY := seed%3 == 1, seed%2 == 1
		sx := newScale(Range{x[0], x[n-1] + 1}, logX, 0, 300)
		sy := newScale(Range{0.01, 4}, logY, 200, 0)
		got := decimate(nil, x, y, 0, n, sx, sy)
		checkColumns(t, seed, got, x, y, sx, sy)
	}
}

// checkColumns compares with going through every point: per column the same lowest, highest, first and last, and at most
// four points.
func checkColumns(t *testing.T, seed uint64, got []pt, x []float64, y track, sx, sy scale) {
	t.Helper()
	type column struct {
		n                   int
		lo, hi, first, last float64
	}
	gather := func(columns map[int]*column, p pt) {
		k := int(math.Floor(p.x))
		c := columns[k]
		if c == nil {
			columns[k] = &column{1, p.y, p.y, p.y, p.y}
			return
		}
		c.n++
		c.lo, c.hi, c.last = min(c.lo, p.y), max(c.hi, p.y), p.y
	}
	want, have := map[int]*column{}, map[int]*column{}
	for i := range x {
		if drawable(y.v[i], sy) {
			gather(want, pt{sx.px(x[i]), sy.px(y.v[i])})
		}
	}
	for i, p := range got {
		gather(have, p)
		if i > 0 && p.x < got[i-1].x {
			t.Fatalf("seed %d: point %d goes back from %v to %v", seed, i, got[i-1].x, p.x)
		}
	}
	if len(have) != len(want) {
		t.Fatalf("seed %d: %d columns, want %d", seed, len(have), len(want))
	}
	for k, w := range want {
		h := have[k]
		if h == nil || h.n > 4 || h.lo != w.lo || h.hi != w.hi || h.first != w.first || h.last != w.last {
			t.Fatalf("seed %d: column %d is %+v, want at most 4 points with %+v", seed, k, h, w)
		}
	}
}

func TestDecimateKeepsASpike(t *testing.T) {
	var x []float64
	var y track
	for i := range 1_000_000 {
		x = append(x, float64(i))
		v := 1.0
		if i == 543_210 {
			v = 9
		}
		y.push(v)
	}
	sy := newScale(Range{0, 10}, false, 100, 0)
	got := decimate(nil, x, y, 0, len(x), newScale(Range{0, 1e6}, false, 0, 800), sy)
	top := math.Inf(1)
	for _, p := range got {
		top = min(top, p.y)
	}
	if top != sy.px(9) || len(got) > 4*800 {
		t.Errorf("highest of %d points at %v, want %v and at most 3200 points", len(got), top, sy.px(9))
	}
}

func TestExtremesEqualAScan(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	_, y := noise(1000, 5)
	cut := y
	cut.cut(700)
	for range 3000 {
		i := rng.IntN(700)
		j := i + rng.IntN(700-i+1)
		floor := []float64{math.Inf(-1), 0, 1}[rng.IntN(3)]
		wantLo, wantHi := scan(y.v, i, j, floor)
		for name, tr := range map[string]track{"whole": y, "cut": cut} {
			lo, hi := tr.extremes(i, j, floor)
			if same := lo == wantLo || lo >= 0 && wantLo >= 0 && y.v[lo] == y.v[wantLo]; !same {
				t.Fatalf("%s [%d,%d) above %v: lowest at %d, want %d", name, i, j, floor, lo, wantLo)
			}
			if same := hi == wantHi || hi >= 0 && wantHi >= 0 && y.v[hi] == y.v[wantHi]; !same {
				t.Fatalf("%s [%d,%d) above %v: highest at %d, want %d", name, i, j, floor, hi, wantHi)
			}
		}
	}
}

func TestLead(t *testing.T) {
	x := []float64{1, 2, 2, 2, 5, 7, 7, 9, 9, 9, 9, 12}
	for edge := range 15 {
		for from := range x {
			want := 0
			for want < len(x)-from && x[from+want] < float64(edge) {
				want++
			}
			if got := lead(x[from:], float64(edge)); got != want {
				t.Errorf("lead(%v, %d) = %d, want %d", x[from:], edge, got, want)
			}
		}
	}
	if got := lead(nil, 1); got != 0 {
		t.Errorf("lead of nothing is %d, want 0", got)
	}
}
