package chart

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPillsNeverOverlapAndTouchTheirLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		f := Figure{YName: "loss", Lines: []Line{{Series: series(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)}}}
		for i := range 1 + rng.IntN(6) {
			f.Markers = append(f.Markers, Marker{At: at(rng.Float64() * 10), Label: "S" + string(rune('1'+i)) + " · 12L × 384 · 101M"})
		}
		if rng.IntN(2) == 0 {
			f.X = Range{3 + rng.Float64(), 8}
		}
		scale := 1 + rng.Float64()
		l := Arrange(f, int((200+rng.Float64()*900)*scale), int(400*scale), scale)
		for i, q := range l.pills {
			if q.rect.Min.X < 0 || q.rect.Max.X > l.size.X || q.rect.Min.Y < 0 || q.rect.Max.Y > l.Plot.Min.Y {
				t.Fatalf("pill %q at %v leaves its band above %v", q.text, q.rect, l.Plot)
			}
			if slack := l.px(8); !q.pinned && (q.line < q.rect.Min.X-slack && q.line > l.Plot.Min.X+60 || q.line > q.rect.Max.X) {
				t.Fatalf("pill %q at %v is away from its line at %d", q.text, q.rect, q.line)
			}
			if !strings.HasPrefix(f.Markers[q.marker].Label, q.text) || q.text == "" {
				t.Fatalf("pill says %q, the label is %q", q.text, f.Markers[q.marker].Label)
			}
			for _, o := range l.pills[:i] {
				if q.rect.Overlaps(o.rect) {
					t.Fatalf("pills %q and %q overlap: %v %v", q.text, o.text, q.rect, o.rect)
				}
			}
		}
	}
}

// The plan of the paper puts the second and third stage close together at the right end; both must be named in full.
func TestPillsOfThePaperPlan(t *testing.T) {
	for _, width := range []int{640, 720, 846, 1400} {
		l := Arrange(example(), width, 400, 1)
		got := map[int]string{}
		for _, q := range l.pills {
			got[q.marker] = q.text
		}
		for i, m := range example().Markers[:3] {
			if got[i] != m.Label {
				t.Errorf("width %d: stage %d is called %q, want %q", width, i+1, got[i], m.Label)
			}
		}
	}
}

func TestZoomDoesNotMoveThePlot(t *testing.T) {
	f := example()
	whole := Arrange(f, 500, 400, 1).Plot
	for lo := 0.0; lo < 5000; lo += 250 {
		f.X = Range{lo, lo + 700}
		if got := Arrange(f, 500, 400, 1).Plot; got.Min.Y != whole.Min.Y || got.Max != whole.Max {
			t.Errorf("plot at %v is %v, want the height of %v", f.X, got, whole)
		}
	}
}

func TestStageAtTheLeftEdgeIsNamed(t *testing.T) {
	f := example()
	f.X = Range{5000, 5300} // within stage 2
	l := Arrange(f, 846, 400, 1)
	if len(l.pills) != 1 || l.pills[0].marker != 1 || !l.pills[0].pinned {
		t.Errorf("pills %+v, want stage 2, pinned", l.pills)
	}
}

func TestLegendWraps(t *testing.T) {
	f := example()
	for _, width := range []int{240, 400, 1200} {
		l := Arrange(f, width, 500, 1)
		if len(l.Legend) != 4 {
			t.Fatalf("width %d: %d entries, want 4", width, len(l.Legend))
		}
		for i, h := range l.Legend {
			if h.Rect.Max.Y > 500 || h.Rect.Min.Y < l.Plot.Max.Y || h.Index != i {
				t.Errorf("width %d: entry %d at %v, want below the plot %v and in the picture", width, i, h.Rect, l.Plot)
			}
			if i > 0 && h.Rect.Overlaps(l.Legend[i-1].Rect) {
				t.Errorf("width %d: entries %d and %d overlap: %v %v", width, i-1, i, l.Legend[i-1].Rect, h.Rect)
			}
		}
	}
}

func TestSmallMarks(t *testing.T) {
	f := Figure{Lines: []Line{{Series: series(make([]float64, 1000)...)}}}
	for i := range 100 {
		f.Markers = append(f.Markers, Marker{At: at(float64(10*i + 1)), Kind: Saved})
	}
	f.Markers = append(f.Markers, Marker{At: at(500), Kind: Tweak}, Marker{At: at(4000), Kind: Spike}, Marker{At: at(502), Kind: Spike})
	l := Arrange(f, 300, 200, 1)
	kinds := map[MarkerKind]int{}
	for _, h := range l.Marks {
		kinds[f.Markers[h.Index].Kind]++
	}
	if kinds[Tweak] != 1 || kinds[Spike] != 1 {
		t.Errorf("%d tweaks and %d spikes, want the one of each that is in view", kinds[Tweak], kinds[Spike])
	}
	if n := kinds[Saved]; n < 10 || n > 25 {
		t.Errorf("%d checkpoints, want about as many as fit 300 pixels", n)
	}
}

func TestLayoutMapsBack(t *testing.T) {
	f := example()
	l := Arrange(f, 800, 500, 1.5)
	for _, v := range []float64{1, 2500, 5999} {
		if got := l.XValue(l.XPixel(v)); got < v-1e-6 || got > v+1e-6 {
			t.Errorf("x %v comes back as %v", v, got)
		}
	}
	if got := l.YValue(l.YPixel(2.5)); got < 2.5-1e-9 || got > 2.5+1e-9 {
		t.Errorf("y 2.5 comes back as %v", got)
	}
	if x := l.XPixel(l.X.Lo); x != float64(l.Plot.Min.X) {
		t.Errorf("left end at %v, want %d", x, l.Plot.Min.X)
	}
}
