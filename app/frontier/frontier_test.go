package frontier

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"growlab/app/chart"
	"growlab/app/lab"
	"growlab/app/verdict"
	"growlab/growth"
	"growlab/store"
)

// law is a loss that falls with compute as losses do, to a floor.
func law(flops, floor float64) float64 { return floor + 0.8*math.Pow(flops/1e12, -0.3) }

// synthetic is a run up to end FLOPs whose loss is given by at.
func synthetic(id string, seed uint64, end float64, at func(flops float64) float64) verdict.Run {
	r := verdict.Run{ID: id, Seed: seed, Device: "d", EndWindows: 160}
	const n = 40
	for i := 1; i <= n+1; i++ {
		f := end * float64(i) / (n + 1)
		p := verdict.Point{Tokens: f / 1e6, FLOPs: f, Seconds: f / 1e10, Loss: at(f)}
		if i > n {
			r.End = p
			break
		}
		r.Points = append(r.Points, p)
	}
	for i := range 16 { // windows of different difficulty, the same ones in every run
		r.Windows = append(r.Windows, r.End.Loss+0.1*float64(i%2)-0.05)
	}
	return r
}

func fixed(name string, end float64, at func(float64) float64) verdict.Contender {
	return verdict.Contender{Name: name, Runs: []verdict.Run{synthetic(name, 1, end, at)}}
}

func grown(name string, end float64, at func(float64) float64) verdict.Contender {
	c := fixed(name, end, at)
	c.Grown = true
	return c
}

func of(t *testing.T, all ...verdict.Contender) (Frontier, map[string]Standing) {
	t.Helper()
	f, err := Of(all)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Standing{}
	for _, s := range append(slices.Clone(f.Fixed), f.Grown...) {
		by[s.Name] = s
	}
	return f, by
}

// Two sizes: the small one falls fast to a high floor, the large one late to a low one. They cross where both are equal.
func small(f float64) float64 { return law(f, 1.0) }
func large(f float64) float64 { return law(f/6, 0.6) }

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.5g, want %.5g within %g", what, got, want, tolerance)
	}
}

// TestKnownEnvelope: plans that are k times as thrifty as the small size, or as wasteful, are below and above by what the law says.
func TestKnownEnvelope(t *testing.T) {
	const end = 1e12 // before the large size overtakes the small one
	for _, tt := range []struct {
		name  string
		k     float64 // FLOPs of the small size to the same loss, over the plan's
		place string
	}{
		{"thrifty", 1.5, Below},
		{"the same", 1, On},
		{"wasteful", 0.5, Above},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, by := of(t, grown("plan", end, func(f float64) float64 { return small(tt.k * f) }), fixed("small", 2*end, small), fixed("large", 2*end, large))
			s := by["plan"]
			if s.Place != tt.place || s.By != "small" || s.Ratio == nil || s.RatioBy != "small" || !s.MidSchedule || s.MoreThan != nil {
				t.Fatalf("standing %+v", s)
			}
			near(t, "nats above", s.AboveBy.Value, small(tt.k*end)-small(end), 0.002)
			near(t, "envelope's loss", *s.Envelope, small(end), 0.002)
			near(t, "ratio", s.Ratio.Value, tt.k, 0.01)
			if e := s.Ratio; e.Low == nil || *e.Low > e.Value || *e.High < e.Value {
				t.Errorf("interval %v to %v of %v", e.Low, e.High, e.Value)
			}
		})
	}
}

// TestWhoIsOnTheEnvelope: of sizes that end at several budgets, those that nothing cheaper undercuts.
func TestWhoIsOnTheEnvelope(t *testing.T) {
	f, by := of(t,
		fixed("small, short", 1e12, small), fixed("small, long", 200e12, small),
		fixed("large, short", 1e12, large), fixed("large, long", 200e12, large),
		grown("early", 1e11, small),
	)
	for name, want := range map[string]string{"small, short": On, "small, long": Above, "large, short": Above, "large, long": On} {
		if by[name].Place != want {
			t.Errorf("%s is %q, want %q: %+v", name, by[name].Place, want, by[name])
		}
	}
	var order []string
	for _, s := range f.Envelope() {
		order = append(order, s.Name)
	}
	if !slices.Equal(order, []string{"small, short", "large, long"}) {
		t.Errorf("envelope %q", order)
	}
	if s := by["small, long"]; s.By != "large, long" || s.MidSchedule || s.Ratio.Value > 0.5 {
		t.Errorf("the small size goes on for too long: %+v", s)
	}
	if len(f.Notes) < 3 || !strings.Contains(f.Notes[0], "one seed") || !strings.Contains(f.Notes[1], "lowest of 4") {
		t.Errorf("notes %q", f.Notes)
	}
}

