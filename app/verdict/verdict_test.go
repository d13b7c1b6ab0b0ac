package verdict

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// law is a loss that falls with compute as losses do.
func law(flops float64) float64 { return 1 + 0.8*math.Pow(flops/1e12, -0.3) }

// synthetic is a run of n evaluations and a final one, up to end FLOPs, whose loss is law at FLOPs over worse, plus noise. Its
// evaluations during the run are offset against the final one.
func synthetic(id string, n int, end, worse, offset float64, noise func() float64) Run {
	r := Run{ID: id, Seed: 1, Device: "d", EndWindows: 100}
	at := func(i int) Point {
		f := end * float64(i) / float64(n+1)
		return Point{Tokens: f / 1e6, FLOPs: f, Seconds: f / 1e10, Loss: law(f/worse) + noise()}
	}
	for i := 1; i <= n; i++ {
		p := at(i)
		p.Loss -= offset
		r.Points = append(r.Points, p)
	}
	r.End = at(n + 1)
	for i := range 16 { // windows of different difficulty, the same ones in every run
		r.Windows = append(r.Windows, r.End.Loss-offset+0.1*float64(i%2)-0.05)
	}
	return r
}

func quiet() float64 { return 0 }

func one(name string, r Run) Contender { return Contender{Name: name, Runs: []Run{r}} }

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.6g, want %.6g within %g", what, got, want, tolerance)
	}
}

// TestKnownAnswers: a rival that is k times as slow in compute has the ratio k, whatever the evaluations' offset, their grid and
// who ends lower.
func TestKnownAnswers(t *testing.T) {
	for _, tt := range []struct {
		name             string
		k, endA, endB    float64
		points           int
		offsetA, offsetB float64
		tolerance        float64
	}{
		{"same grid after scaling", 2, 6e12, 12e12, 30, 0, 0, 1e-9},
		{"twice as slow, longer", 2, 6e12, 30e12, 30, 0, 0, 0.01},
		{"three times as slow, shorter", 3, 6e12, 5e12, 40, 0, 0, 0.01},
		{"faster", 0.7, 6e12, 6e12, 40, 0, 0, 0.01},
		{"the same", 1, 6e12, 6e12, 40, 0, 0, 1e-9},
		{"offset windows", 2, 6e12, 30e12, 30, 0.03, 0.03, 0.01},
		{"offsets of each", 2, 6e12, 30e12, 30, 0.03, -0.02, 0.01},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := one("a", synthetic("a", 30, tt.endA, 1, tt.offsetA, quiet))
			b := one("b", synthetic("b", tt.points, tt.endB, tt.k, tt.offsetB, quiet))
			p := compare(a, b)
			if p.FLOPsToEqualLoss == nil || p.LossAtFLOPs == nil {
				t.Fatalf("no answer: %+v", p)
			}
			near(t, "ratio", p.FLOPsToEqualLoss.Value/tt.k, 1, tt.tolerance)
			near(t, "equal loss", p.EqualLoss, max(law(tt.endA), law(tt.endB/tt.k)), 1e-9)
			end := min(tt.endA, tt.endB)
			near(t, "FLOPs", p.LossAtFLOPs.FLOPs/end, 1, 1e-9)
			near(t, "difference at equal FLOPs", p.LossAtFLOPs.Difference.Value, law(end/tt.k)-law(end), 0.002)
			near(t, "final difference", p.Final.Difference.Value, law(tt.endB/tt.k)-law(tt.endA), 1e-9)
		})
	}
}

// TestWithoutWindows: where the last network was not measured, the offset between evaluations and final loss stays out of the
// curves, which then end before the run.
func TestWithoutWindows(t *testing.T) {
	a, b := synthetic("a", 30, 6e12, 1, 0.5, quiet), synthetic("b", 30, 12e12, 2, 0.5, quiet)
	b.Windows = nil
	p := compare(one("a", a), one("b", b))
	near(t, "ratio", p.FLOPsToEqualLoss.Value, 2, 1e-9)
	near(t, "equal loss", p.EqualLoss, a.Points[29].Loss, 1e-9)
	if !strings.Contains(strings.Join(p.Notes, "\n"), "were not measured") || !strings.Contains(p.Interval, "scatter of the curves only") {
		t.Errorf("notes %q, interval %q do not tell", p.Notes, p.Interval)
	}
	if v := Judge(one("a", a), []Contender{one("b", b)}); v.Winner != "a" || !strings.Contains(v.Sentence, "a won") {
		t.Errorf("winner %q: %s", v.Winner, v.Sentence)
	}
}

