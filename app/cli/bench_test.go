package cli

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"growlab/app/session"
	"growlab/trainer/bench"
)

// quick are the flags of a benchmark that takes no time.
var quick = []string{"bench", "--shape", tiny, "--threads", "1", "--precision", "fp32", "--seconds", "1e-9"}

func TestBench(t *testing.T) {
	home(t)
	out := ok(t, append(quick, "--masked")...)
	for _, want := range []string{
		`shape tiny: 3L × 32, 4 heads of 8, FFN 128, context 16, vocabulary 256, 8 sequences a step\n`,
		`46,\d\d\d parameters, 128 tokens a step, \d+ kFLOP a token; cpu .* fp32, 1 thread\n`,
		`plain +[\d,]+ +[\d,]+ +[\d,]+ +\d+\.\d % +\d+ +`,
		`masked +[\d,]+ +[\d,]+ +[\d,]+ +\d+\.\d % +\d+ +`,
		`5 runs; `,
		`masked \(.*\): \d+\.\d % of the plain speed\n`,
		`a step with each operation timed: \d+\.\d\d ms x 1 threads`,
		`forward +Linear +96 +\d+\.\d\d +\d+\.\d % +\d+ `,
		`gradients +WeightGrad etc\. +28 `,
		`optimizer +AdamW +1 `,
		`backward +all +\d+\.\d\d +\d+\.\d %\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestBenchJSON(t *testing.T) {
	home(t)
	out := strings.TrimRight(ok(t, append(quick, "--json", "--runs", "6")...), "\n")
	var m measurement
	decode(t, out[strings.LastIndexByte(out, '\n')+1:], &m)
	if m.Shape != "tiny" || m.Precision != "fp32" || m.Threads != 1 || m.StepTokens != 128 || len(m.Runs) != 6 {
		t.Errorf("got %+v", m)
	}
	if !(m.Worst > 0 && m.Worst <= m.Tokens && m.Tokens <= m.Best) || math.Abs(m.GFLOPS-m.Tokens*m.FLOPsPerToken/1e9) > 1e-9 {
		t.Errorf("worst %v, median %v, best %v tokens/s; %v GFLOP/s", m.Worst, m.Tokens, m.Best, m.GFLOPS)
	}
	if (m.Peak == nil) != (m.PeakFraction == nil) || m.PeakFraction != nil && !(*m.PeakFraction > 0) {
		t.Errorf("peak %v, fraction %v", m.Peak, m.PeakFraction)
	}
	var share float64
	for _, p := range m.Phases {
		share += p.Share
	}
	if len(m.Phases) != 5 || math.Abs(share-1) > 1e-6 {
		t.Errorf("the %d phases have %v of a step together, want 1: %+v", len(m.Phases), share, m.Phases)
	}
	if m.Masked != nil || len(m.Operations) == 0 {
		t.Errorf("masked %+v was not asked for, operations %+v", m.Masked, m.Operations)
	}
	var keys map[string]json.RawMessage
	decode(t, out, &keys)
	for _, key := range []string{"shape", "precision", "threads", "tokens_per_s", "best_tokens_per_s", "gflops", "peak_fraction"} {
		if _, ok := keys[key]; !ok {
			t.Errorf("no %q in %s", key, out)
		}
	}
}

// TestPeakIsShown: a fraction of the peak is that of all threads for the network and of one thread for an operation.
func TestPeakIsShown(t *testing.T) {
	s, _ := bench.Lookup("B")
	flops := s.FLOPsPerToken()
	r := bench.Result{Shape: s, Threads: 4, Plain: bench.Rates{1e12 / flops}, Peak: 4e12, Profile: bench.Profile{Step: 1e6, Steps: 1}}
	m := measurementOf(r)
	if m.PeakFraction == nil || math.Abs(*m.PeakFraction-0.25) > 1e-12 || *m.Peak != 4000 {
		t.Errorf("1 of 4 TFLOP/s: %+v", m)
	}
	if got := m.ofPeak(500, m.Threads); got != "50.0 %" {
		t.Errorf("500 GFLOP/s of a thread that can do 1000: %s", got)
	}
}

// TestPresetsAreShapes: a preset's last stage can be timed by its name.
func TestPresetsAreShapes(t *testing.T) {
	s, err := benchShape("flm-1m")
	if err != nil || s.Config.Hidden != 128 || s.Config.Layers != 5 || s.Seqs != 12 {
		t.Errorf("flm-1m is %v, %v; want its last stage, 5 layers x 128 in 12 sequences", s, err)
	}
}

func TestBenchNeedsMemory(t *testing.T) {
	home(t)
	r := run(t, append(quick, "--shape", write(t, "huge.toml", `
recipe = 1
[[stage]]
tokens = 2000
layers = 64
hidden = 131072
lr     = 1
`))...)
	if r.code != 5 || !strings.Contains(r.err, "shape huge needs") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("exit code %d, %q", r.code, r.err)
	}
}

func TestDevices(t *testing.T) {
	home(t)
	var d session.Devices
	decode(t, ok(t, "devices", "--json"), &d)
	c := d.CPU
	if c.Cores < 1 || c.Threads < 1 || !strings.HasPrefix(c.Device, "cpu ") || c.Error != "" {
		t.Errorf("cpu %+v", c)
	}
	var chosen []string
	for _, f := range c.Families {
		if f.Reason == "" || f.Chosen && !f.Available {
			t.Errorf("family %+v", f)
		}
		if f.Chosen {
			chosen = append(chosen, f.Name)
		}
	}
	for _, p := range c.Precisions {
		if p.Reason == "" || p.Chosen && !p.Available {
			t.Errorf("precision %+v", p)
		}
		if p.Chosen {
			chosen = append(chosen, p.Name)
		}
	}
	if len(chosen) != 2 || !strings.Contains(c.Device, " "+chosen[1]+",") {
		t.Errorf("%q are chosen of kernels and precisions, and the device is %q", chosen, c.Device)
	}
	out := ok(t, "devices")
	if !strings.Contains(out, c.Device) || !strings.Contains(out, "precision  fp32") {
		t.Errorf("devices prints\n%s", out)
	}
}

// TestForcedKernels: GROWLAB_CPU is what trains, and what both commands that explain the machine say.
func TestForcedKernels(t *testing.T) {
	home(t)
	t.Setenv("GROWLAB_CPU", "plain")
	var d session.Devices
	decode(t, ok(t, "devices", "--json"), &d)
	for _, f := range d.CPU.Families {
		if f.Chosen != (f.Name == "plain") || f.Chosen && !strings.HasPrefix(f.Reason, "GROWLAB_CPU asks for it") {
			t.Errorf("with GROWLAB_CPU=plain: %+v", f)
		}
	}
	if !strings.HasPrefix(d.CPU.Device, "cpu plain ") {
		t.Errorf("with GROWLAB_CPU=plain the device is %q", d.CPU.Device)
	}
	if out := ok(t, "doctor"); !strings.Contains(out, "plain (chosen): GROWLAB_CPU asks for it") {
		t.Errorf("doctor says\n%s", out)
	}
	t.Setenv("GROWLAB_CPU", "mmx")
	if out := ok(t, "devices"); !strings.Contains(out, `cannot train: GROWLAB_CPU is "mmx"; it must be one of`) {
		t.Errorf("with GROWLAB_CPU=mmx devices prints\n%s", out)
	}
	if r := run(t, "doctor"); r.code != 1 || !strings.Contains(r.out, "unset GROWLAB_CPU") {
		t.Errorf("with GROWLAB_CPU=mmx: exit code %d\n%s", r.code, r.out)
	}
}