// TestShorterRunsCount: what a fixed size had reached when it ended holds for every larger budget.
func TestShorterRunsCount(t *testing.T) {
	_, by := of(t, grown("plan", 8e12, func(f float64) float64 { return small(f / 4) }), fixed("small", 4e12, small))
	s := by["plan"]
	if s.Place != Above || s.By != "small" || s.MidSchedule || s.Reach == nil {
		t.Fatalf("standing %+v", s)
	}
	near(t, "nats above", s.AboveBy.Value, small(2e12)-small(4e12), 1e-6)
	near(t, "ratio", s.Ratio.Value, 0.25, 0.01)
}

// TestNothingIsExtrapolated: below all losses there is a bound on the ratio, and before all curves no envelope.
func TestNothingIsExtrapolated(t *testing.T) {
	_, by := of(t, grown("deep", 2e12, func(f float64) float64 { return small(f) - 0.3 }), grown("early", 1e9, small), fixed("small", 8e12, small))
	if s := by["deep"]; s.Place != Below || s.Ratio != nil || s.MoreThan == nil || math.Abs(*s.MoreThan-4) > 1e-9 {
		t.Errorf("deeper than every fixed size: %+v", s)
	}
	_, beyond := of(t, grown("longest", 20e12, func(f float64) float64 { return small(f) - 0.3 }), grown("as long", 8.1e12, func(f float64) float64 { return small(f) - 0.3 }),
		fixed("short", 1e12, small), fixed("small", 8e12, small))
	if s := beyond["longest"]; s.Place != Beyond || s.Reach == nil || math.Abs(*s.Reach-0.4) > 1e-9 || s.AboveBy == nil {
		t.Errorf("a plan that spent more than every fixed size: %+v", s)
	}
	if s := beyond["as long"]; s.Place != Below || s.Reach != nil {
		t.Errorf("a plan with the budget of a fixed size: %+v", s)
	}
	if s := by["early"]; s.Place != "" || s.AboveBy != nil || s.By != "" {
		t.Errorf("cheaper than every fixed size: %+v", s)
	}
	_, by = of(t, fixed("alone", 1e12, small))
	if s := by["alone"]; s.Place != On || s.AboveBy != nil || s.MoreThan != nil {
		t.Errorf("the only fixed size: %+v", s)
	}
	if _, err := Of([]verdict.Contender{grown("a", 1e12, small)}); !errors.Is(err, ErrNoFixedSize) {
		t.Errorf("without fixed sizes: %v", err)
	}
}

// TestNoiseIsNotAWin: a difference smaller than another seed would make is on the envelope, and seeds widen what counts.
func TestNoiseIsNotAWin(t *testing.T) {
	lower := func(by float64) func(float64) float64 { return func(f float64) float64 { return small(f) - by } }
	_, by := of(t, grown("plan", 4e12, lower(0.008)), fixed("small", 4e12, small))
	if s := by["plan"]; s.Place != On || s.AboveBy.Value > -0.007 {
		t.Errorf("8 thousandths below with one seed: %+v", s)
	}
	seeds := func(name string, grown bool, offsets ...float64) verdict.Contender {
		c := verdict.Contender{Name: name, Grown: grown}
		for i, o := range offsets {
			c.Runs = append(c.Runs, synthetic(name, uint64(i), 4e12, lower(o)))
		}
		return c
	}
	for _, tt := range []struct {
		place   string
		offsets []float64
	}{{Below, []float64{0.028, 0.03, 0.032}}, {On, []float64{-0.05, 0.03, 0.11}}} {
		_, by = of(t, seeds("plan", true, tt.offsets...), seeds("small", false, -0.001, 0, 0.001))
		if s := by["plan"]; s.Place != tt.place || s.Spread == nil || math.Abs(s.AboveBy.Value+0.03) > 1e-6 || !strings.Contains(s.Interval, "Welch") {
			t.Errorf("seeds lower by %v: %+v, want %s", tt.offsets, s, tt.place)
		}
	}
}