// TestIntervalsHoldTheTruth: over noisy pairs of one run each, intervals that claim 95 % hold the true ratio about as often, and
// shrink with the noise.
func TestIntervalsHoldTheTruth(t *testing.T) {
	width := map[float64]float64{}
	for _, sd := range []float64{0.002, 0.01} {
		rng := rand.New(rand.NewPCG(3, 4))
		noise := func() float64 { return sd * rng.NormFloat64() }
		held, pairs := 0, 25
		for range pairs {
			a, b := synthetic("a", 30, 6e12, 1, 0, noise), synthetic("b", 30, 30e12, 2, 0, noise)
			a.End.Loss, b.End.Loss = law(6e12), law(15e12) // the final evaluation is on more text
			a.Windows, b.Windows = []float64{a.End.Loss, a.End.Loss}, []float64{b.End.Loss, b.End.Loss}
			e := compare(one("a", a), one("b", b)).FLOPsToEqualLoss
			if e == nil || e.Low == nil {
				t.Fatal("no interval")
			}
			if *e.Low <= 2 && 2 <= *e.High {
				held++
			}
			width[sd] += (*e.High - *e.Low) / float64(pairs)
		}
		if held < pairs*85/100 {
			t.Errorf("noise %g: %d of %d intervals hold the truth, want at least 85 %%", sd, held, pairs)
		}
	}
	if w := width[0.01] / width[0.002]; w < 2 {
		t.Errorf("five times the noise makes intervals %.2f times as wide, want at least 2", w)
	}
}

// TestSeeds: with several runs the interval is Welch's over runs, and the spread is told.
func TestSeeds(t *testing.T) {
	group := func(name string, worse float64, shifts ...float64) Contender {
		c := Contender{Name: name}
		for i, s := range shifts {
			r := synthetic(name, 30, 6e12, worse, 0, quiet)
			r.Seed = uint64(i + 1)
			for k := range r.Points {
				r.Points[k].Loss += s
			}
			r.End.Loss += s
			r.Windows = []float64{r.End.Loss}
			c.Runs = append(c.Runs, r)
		}
		return c
	}
	p := compare(group("a", 1, -0.01, 0, 0.01), group("b", 1, 0.09, 0.1, 0.11))
	// s = 0.01, three runs each: half the width is t(4) 0.01 sqrt(2/3)
	half := 2.776 * 0.01 * math.Sqrt(2.0/3)
	near(t, "difference", p.Final.Difference.Value, 0.1, 1e-9)
	near(t, "low", *p.Final.Difference.Low, 0.1-half, 1e-9)
	near(t, "high", *p.Final.Difference.High, 0.1+half, 1e-9)
	near(t, "spread", *p.Run.Spread, 0.01, 1e-9)
	if p.Final.Winner != "a" || p.LossAtFLOPs.Winner != "a" || !strings.Contains(p.Interval, "Welch") || len(p.Rival.Seeds) != 3 {
		t.Errorf("%+v", p)
	}
	if e := p.FLOPsToEqualLoss; e.Low == nil || *e.Low >= e.Value || *e.High <= e.Value {
		t.Errorf("ratio %+v has no interval", e)
	}
	// Within the spread nobody wins, and one run is taken to spread as three do.
	if p := compare(group("a", 1, -0.01, 0, 0.01), group("b", 1, 0.02)); p.Final.Winner != "" || p.Final.Difference.Low == nil || !strings.Contains(p.Interval, "Student") {
		t.Errorf("a difference of one spread has a winner: %+v", p.Final)
	}
}

