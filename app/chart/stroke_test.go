package chart

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func canvas(w, h int) (*image.RGBA, *painter) {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range dst.Pix {
		dst.Pix[i] = 255
	}
	p := new(painter)
	p.dst = dst
	p.within(dst.Rect)
	return dst, p
}

// coverage is the sum of coverage of black on white, in pixels.
func coverage(img *image.RGBA) float64 {
	sum := 0.0
	for i := 0; i < len(img.Pix); i += 4 {
		sum += float64(255-img.Pix[i]) / 255
	}
	return sum
}

var black = color.NRGBA{A: 255}

func TestInkOfShapes(t *testing.T) {
	for _, tc := range []struct {
		name      string
		draw      func(*painter)
		want, tol float64
	}{
		{"horizontal line", func(p *painter) { p.polyline([]pt{{10, 20.3}, {90, 20.3}}, 2, black) }, 160 + math.Pi, 2},
		{"sloping line", func(p *painter) { p.polyline([]pt{{10, 10}, {80, 60}}, 2, black) }, 2*math.Hypot(70, 50) + math.Pi, 3},
		{"steep line", func(p *painter) { p.polyline([]pt{{50, 5}, {53, 90}}, 1.5, black) }, 1.5*math.Hypot(3, 85) + 1.8, 3},
		{"line back over itself is not darker", func(p *painter) {
			p.polyline([]pt{{10, 50}, {90, 50}, {10, 50}}, 2, color.NRGBA{A: 128})
		}, (160 + math.Pi) * 128 / 255, 2},
		{"disc", func(p *painter) { p.disc(pt{50, 50}, 10, black) }, 100 * math.Pi, 2},
		{"disc over the edge", func(p *painter) { p.disc(pt{0, 50}, 10, black) }, 50 * math.Pi, 2},
		{"rounded rectangle", func(p *painter) { p.roundRect(10, 10, 60, 40, 6, black) }, 50*30 - (4-math.Pi)*36, 2},
		{"triangle", func(p *painter) { p.convex([]pt{{50, 20}, {80, 70}, {20, 70}}, black) }, 1500, 20},
		{"spans", func(p *painter) { p.spans([]pt{{10.5, 20}, {10.6, 50}, {11.5, 35}}, 1, black) }, 31 + 8.5, 2},
		{"outside", func(p *painter) { p.polyline([]pt{{-500, -3000}, {-20, 9000}}, 3, black) }, 0, 0},
		{"not a number", func(p *painter) { p.polyline([]pt{{10, math.NaN()}, {90, 20}}, 2, black) }, 0, 0},
	} {
		dst, p := canvas(100, 100)
		tc.draw(p)
		if got := coverage(dst); math.Abs(got-tc.want) > tc.tol {
			t.Errorf("%s: %.2f pixels of ink, want %.2f ± %g", tc.name, got, tc.want, tc.tol)
		}
		for i, v := range p.cover {
			if v != 0 {
				t.Fatalf("%s: coverage %d left at %d", tc.name, v, i)
			}
		}
	}
}

// A line that begins and ends far away must cross the picture where it should: the clipping keeps float32 exact enough.
func TestLineFromFarAway(t *testing.T) {
	dst, p := canvas(100, 100)
	p.polyline([]pt{{-1e9, -1e9 + 20}, {1e9, 1e9 + 20}}, 1.5, black)
	for _, x := range []int{5, 40, 70} {
		if v := dst.RGBAAt(x, x+20); v.R > 60 {
			t.Errorf("pixel (%d, %d) is %v, want dark", x, x+20, v)
		}
	}
	if got, want := coverage(dst), 80*math.Sqrt2*1.5; math.Abs(got-want) > 4 { // centres of pixels sample a diagonal a little low
		t.Errorf("%.1f pixels of ink, want %.1f", got, want)
	}
}

func TestPainterStaysInItsBox(t *testing.T) {
	dst, p := canvas(100, 100)
	box := image.Rect(30, 40, 60, 70)
	p.dst = dst
	p.within(box)
	p.polyline([]pt{{-50, -50}, {200, 200}, {-20, 15}}, 9, black)
	p.disc(pt{0, 0}, 12, black)
	p.bar(image.Rect(-5, 3, 500, 6), black)
	for y := range 100 {
		for x := range 100 {
			if in := image.Pt(x, y).In(box); !in && dst.RGBAAt(x, y).R != 255 {
				t.Fatalf("pixel (%d, %d) outside %v was painted", x, y, box)
			}
		}
	}
	if coverage(dst) < 50 {
		t.Error("nothing was painted inside")
	}
}

func TestPer255(t *testing.T) {
	for v := range uint32(255*255 + 1) {
		if got, want := per255(v), uint32(math.Round(float64(v)/255)); got != want {
			t.Fatalf("per255(%d) = %d, want %d", v, got, want)
		}
	}
}

// A line that is all but vertical is as long as one that is.
func TestSteepLinesAreDrawnWhole(t *testing.T) {
	for _, dx := range []float64{0, 1e-6, 1e-3, 0.01, 0.1, 0.9} {
		dst := image.NewRGBA(image.Rect(0, 0, 20, 300))
		var p painter
		p.dst = dst
		p.clear(color.NRGBA{255, 255, 255, 255})
		p.within(dst.Rect)
		p.polyline([]pt{{10, 10}, {10 + dx, 290}}, 2, color.NRGBA{0, 0, 0, 255})
		if got, want := coverage(dst), 280*2+math.Pi; math.Abs(got-want) > 30 {
			t.Errorf("dx %g: %.0f pixels of ink, want %.0f", dx, got, want)
		}
	}
}