func TestCSVAndJSON(t *testing.T) {
	f, _ := of(t, grown("plan, b", 2e12, large), fixed("small", 4e12, small), fixed("large", 4e12, large))
	var out bytes.Buffer
	if err := f.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 4 || rows[3][0] != "plan, b" || rows[3][1] != "true" || rows[3][8] != Above || rows[1][4] != "4e+12" {
		t.Errorf("%v: %q", err, rows)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Fixed, Grown []struct {
			Name  string
			Loss  float64           `json:"final_loss"`
			Above *verdict.Estimate `json:"nats_above_envelope"`
		}
	}
	if err := json.Unmarshal(text, &back); err != nil || len(back.Fixed) != 2 || back.Grown[0].Name != "plan, b" || back.Grown[0].Above.Value <= 0 || back.Grown[0].Loss != large(2e12) {
		t.Errorf("%v: %s", err, text)
	}
}

// TestFigure: growth plans first, then the fixed sizes, then the envelope through its ends; sizes above it share a colour.
func TestFigure(t *testing.T) {
	contenders := []verdict.Contender{
		fixed("small", 1e12, small), fixed("waste", 1e12, large), fixed("large", 200e12, large), grown("plan", 100e12, large),
	}
	f, _ := of(t, contenders...)
	var c lab.Comparison
	for _, x := range contenders {
		e := lab.Entry{Meta: store.Meta{Seed: 1}, Run: x.Runs[0]}
		e.Recipe.Stages = make([]growth.Stage, 1)
		if x.Grown {
			e.Recipe.Stages = make([]growth.Stage, 2)
		}
		c.Groups = append(c.Groups, lab.Group{Name: x.Name, Entries: []lab.Entry{e}})
	}
	figure := f.Figure(c)
	var names []string
	for _, l := range figure.Lines {
		names = append(names, l.Series.Name())
	}
	if want := []string{"plan", "small", "large", "waste", "envelope of fixed sizes"}; !slices.Equal(names, want) {
		t.Fatalf("lines %q, want %q", names, want)
	}
	envelope := figure.Lines[4]
	if envelope.Series.Len() != 2 || envelope.Series.At(0).FLOPs != 1e12 || envelope.Series.At(1).Y != large(200e12) {
		t.Errorf("envelope of %d ends, from %+v", envelope.Series.Len(), envelope.Series.At(0))
	}
	drawn := []int{figure.Lines[0].Color, figure.Lines[1].Color, figure.Lines[2].Color, envelope.Color}
	if want := []int{envelopeColor + 1, onColor, onColor + 1, envelopeColor}; !slices.Equal(drawn, want) {
		t.Errorf("colours %v, want %v", drawn, want)
	}
	if waste := figure.Lines[3]; !waste.Muted || figure.Lines[1].Muted || !strings.Contains(figure.Note, "grey") {
		t.Errorf("the one above the envelope is %+v; %q", waste, figure.Note)
	}
	if x := figure.X; x.Lo != 1e12/8 || x.Hi < 200e12 {
		t.Errorf("FLOPs %v", x)
	}
	if figure.XAxis != chart.FLOPs || !figure.LogX || c.Groups[0].Name != "small" {
		t.Errorf("axis %v, log %v; the comparison now begins with %s", figure.XAxis, figure.LogX, c.Groups[0].Name)
	}
	var out bytes.Buffer
	if err := f.WritePNG(&out, c); err != nil {
		t.Fatal(err)
	}
	if p, err := png.Decode(&out); err != nil || p.Bounds().Dx() != 2000 {
		t.Errorf("%v", err)
	}
}