// TestWelch: the textbook's numbers, and the degrees of freedom of unequal variances.
func TestWelch(t *testing.T) {
	a := []float64{27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4}
	b := []float64{27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 20.9}
	va, vb := deviation(a)*deviation(a)/15, deviation(b)*deviation(b)/15
	e := difference(a, b)
	near(t, "difference", e.Value, mean(b)-mean(a), 1e-12)
	near(t, "half", *e.High-e.Value, 2.052*math.Sqrt(va+vb), 1e-9) // t of 27 degrees of freedom
	if e := difference([]float64{1}, []float64{2}); e.Low != nil {
		t.Errorf("one of each has the interval %v to %v", *e.Low, *e.High)
	}
	if e := difference([]float64{1, 1}, []float64{2, 2}); *e.Low != 1 || *e.High != 1 {
		t.Errorf("without spread: %v to %v, want 1 to 1", *e.Low, *e.High)
	}
}

// TestDecreasing: the fit never rises, keeps what falls already, and keeps the weighted mean.
func TestDecreasing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		n := 1 + rng.IntN(20)
		y, w := make([]float64, n), make([]float64, n)
		var before, after float64
		for i := range y {
			y[i], w[i] = rng.NormFloat64(), 0.1+rng.Float64()
			before += y[i] * w[i]
		}
		fit := decreasing(y, w)
		for i := range fit {
			after += fit[i] * w[i]
			if i > 0 && fit[i] > fit[i-1] {
				t.Fatalf("%v rises to %v", y, fit)
			}
		}
		near(t, "sum", after, before, 1e-9)
		for i, v := range decreasing(fit, w) {
			near(t, "fit of the fit", v, fit[i], 1e-12)
		}
	}
}

// TestReachIsTheInverseOfAt: on a falling curve the two undo each other.
func TestReachIsTheInverseOfAt(t *testing.T) {
	c := newCurve(synthetic("a", 12, 6e12, 1, 0, quiet), true)
	for _, u := range []float64{0.001, 0.2, 0.5, 0.77, 1} {
		x := c.x[0] + u*(c.x[len(c.x)-1]-c.x[0])
		y, ok := c.at(x)
		back, reached := c.reach(y)
		if !ok || !reached {
			t.Fatalf("at %g: %v, %v", x, ok, reached)
		}
		near(t, "x", back, x, 1e-9)
	}
	if _, ok := c.at(c.x[0] - 1); ok {
		t.Error("a loss before the first point")
	}
	if _, ok := c.reach(c.fit[0]); ok {
		t.Error("a level that was reached before the first point has a place")
	}
	if _, ok := c.reach(0); ok {
		t.Error("a level that is never reached has a place")
	}
}

// TestTimes: seconds until equal tokens, by a straight line, on one device only; and the paper's own ratio.
func TestTimes(t *testing.T) {
	a, b := synthetic("a", 30, 6e12, 1, 0, quiet), synthetic("b", 10, 20e12, 1, 0, quiet)
	for i := range b.Points {
		b.Points[i].Seconds *= 3
	}
	b.End.Seconds *= 3
	p := compare(one("a", a), one("b", b))
	near(t, "tokens", p.EqualTokens, 6e6, 1e-3)
	near(t, "wall clock", *p.WallClock, 3, 1e-9)
	a.Last.Tokens, a.Last.Seconds = 1e6, 200 // a sixth of the tokens in a third of the time
	run := one("a", a)
	run.Grown = true
	near(t, "the paper's ratio", *Judge(run, []Contender{one("b", b)}).PaperWallClock, 2, 1e-9)
	b.Device = "another"
	if p := compare(one("a", a), one("b", b)); p.WallClock != nil || !strings.Contains(strings.Join(p.Notes, "\n"), "different devices") {
		t.Errorf("times of two devices compared: %+v", p)
	}
}

