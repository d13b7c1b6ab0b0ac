package chart

import (
	"math"
	"slices"
	"sync"
	"testing"
)

func at(step float64) Pos { return Pos{step, 100 * step, 1e6 * step, 0.5 * step, 0.5 * step} }

func steps(s *Series) []float64 { return slices.Clone(s.view(Step, 0, false).x) }

func TestAppendGoesBackToACheckpoint(t *testing.T) {
	s := series(9, 8, 7, 6, 5)
	before := s.view(Step, 0.5, false)
	seen := slices.Clone(before.line.v)
	s.Append(at(3), 70)
	s.Append(at(4), 60)
	if got, want := steps(s), []float64{1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
	if p := s.At(2); p.Y != 70 {
		t.Errorf("point at step 3 is %v, want the new one, 70", p.Y)
	}
	if !slices.Equal(before.line.v, seen) || before.raw.v[2] != 7 {
		t.Errorf("a drawing in progress saw the change: %v, was %v", before.line.v, seen)
	}
}

func TestAppendOddCoordinates(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	s := NewSeries("s")
	s.Append(Pos{nan, 1, 1, 1, 1}, 1)
	s.Append(Pos{inf, 1, 1, 1, 1}, 1)
	if s.Len() != 0 {
		t.Errorf("%d points without a place, want 0", s.Len())
	}
	s.Append(Pos{1, nan, 5, 2, 2}, 1)
	s.Append(Pos{2, 7, 3, inf, 5}, nan)
	got, want := s.At(1), Point{Pos{2, 7, 5, 2, 2}, nan}
	if s.Len() != 2 || got.Pos != want.Pos || !math.IsNaN(got.Y) || s.At(0).Tokens != 0 {
		t.Errorf("points %v %v, want tokens 0 then %v", s.At(0), got, want)
	}
}

func TestAppendAllEqualsAppend(t *testing.T) {
	a, b := NewSeries("a"), NewSeries("b")
	var points []Point
	for i := range 1000 {
		p := Point{at(float64((i*7)%900 + i)), math.Sin(float64(i))}
		a.Append(p.Pos, p.Y)
		points = append(points, p)
	}
	b.AppendAll(points)
	if !slices.Equal(steps(a), steps(b)) || a.Len() != b.Len() {
		t.Errorf("%d points by Append, %d by AppendAll", a.Len(), b.Len())
	}
}

func TestPosAt(t *testing.T) {
	s := NewSeries("s")
	if got := s.PosAt(7); got != (Pos{Step: 7}) {
		t.Errorf("of an empty series %v, want only the step", got)
	}
	s.Append(Pos{10, 100, 1000, 1, 1}, 1)
	s.Append(Pos{20, 300, 5000, 2, 2}, 1)
	for _, tc := range []struct {
		step float64
		want Pos
	}{
		{5, Pos{5, 100, 1000, 1, 1}},
		{10, Pos{10, 100, 1000, 1, 1}},
		{15, Pos{15, 200, 3000, 1.5, 1.5}},
		{20, Pos{20, 300, 5000, 2, 2}},
		{99, Pos{99, 300, 5000, 2, 2}},
	} {
		if got := s.PosAt(tc.step); got != tc.want {
			t.Errorf("PosAt(%v) = %v, want %v", tc.step, got, tc.want)
		}
	}
}

// Appending, breaking, smoothing and drawing at once: the race detector is the judge, and no point may be lost.
func TestConcurrentUse(t *testing.T) {
	s := NewSeries("s")
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range 5000 {
			s.Append(at(float64(i)), math.Sin(float64(i)))
			if i%1000 == 999 {
				s.Break(float64(i))
			}
		}
	})
	for k := range 3 {
		wait.Go(func() {
			for range 20 {
				f := Figure{XAxis: Axis(k), Smooth: 0.3 * float64(k), Lines: []Line{{Series: s}}}
				Arrange(f, 300, 200, 1)
				f.Read(100, 1e9)
			}
		})
	}
	wait.Wait()
	if s.Len() != 5000 {
		t.Errorf("%d points, want 5000", s.Len())
	}
}
