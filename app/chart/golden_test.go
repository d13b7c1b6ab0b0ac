package chart

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures of testdata instead of comparing with them")

// curve is a synthetic loss of n steps: two growths at 78.8 % and 91.5 % as in the paper's budget, each speeding up the
// descent, with noise.
func curve(name string, n int, seed uint64, grown bool) *Series {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := NewSeries(name)
	level, rate := 1.62, 0.2
	points := make([]Point, 0, n)
	var flops, seconds float64
	loss := 5.54
	for i := range n {
		t := float64(i) / float64(n)
		cost := 1.0
		if !grown {
			cost = 3
		}
		if grown && t >= 0.788 {
			level, cost = 1.45, 2
		}
		if grown && t >= 0.915 {
			level, cost, rate = 1.36, 3, 0.3
		}
		loss += (level + 0.9*(1-t)*(1-t) - loss) * rate * 60 / float64(n) * (0.4 + 4*math.Exp(-12*t))
		flops += cost * 2e10
		seconds += cost * 0.02
		y := loss + rng.NormFloat64()*0.05*loss
		points = append(points, Point{Pos{float64(i + 1), float64(i+1) * 4096, flops, seconds, 0}, y})
	}
	s.AppendAll(points)
	return s
}

// evals samples a series every k steps, as evaluations do.
func evals(name string, of *Series, k int) *Series {
	s := NewSeries(name)
	smooth := of.view(Step, 0.98, false)
	for i := k - 1; i < of.Len(); i += k {
		s.Append(of.At(i).Pos, smooth.line.v[i]+0.03)
	}
	return s
}

func stages(s *Series, n int) []Marker {
	second, third := float64(n)*0.788, float64(n)*0.915
	s.Break(second)
	s.Break(third)
	return []Marker{
		{Label: "S1 · 4L × 128 · 0.9M", Detail: "4 layers × 128, 0.9M parameters"},
		{At: s.PosAt(second), Label: "S2 · 6L × 192 · 2.8M", Detail: "loss 1.702 → 1.702\nmax |logit diff| 2.1e-06"},
		{At: s.PosAt(third), Label: "S3 · 8L × 256 · 6.4M", Detail: "loss 1.601 → 1.601"},
	}
}

// example is the picture of a run with its twin.
func example() Figure {
	const n = 6000
	train, twin := curve("grown · train", n, 1, true), curve("from scratch · train", n, 2, false)
	return Figure{
		YName: "loss", LogY: true, Smooth: 0.98, Legend: true,
		Lines: []Line{
			{Series: train, Color: 0},
			{Series: evals("grown · valid", train, 300), Color: 2, Exact: true},
			{Series: twin, Color: 1},
			{Series: evals("from scratch · valid", twin, 300), Color: 3, Exact: true},
		},
		Markers: append(stages(train, n),
			Marker{At: train.PosAt(1500), Kind: Saved, Label: "checkpoint"},
			Marker{At: train.PosAt(3000), Kind: Saved, Label: "checkpoint"},
			Marker{At: train.PosAt(3600), Kind: Tweak, Label: "LR 6e-4 → 3e-4"},
			Marker{At: train.PosAt(2300), Kind: Spike, Label: "spike"},
			Marker{At: train.PosAt(4200), Kind: Paused, Label: "paused"}),
	}
}

// dense is four runs zoomed in to where their noise fills the picture.
func dense() Figure {
	f := Figure{YName: "loss", LogY: true, Smooth: 0.99, Legend: true, X: Range{30_000, 60_000}}
	for k, name := range []string{"a", "b", "c", "d"} {
		f.Lines = append(f.Lines, Line{Series: curve(name, 100_000, uint64(k), k%2 == 0), Color: k})
	}
	f.Markers = stages(f.Lines[0].Series, 100_000)
	return f
}

func TestGolden(t *testing.T) {
	f := example()
	with := func(change func(*Figure)) Figure { g := f; change(&g); return g }
	two := with(func(g *Figure) { g.Markers, g.Lines = g.Markers[:2], g.Lines[:2] })
	for _, c := range []struct {
		name          string
		f             Figure
		t             Theme
		width, height int
		scale         float64
	}{
		{"dark", f, Dark(), 846, 560, 1},
		{"light", f, Light(), 846, 560, 1},
		{"linear", with(func(g *Figure) { g.LogY = false }), Dark(), 846, 560, 1},
		{"raw", with(func(g *Figure) { g.Smooth = 0 }), Light(), 846, 560, 1},
		{"zoomed", with(func(g *Figure) { g.X = Range{4500, 5700} }), Dark(), 846, 560, 1},
		{"loglog-flops", with(func(g *Figure) { g.LogX, g.XAxis = true, FLOPs }), Light(), 846, 560, 1},
		{"time", with(func(g *Figure) { g.XAxis = Seconds }), Dark(), 846, 560, 1},
		{"hidden", with(func(g *Figure) { g.Lines = hide(g.Lines, 0, 2) }), Light(), 846, 560, 1},
		{"titled-scale2", with(func(g *Figure) {
			g.Title, g.Note = "flm-1m · king-james", "1.45 nats · 2.09 bits per byte · seed 1"
		}), Light(), 800, 450, 2},
		{"dense", dense(), Dark(), 846, 560, 1},
		{"two-stages", two, Dark(), 640, 360, 1},
		{"narrow", f, Light(), 360, 240, 1},
		{"empty", Figure{YName: "loss", LogY: true, Legend: true}, Dark(), 846, 560, 1},
		{"empty-light", Figure{YName: "loss", Empty: "No evaluation yet"}, Light(), 640, 360, 1},
		{"one-point", Figure{YName: "loss", Legend: true, Lines: []Line{{Series: series(5.54)}}}, Dark(), 640, 360, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := WritePNG(&out, c.f, c.t, c.width, c.height, c.scale); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", c.name+".png"), out.Bytes())
		})
	}
}

func hide(lines []Line, indices ...int) []Line {
	out := append([]Line(nil), lines...)
	for _, i := range indices {
		out[i].Hidden = true
	}
	return out
}

// series has the given values at steps 1, 2, …
func series(values ...float64) *Series {
	s := NewSeries("s")
	for i, y := range values {
		x := float64(i + 1)
		s.Append(Pos{x, 100 * x, 1e6 * x, 0.5 * x, 0}, y)
	}
	return s
}

// compare allows the last digits of floating point to differ: some machines fuse multiplication and addition.
func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	if bytes.Equal(got, want) {
		return
	}
	a, b := decode(t, got), decode(t, want)
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%s: size %v, want %v", path, a.Bounds(), b.Bounds())
	}
	worst := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			worst = max(worst, difference(a, b, x, y))
		}
	}
	if worst > 8 {
		failed := filepath.Join("testdata", "failed", filepath.Base(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(failed), 0o755), os.WriteFile(failed, got, 0o644)); err != nil {
			t.Error(err)
		}
		t.Errorf("%s: a pixel differs by %d of 255, want at most 8; the picture is in %s", path, worst, failed)
	}
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func difference(a, b image.Image, x, y int) int {
	r1, g1, b1, _ := a.At(x, y).RGBA()
	r2, g2, b2, _ := b.At(x, y).RGBA()
	d := func(p, q uint32) int { return int(max(p, q)-min(p, q)) >> 8 }
	return max(d(r1, r2), d(g1, g2), d(b1, b2))
}