// TestJudge: who won at the compute of the run, and that it says what is missing.
func TestJudge(t *testing.T) {
	at := func(name string, grown bool, end, worse float64) Contender {
		c := one(name, synthetic(name, 30, end, worse, 0, quiet))
		c.Grown = grown
		return c
	}
	run := at("run", true, 6e12, 1)
	for _, tt := range []struct {
		name   string
		rivals []Contender
		winner string
		says   string
		notes  bool // that no fixed size of the same compute is there
	}{
		{"smallest shape wins", []Contender{at("twin", false, 20e12, 2), at("small", false, 6.05e12, 0.7)}, "small", "growing did not pay here", false},
		{"run wins", []Contender{at("twin", false, 20e12, 2), at("small", false, 6e12, 1.5)}, "run", "run won", false},
		{"only the twin", []Contender{at("twin", false, 20e12, 2)}, "run", "in the middle of its schedule", true},
		{"another plan wins", []Contender{at("stack", true, 6e12, 0.5)}, "stack", "stack won", true},
		{"noise", []Contender{at("small", false, 6e12, 1.01)}, "", "nobody won", false},
		{"nobody spent as much", []Contender{at("short", false, 1e12, 0.5)}, "", "No rival spent the 6 TFLOP", true},
	} {
		v := Judge(run, tt.rivals)
		if v.Winner != tt.winner || !strings.Contains(v.Sentence, tt.says) {
			t.Errorf("%s: winner %q, %q; want %q, and %q", tt.name, v.Winner, v.Sentence, tt.winner, tt.says)
		}
		if got := len(v.Notes) > 0; got != tt.notes {
			t.Errorf("%s: notes %q", tt.name, v.Notes)
		}
		if again := Judge(run, tt.rivals); again.Pairs[0].Sentence != v.Pairs[0].Sentence {
			t.Errorf("%s: the same runs give another verdict", tt.name)
		}
	}
}

// TestOneSeedIsNoProof: with one seed each, a difference below OneSeed has no winner, however little it scatters.
func TestOneSeedIsNoProof(t *testing.T) {
	a := synthetic("a", 30, 6e12, 1, 0, quiet)
	for _, tt := range []struct {
		by     float64
		winner string
	}{{OneSeed * 0.9, ""}, {-OneSeed * 0.9, ""}, {OneSeed * 1.1, "a"}, {-OneSeed * 1.1, "b"}} {
		b := synthetic("b", 30, 6e12, 1, 0, quiet)
		b.End.Loss += tt.by
		p := compare(one("a", a), one("b", b))
		if p.Final.Winner != tt.winner || p.LossAtFLOPs.Winner != tt.winner {
			t.Errorf("difference %g: winners %q and %q, want %q", tt.by, p.Final.Winner, p.LossAtFLOPs.Winner, tt.winner)
		}
		if !strings.Contains(strings.Join(p.Notes, "\n"), "one seed each") {
			t.Errorf("notes %q do not say that there is one seed", p.Notes)
		}
	}
}

// TestNoRatio: a curve that is below the level from its first point gives none, in JSON null, and says so.
func TestNoRatio(t *testing.T) {
	a, b := synthetic("a", 30, 6e12, 1, 0, quiet), synthetic("b", 30, 6e12, 1e-3, 0, quiet)
	p := compare(one("a", a), one("b", b))
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if p.FLOPsToEqualLoss != nil || !strings.Contains(string(text), `"flops_to_equal_loss_ratio":null`) || !strings.Contains(strings.Join(p.Notes, "\n"), "first evaluation") {
		t.Errorf("%s", text)
	}
}

// TestShortCurves: few points give numbers without intervals, not a panic.
func TestShortCurves(t *testing.T) {
	for n := 1; n < 6; n++ {
		for _, known := range []bool{true, false} {
			a, b := synthetic("a", n, 6e12, 1, 0, quiet), synthetic("b", n, 12e12, 2, 0, quiet)
			if !known {
				a.Windows = nil
			}
			p := compare(one("a", a), one("b", b))
			if n > 1 && (p.FLOPsToEqualLoss == nil || math.Abs(p.FLOPsToEqualLoss.Value-2) > 1e-9) {
				t.Errorf("%d points, windows %v: ratio %+v, want 2", n, known, p.FLOPsToEqualLoss)
			}
			if math.IsNaN(p.Final.Difference.Value) {
				t.Errorf("%d points: final difference is NaN", n)
			}
		}
	}
}
