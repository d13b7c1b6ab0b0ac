package chart

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// board is a stack with all that a figure can show: two runs of different length aligned at a growth, muted points, dashes, a
// fitted slope and a reference line.
func board() Stack {
	const n = 3000
	grown := curve("grown", n, 1, true)
	twin := curve("from scratch", n, 2, false)
	orphan := NewSeries("undone")
	for i := 1800; i < 2000; i++ {
		p := grown.At(i)
		orphan.Append(p.Pos, p.Y+0.4)
	}
	lr := NewSheet("learning rate", "mask")
	for i := range n {
		p := grown.At(i)
		lr.Append(p.Pos, 6e-4*math.Min(1, float64(i)/300), math.Min(1, float64(i%1000)/400))
	}
	loss := Figure{
		YName: "loss", LogY: true, Smooth: 0.98, Legend: true,
		Lines: []Line{
			{Series: orphan, Muted: true},
			{Series: grown, Color: 0},
			{Series: evals("grown · validation", grown, 200), Color: 0, Exact: true, Dashed: true},
			{Series: twin, Color: 1},
		},
		Markers: stages(grown, n),
		Levels:  []Level{{Y: 2, Label: "target 2.0"}},
	}
	if t, err := loss.FitPower(3); err == nil {
		loss.Trends = append(loss.Trends, t)
	}
	slim := func(name string, k int) Figure {
		return Figure{YName: name, Lines: []Line{{Series: lr.Series(k), Exact: true}}, Markers: loss.Markers}
	}
	return NewStack(loss, slim("learning rate", 0), slim("mask", 1))
}

func TestStackGoldens(t *testing.T) {
	for name, row := range map[string]struct {
		theme         Theme
		change        func(*Figure)
		width, height int
		scale         float64
	}{
		"stack-dark":   {Dark(), func(*Figure) {}, 720, 520, 1},
		"stack-loglog": {Light(), func(f *Figure) { f.LogX, f.XAxis = true, FLOPs }, 720, 520, 1},
		"stack-robust": {Light(), func(f *Figure) { f.Robust, f.NoGhost = true, true }, 640, 400, 1},
		"stack-aligned": {Dark(), func(f *Figure) {
			f.X, f.XName = Range{-300, 300}, "steps since the growth"
			for i := range f.Lines {
				f.Lines[i].Origin = Pos{Step: 2364}
			}
			for i := range f.Markers {
				f.Markers[i].At = f.Markers[i].At.Sub(Pos{Step: 2364})
			}
		}, 640, 400, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := board()
			for i := range s.Figures {
				row.change(&s.Figures[i])
			}
			var out bytes.Buffer
			if err := s.WritePNG(&out, row.theme, row.width, row.height, row.scale); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", name+".png"), out.Bytes())
		})
	}
}

// The SVG is well-formed, has every text of the picture once, and strokes the smoothed line through the points that the picture
// has them at.
func TestSVGShowsThePicture(t *testing.T) {
	s := board()
	var out bytes.Buffer
	if err := s.WriteSVG(&out, Light(), 720, 520); err != nil {
		t.Fatal(err)
	}
	texts := map[string]int{}
	var paths []string
	for d := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.CharData:
			texts[strings.TrimSpace(string(e))]++
		case xml.StartElement:
			for _, a := range e.Attr {
				if a.Name.Local == "d" {
					paths = append(paths, a.Value)
				}
			}
		}
	}
	for _, want := range []string{"loss", "step", "learning rate", "mask", "grown", "from scratch", "grown · validation", "target 2.0", "S2 · 6L × 192 · 2.8M"} {
		if texts[want] != 1 {
			t.Errorf("%q stands %d times in the SVG, want once", want, texts[want])
		}
	}
	edges := s.Split(520, slimLeast)
	l := Arrange(s.Figures[0], 720, int(math.Round(edges[1])), 1)
	v := l.views[1] // the grown run
	x, y := l.sx.px(v.x[1500])-float64(l.Plot.Min.X), l.sy.px(v.line.v[1500])-float64(l.Plot.Min.Y)
	if !passesBy(paths, x, y) {
		t.Errorf("no path passes (%.1f, %.1f), where the smoothed line is at step 1501", x, y)
	}
	trend := s.Figures[0].Trends[0]
	if x, y := l.sx.px(2000)-float64(l.Plot.Min.X), l.sy.px(trend.At(2000))-float64(l.Plot.Min.Y); !passesBy(paths, x, y) {
		t.Errorf("no path comes near (%.1f, %.1f), where the trend is at step 2000", x, y)
	}
	if open, closed := strings.Count(out.String(), "<g "), strings.Count(out.String(), "</g>"); open != closed {
		t.Errorf("%d groups opened, %d closed", open, closed)
	}
}

