package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDrawIsDeterministic(t *testing.T) {
	a, b := image.NewRGBA(image.Rect(0, 0, 500, 300)), image.NewRGBA(image.Rect(0, 0, 500, 300))
	Draw(a, example(), Dark(), 1)
	Draw(image.NewRGBA(image.Rect(0, 0, 900, 100)), example(), Light(), 2) // leaves other traces in the pool
	Draw(b, example(), Dark(), 1)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same figure gave two pictures")
	}
}

// A picture may be a part of a bigger one.
func TestDrawIntoAPart(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 600, 400))
	part := whole.SubImage(image.Rect(50, 60, 550, 360)).(*image.RGBA)
	Draw(part, example(), Light(), 1)
	alone := image.NewRGBA(image.Rect(0, 0, 500, 300))
	Draw(alone, example(), Light(), 1)
	for y := range 400 {
		for x := range 600 {
			in := image.Pt(x, y).In(part.Rect)
			if !in && whole.RGBAAt(x, y) != (color.RGBA{}) {
				t.Fatalf("pixel (%d, %d) outside the part was painted", x, y)
			}
			if in && whole.RGBAAt(x, y) != alone.RGBAAt(x-50, y-60) {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, whole.RGBAAt(x, y), alone.RGBAAt(x-50, y-60))
			}
		}
	}
}

func TestHiddenLinesLeaveNoInk(t *testing.T) {
	f := example()
	f.Legend, f.Markers = false, nil
	f.Lines = hide(f.Lines, 0, 1, 2, 3)
	img := image.NewRGBA(image.Rect(0, 0, 500, 300))
	Draw(img, f, Dark(), 1)
	for _, c := range Dark().Series {
		for i := 0; i < len(img.Pix); i += 4 {
			if img.Pix[i] == c.R && img.Pix[i+1] == c.G && img.Pix[i+2] == c.B {
				t.Fatalf("colour %v of a line at pixel %d", c, i/4)
			}
		}
	}
}

// Whatever is asked for, drawing ends with every pixel opaque and nothing outside.
func TestDrawOddities(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	odd := []float64{0, -1, 1, 1e-300, 1e300, -1e300, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, 3}
	pick := func() float64 { return odd[rng.IntN(len(odd))] }
	for range 400 {
		s := NewSeries(strings.Repeat("long name ", rng.IntN(20)))
		for range rng.IntN(200) {
			s.Append(Pos{pick(), pick(), pick(), pick(), pick()}, pick())
		}
		f := Figure{
			Title: "title", YName: "gradient norm", XAxis: Axis(rng.IntN(6) - 1), LogX: rng.IntN(2) == 0, LogY: rng.IntN(2) == 0,
			Smooth: pick(), Legend: true, Lines: []Line{{Series: s, Color: rng.IntN(99) - 9}, {}},
			Markers: []Marker{{At: Pos{pick(), pick(), pick(), pick(), pick()}, Label: "S1 · x", Kind: MarkerKind(rng.IntN(9))}, {Kind: Spike}},
		}
		if rng.IntN(2) == 0 {
			f.X, f.Y = Range{pick(), pick()}, Range{pick(), pick()}
		}
		img := image.NewRGBA(image.Rect(0, 0, rng.IntN(300), rng.IntN(200)))
		Draw(img, f, Light(), pick())
		for i := 3; i < len(img.Pix); i += 4 {
			if img.Pix[i] != 255 {
				t.Fatalf("%+v: pixel %d is not opaque", f, i/4)
			}
		}
	}
}

func TestWritePNGFaults(t *testing.T) {
	for _, tc := range []struct {
		name          string
		w             io.Writer
		width, height int
		scale         float64
		want          string
	}{
		{"no width", io.Discard, 0, 10, 1, "chart: picture of 0 x 10 at scale 1: sides must be 1 to 32768 pixels"},
		{"huge", io.Discard, 100_000, 10, 1, "chart: picture of 100000 x 10 at scale 1: sides must be 1 to 32768 pixels"},
		{"no scale", io.Discard, 10, 10, math.NaN(), "chart: picture of 10 x 10 at scale NaN: sides must be 1 to 32768 pixels"},
		{"full disk", full{}, 100, 100, 1, "chart: write picture: no room"},
	} {
		err := WritePNG(tc.w, example(), Light(), tc.width, tc.height, tc.scale)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.name, err, tc.want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func ExampleWritePNG() {
	loss := NewSeries("grown")
	for step := 1; step <= 100; step++ {
		x := float64(step)
		loss.Append(Pos{Step: x, Tokens: 4096 * x, FLOPs: 2e10 * x, Seconds: 0.1 * x}, 5*math.Exp(-x/30)+1.5)
	}
	loss.Break(79) // smoothing starts afresh where the network grew
	f := Figure{
		Title: "flm-1m", YName: "loss", LogY: true, Smooth: 0.9, Legend: true,
		Lines:   []Line{{Series: loss}},
		Markers: []Marker{{Label: "S1 · 4L × 128"}, {At: loss.PosAt(79), Label: "S2 · 6L × 192"}},
	}
	var picture bytes.Buffer
	err := WritePNG(&picture, f, Light(), 800, 450, 2)
	fmt.Println(err, strings.HasPrefix(picture.String(), "\x89PNG"))
	// Output: <nil> true
}

func benchmarkDraw(b *testing.B, lines, points int, smooth float64, zoom bool) {
	f := Figure{YName: "loss", LogY: true, Smooth: smooth, Legend: true}
	for k := range lines {
		s := curve("run", points, uint64(k), k%2 == 0)
		f.Lines = append(f.Lines, Line{Series: s, Color: k})
	}
	f.Markers = stages(f.Lines[0].Series, points)
	if zoom {
		f.X = Range{float64(points) * 0.5, float64(points) * 0.7}
	}
	img := image.NewRGBA(image.Rect(0, 0, 846, 610))
	Draw(img, f, Dark(), 1)
	b.ReportAllocs()
	for b.Loop() {
		Draw(img, f, Dark(), 1)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms/frame")
}

func BenchmarkDraw4x1k(b *testing.B)      { benchmarkDraw(b, 4, 1000, 0.98, false) }
func BenchmarkDraw4x100k(b *testing.B)    { benchmarkDraw(b, 4, 100_000, 0.99, false) }
func BenchmarkDraw4x100kRaw(b *testing.B) { benchmarkDraw(b, 4, 100_000, 0, false) }
func BenchmarkDraw1M(b *testing.B)        { benchmarkDraw(b, 1, 1_000_000, 0.99, false) }
func BenchmarkDraw1MZoomed(b *testing.B)  { benchmarkDraw(b, 1, 1_000_000, 0.99, true) }
func BenchmarkDraw4x1M(b *testing.B)      { benchmarkDraw(b, 4, 1_000_000, 0.99, false) }

// BenchmarkSmooth1M is what a move of the smoothing slider costs for each series.
func BenchmarkSmooth1M(b *testing.B) {
	s := curve("run", 1_000_000, 1, true)
	beta := 0.9
	for b.Loop() {
		beta = 1.89 - beta // 0.9, 0.99, 0.9, …
		s.view(Step, beta, false)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := NewSeries("run")
	x := 0.0
	for b.Loop() {
		x++
		s.Append(Pos{x, x, x, x, x}, x)
	}
}
