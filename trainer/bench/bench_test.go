package bench_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"growlab/growth/shape"
	"growlab/trainer/bench"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/compute/cpu"
	"growlab/trainer/compute/profile"
)

var tiny = bench.Shape{
	Name: "tiny", Seqs: 2,
	Config: shape.Config{
		Vocab: 17, Context: 8, Layers: 3, Heads: 3, HeadDim: 4, Hidden: 12, FFN: 48,
		Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true, OutputMult: 1,
	},
}

func open(t *testing.T, threads int) compute.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: threads, Precision: "fp32"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// TestFLOPsPerToken: the counts of other programs' benchmarks, which ours is to be compared with. Theirs have no biases, which
// are at most 1 %.
func TestFLOPsPerToken(t *testing.T) {
	for name, want := range map[string]float64{"A": 71.4e6, "B": 5.32e6, "C": 749e6} {
		s, ok := bench.Lookup(strings.ToLower(name))
		if !ok {
			t.Fatalf("there is no shape %s", name)
		}
		if got := s.FLOPsPerToken(); math.Abs(got/want-1) > 0.01 {
			t.Errorf("%s: %.4g FLOP a token, want %.4g", name, got, want)
		}
	}
	untied := tiny
	untied.Config.Tied = false
	if got, want := untied.FLOPsPerToken(), tiny.FLOPsPerToken(); got != want {
		t.Errorf("untied: %v FLOP a token, want %v: the embedding is only looked up then", got, want)
	}
}

func TestShapes(t *testing.T) {
	for _, s := range bench.Shapes() {
		if err := s.Config.Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if s.About == "" || s.Seqs < 1 {
			t.Errorf("%+v lacks something", s)
		}
	}
	if s, _ := bench.Lookup("C"); s.Config.Params() < 123e6 || s.Config.Params() > 125e6 || s.Tokens() != 256 {
		t.Errorf("C has %d parameters and %d tokens a step, want GPT-2's 124 M and 256", s.Config.Params(), s.Tokens())
	}
	if _, ok := bench.Lookup("Z"); ok {
		t.Error("there is a shape Z")
	}
}

// TestHalfGrown: the masked path is timed in a growth that a recipe could ask for, and every kind of mask is at work.
func TestHalfGrown(t *testing.T) {
	for _, s := range append(bench.Shapes(), tiny) {
		k := bench.HalfGrown(s.Config)
		if err := errors.Join(k.From.Validate(), k.From.CanGrow(s.Config)); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		last := s.Config.Layers - 1
		if !k.Active() || k.M != shape.Joint(0.5) || k.Gate(0) != 1 || k.Gate(last) != 0.5 {
			t.Errorf("%s: masks %v, gates %v and %v", s.Name, k, k.Gate(0), k.Gate(last))
		}
		if f := k.From; f.Hidden >= s.Config.Hidden || f.Heads >= s.Config.Heads || f.FFN >= s.Config.FFN {
			t.Errorf("%s grows from %d channels, %d heads, %d units; something does not grow", s.Name, f.Hidden, f.Heads, f.FFN)
		}
	}
}

func TestRates(t *testing.T) {
	r := bench.Rates{90, 100, 120, 110, 80}
	if r.Median() != 100 || r.Best() != 120 || r.Worst() != 80 || r.Spread() != 0.4 {
		t.Errorf("median %v, best %v, worst %v, spread %v", r.Median(), r.Best(), r.Worst(), r.Spread())
	}
	if even := (bench.Rates{1, 4, 2, 3}); even.Median() != 2.5 {
		t.Errorf("median of four: %v, want 2.5", even.Median())
	}
}