// passesBy reports whether a corner of an SVG path is within three pixels of (x, y); dashes are corners enough.
func passesBy(paths []string, x, y float64) bool {
	for _, d := range paths {
		for _, corner := range strings.FieldsFunc(d, func(r rune) bool { return strings.ContainsRune("MLZ", r) }) {
			a, b, ok := strings.Cut(corner, " ")
			px, err1 := strconv.ParseFloat(a, 64)
			py, err2 := strconv.ParseFloat(b, 64)
			if ok && err1 == nil && err2 == nil && math.Hypot(px-x, py-y) < 3 {
				return true
			}
		}
	}
	return false
}

func TestSVGFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		w    io.Writer
		size int
		want string
	}{
		"no size":   {io.Discard, 0, "chart: picture of 0 x 0: sides must be 1 to 32768 pixels"},
		"full disk": {full{}, 100, "chart: write picture: no room"},
	} {
		if err := WriteSVG(tc.w, example(), Light(), tc.size, tc.size); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", name, err, tc.want)
		}
	}
}

// The table has every point in view of every visible line, and nothing else.
func TestCSVIsWhatIsSeen(t *testing.T) {
	s := board()
	for i := range s.Figures {
		s.Figures[i].X = Range{1001, 1500}
	}
	s.Figures[0].Lines[3].Hidden = true
	var out bytes.Buffer
	if err := s.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range rows[1:] {
		got[r[0]+"/"+r[1]]++
	}
	want := map[string]int{"loss/grown": 500, "loss/grown · validation": 2, "learning rate/learning rate": 500, "mask/mask": 500}
	if len(got) != len(want) {
		t.Errorf("lines %v, want %v", got, want)
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d rows, want %d", k, got[k], n)
		}
	}
	p := s.Figures[0].Lines[1].Series.At(1000)
	first := rows[1]
	for i, want := range []string{"loss", "grown", "1001", "4.100096e+06"} {
		if first[i] != want {
			t.Errorf("first row %v, want %q in column %d", first, want, i)
		}
	}
	if value, err := strconv.ParseFloat(first[7], 64); err != nil || value != p.Y {
		t.Errorf("value %s, want %v exactly", first[7], p.Y)
	}
	if first[8] == "" || first[8] == first[7] {
		t.Errorf("smoothed %q, want a number of its own", first[8])
	}
	if err := s.WriteCSV(full{}); err == nil {
		t.Error("a full disk gives no error")
	}
}

func TestSplitGivesSlimFiguresTheirLeast(t *testing.T) {
	s := NewStack(Figure{}, Figure{}, Figure{})
	for _, tc := range []struct {
		height, first float64
	}{{500, 300}, {200, 72}} {
		e := s.Split(tc.height, slimLeast)
		if e[0] > 1e-9 || e[0] < -1e-9 || math.Abs(e[1]-tc.first) > 1e-9 || e[3] != tc.height {
			t.Errorf("%v shared out as %v, want the first to have %v", tc.height, e, tc.first)
		}
	}
}
