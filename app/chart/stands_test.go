package chart

import (
	"image"
	"math"
	"testing"
)

// growing is a noisy run of n steps that falls, and what its next point would be.
func growing(n int) (*Series, func()) {
	s := NewSeries("run")
	grow := func() {
		x := float64(s.Len() + 1)
		s.Append(Pos{Step: x, Tokens: 512 * x, FLOPs: 1e9 * x, Seconds: 0.1 * x}, 1.5+4/math.Sqrt(x)+0.1*math.Sin(x*x))
	}
	for range n {
		grow()
	}
	return s, grow
}

func TestStands(t *testing.T) {
	const n = 20_000
	last := func(s *Series) Point { return s.At(s.Len() - 1) }
	add := func(s *Series, y float64) {
		p := last(s)
		p.Step++
		s.Append(p.Pos, y)
	}
	for _, row := range []struct {
		name   string
		points int
		figure Figure
		happen func(s *Series)
		want   bool
	}{
		{"nothing", n, Figure{}, func(*Series) {}, true},
		{"no point, and none before", 0, Figure{}, func(*Series) {}, true},
		{"the first point", 0, Figure{}, func(s *Series) { s.Append(Pos{Step: 1}, 1) }, false},
		{"one of 20,000", n, Figure{}, func(s *Series) { add(s, last(s).Y) }, true},
		{"one of 20,000, smoothed, log y", n, Figure{Smooth: 0.99, LogY: true}, func(s *Series) { add(s, last(s).Y) }, true},
		{"one of 20", 20, Figure{}, func(s *Series) { add(s, last(s).Y) }, false},
		{"a pixel's worth", n, Figure{}, func(s *Series) {
			for range n / 700 {
				add(s, last(s).Y)
			}
		}, false},
		{"a spike in view", n, Figure{}, func(s *Series) { add(s, 3) }, false},
		{"a spike that only the raw line shows", n, Figure{Smooth: 0.9999}, func(s *Series) { add(s, 3) }, false},
		{"the same without a raw line", n, Figure{Smooth: 0.9999, NoGhost: true}, func(s *Series) { add(s, 1.6) }, true},
		{"a point that is no number", n, Figure{}, func(s *Series) { add(s, math.NaN()) }, true},
		{"zoomed in on the past", n, Figure{X: Range{100, 200}, Y: Range{1, 4}}, func(s *Series) { add(s, 9) }, true},
		{"gone back to a checkpoint", n, Figure{}, func(s *Series) { s.Rewind(n - 5) }, false},
		{"gone back and as long again", n, Figure{}, func(s *Series) {
			y := last(s).Y
			s.Rewind(n - 1)
			add(s, y)
		}, false},
		{"a stage begins", n, Figure{Smooth: 0.9}, func(s *Series) { s.Break(n / 2) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := growing(row.points)
			row.figure.Lines = []Line{{Series: s}}
			l := Arrange(row.figure, 846, 610, 1)
			row.happen(s)
			if got := l.Stands(); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// While a picture stands, one drawn anew is the same but for a few pixels at the edges of lines, and where a point fell into the column
// beside.
func TestWhatStandsLooksTheSame(t *testing.T) {
	for _, f := range []Figure{{}, {Smooth: 0.99}, {Smooth: 0.9, LogY: true}, {LogX: true}, {XAxis: FLOPs, Robust: true}} {
		s, grow := growing(10_000)
		f.Lines = []Line{{Series: s}}
		size := image.Rect(0, 0, 846, 610)
		old, now := image.NewRGBA(size), image.NewRGBA(size)
		l := Draw(old, f, Dark(), 1)
		kept := 0
		for range 60 {
			grow()
			if !l.Stands() {
				l = Draw(old, f, Dark(), 1)
				continue
			}
			kept++
			Draw(now, f, Dark(), 1)
			if share := differing(old, now); share > 0.01 {
				t.Fatalf("axis %v, smoothing %g, log x %v, y %v: after %d points %.2f %% of the picture differ", f.XAxis, f.Smooth, f.LogX, f.LogY, s.Len(), 100*share)
			}
		}
		if kept < 10 {
			t.Errorf("axis %v, smoothing %g, log x %v, y %v: %d of 60 points came without a new picture, want more", f.XAxis, f.Smooth, f.LogX, f.LogY, kept)
		}
	}
}

// differing is the share of bytes that clearly differ.
func differing(a, b *image.RGBA) float64 {
	n := 0
	for i := range a.Pix {
		if d := int(a.Pix[i]) - int(b.Pix[i]); d > 24 || d < -24 {
			n++
		}
	}
	return float64(n) / float64(len(a.Pix))
}