func TestRun(t *testing.T) {
	dev := open(t, 2)
	r, err := bench.Run(dev, tiny, bench.Options{Runs: 6, Each: time.Millisecond, Masked: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Device != dev.Name() || r.Precision != compute.FP32 || r.Threads != 2 {
		t.Errorf("ran on %s, %v, %d threads", r.Device, r.Precision, r.Threads)
	}
	if len(r.Plain) != 6 || len(r.Masked) != 6 || len(r.Ratios) != 6 {
		t.Fatalf("%d plain, %d masked runs, %d ratios; want 6 of each", len(r.Plain), len(r.Masked), len(r.Ratios))
	}
	for i := range r.Plain {
		if !(r.Plain[i] > 0) || !(r.Masked[i] > 0) || math.Abs(r.Ratios[i]*r.Plain[i]/r.Masked[i]-1) > 1e-12 {
			t.Errorf("run %d: %v plain, %v masked, ratio %v", i, r.Plain[i], r.Masked[i], r.Ratios[i])
		}
	}
	if want := r.Plain.Median() * tiny.FLOPsPerToken(); r.FLOPS() != want {
		t.Errorf("%v FLOP/s, want %v", r.FLOPS(), want)
	}
	has := func(op string) bool {
		return slices.ContainsFunc(r.Profile.Rows, func(row profile.Row) bool { return row.Operation == op && row.Calls > 0 && row.Time > 0 })
	}
	for _, op := range []string{"Linear", "LinearGrad", "Attention", profile.Gradients, "AdamW"} {
		if !has(op) {
			t.Errorf("the profile lacks %s: %v", op, r.Profile.Rows)
		}
	}
	if has("Upload") {
		t.Error("the profile has an Upload, which no step makes")
	}
	if total := profile.Total(r.Profile.Rows); total > 2*r.Profile.Step+time.Duration(len(r.Profile.Rows)) { // divided, rounded down
		t.Errorf("a step took %v of thread time, two threads had %v", total, 2*r.Profile.Step)
	}
}

// TestProfileCountsTheFLOPs: what the operations of the profile did is what the shape says a step costs, but for norms and biases,
// which are no products.
func TestProfileCountsTheFLOPs(t *testing.T) {
	r, err := bench.Run(open(t, 1), tiny, bench.Options{Runs: 5, Each: 1})
	if err != nil {
		t.Fatal(err)
	}
	var got, vectors float64
	for _, row := range r.Profile.Rows {
		got += row.FLOPs
	}
	for _, x := range tiny.Config.Tensors() {
		if !x.Decays() {
			vectors += float64(x.Len())
		}
	}
	if want := float64(tiny.Tokens()) * (tiny.FLOPsPerToken() - 6*vectors); math.Abs(got/want-1) > 1e-12 {
		t.Errorf("a step did %.0f FLOP, want %.0f", got, want)
	}
	if r.Masked != nil || r.Ratios != nil {
		t.Errorf("masked runs %v were not asked for", r.Masked)
	}
}

// diverged is a device on which every total is not a number.
type diverged struct{ compute.Device }

func (diverged) Take(compute.Total) float64 { return math.NaN() }

// TestNotANumber: numbers that are none are no benchmark, since arithmetic on them can be slower or faster.
func TestNotANumber(t *testing.T) {
	_, err := bench.Run(diverged{computetest.NewReference()}, tiny, bench.Options{Runs: 5, Each: 1})
	if err == nil || !strings.Contains(err.Error(), "shape tiny: step 1") || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("got %v, want what was not finite, and where", err)
	}
}

func TestTooFewRuns(t *testing.T) {
	_, err := bench.Run(open(t, 1), tiny, bench.Options{Runs: 4, Each: 1})
	if err == nil || !strings.Contains(err.Error(), "4 runs") {
		t.Errorf("got %v", err)
	}
}

// withPeak is a device that can measure its processor.
type withPeak struct{ compute.Device }

func (withPeak) Peak() float64 { return 1e9 }

func TestPeak(t *testing.T) {
	dev := computetest.NewReference()
	if p := bench.Peak(dev); p != 0 {
		t.Errorf("the reference has a peak of %v, want 0: it cannot measure one", p)
	}
	if p := bench.Peak(withPeak{dev}); p != 1e9 {
		t.Errorf("peak %v, want 1e9", p)
	}
}
