package cli

import (
	"math"
	"strings"
	"testing"
)

// TestPredictPairs: muScaling's published points from the command line.
func TestPredictPairs(t *testing.T) {
	home(t)
	args := strings.Fields("predict 8.53M:3.9181 21.56M:3.6054 39.09M:3.4431 61.12M:3.3542 87.65M:3.2902 118.68M:3.2478 154.21M:3.224 --at 1446.72M,100M")
	var p predicted
	decode(t, ok(t, append(args, "--json")...), &p)
	if math.Abs(p.B+0.423) > 1e-3 || math.Abs(p.C-2.923) > 1e-3 || p.Errors == nil || len(p.Points) != 7 || len(p.Predictions) != 2 {
		t.Fatalf("fit %+v", p)
	}
	far, near := p.Predictions[0], p.Predictions[1]
	if math.Abs(far.Loss-3.0369) > 1e-3 || !far.Extrapolated || *far.Low > 3.0425 || *far.High < 3.0425 || near.Extrapolated {
		t.Errorf("predictions %+v and %+v", far, near)
	}
	text := ok(t, args...)
	for _, want := range []string{"b -0.4231 ± 0.0283", "extrapolated 9.38x", "within the points", "Student's t"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := ok(t, "predict", "--by", "flops", "1T:3", "2T:2.5", "4T:2.2"); !strings.Contains(text, "no error bars") || !strings.Contains(text, "8.00 T") {
		t.Errorf("three points: %s", text)
	}
}

// TestPredictRuns: final losses, sizes and FLOPs come from the run files, and unequal tokens are noted.
func TestPredictRuns(t *testing.T) {
	home(t)
	for _, s := range []struct{ name, tokens string }{{"small", "7_680"}, {"large", "15_360"}} {
		ok(t, "train", "--recipe", tiny, "--name", s.name, "--set", "stage.3.tokens="+s.tokens, "--json")
	}
	var p predicted
	decode(t, ok(t, "predict", "small", "large", "1T:0.5", "10T:0.4", "--by", "flops", "--json"), &p)
	if p.Points[0].Name == "" || p.Points[0].Loss <= 0 || p.Points[1].X <= p.Points[0].X || p.Points[2].X != 1e12 {
		t.Errorf("points %+v", p.Points)
	}
	decode(t, ok(t, "predict", "small", "large", "1M:0.5", "10M:0.4", "--json"), &p)
	if out := ok(t, "predict", "small", "64:0.5", "128:0.4", "--by", "width"); !strings.Contains(out, "over channels") || !strings.Contains(out, " 32 ") {
		t.Errorf("over the width: %s", out)
	}
	notes := strings.Join(p.Notes, "\n")
	if len(p.Notes) != 3 || !strings.Contains(notes, "different numbers of tokens") || strings.Count(notes, "grew as it trained") != 2 {
		t.Errorf("notes %q", p.Notes)
	}
	ok(t, "train", "--recipe", tiny, "--name", "other", "--set", "model.family=llama", "--set", "eval.final_tokens=4096", "--json")
	if r := run(t, "predict", "small", "large", "other"); r.code != 2 || !strings.Contains(r.err, "eval.final_tokens") {
		t.Errorf("losses of different windows: exit code %d, %q", r.code, r.err)
	}
}

func TestBadPredictions(t *testing.T) {
	home(t)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"too few":     {[]string{"1M:2", "2M:1.5"}, 2, "there are 2"},
		"no loss":     {[]string{"1M:2", "2M:1.5", "4M:low"}, 2, `"4M:low"`},
		"no size":     {[]string{"1M:2", "2M:1.5", "big:1"}, 2, `"big" is not a number of parameters`},
		"by what":     {[]string{"1M:2", "2M:1.5", "4M:1", "--by", "age"}, 2, `"age"`},
		"at what":     {[]string{"1M:2", "2M:1.5", "4M:1.3", "--at", "far"}, 2, `"far"`},
		"no such run": {[]string{"1M:2", "2M:1.5", "zzz"}, 2, `"zzz"`},
		"rising":      {[]string{"1M:1", "2M:2", "4M:3"}, 2, "does not fall"},
	} {
		r := run(t, append([]string{"predict"}, tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.err, tt.says) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q; want %d and one line with %q", name, r.code, r.err, tt.code, tt.says)
		}
	}
}
