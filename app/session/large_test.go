package session_test

import (
	"math"
	"testing"

	"growlab/app/session"
)

// TestLargePresets: parameters, tokens and learning rates of flm-101m and flm-1b are the paper's over 1,000 and over 100.
func TestLargePresets(t *testing.T) {
	paper := []struct{ params, tokens, lr float64 }{{16e9, 245.37e9, 1}, {51e9, 39.64e9, 0.85}, {101e9, 26.54e9, 0.5}} // Tables 1 and 2
	for name, over := range map[string]float64{"flm-101m": 1000, "flm-1b": 100} {
		r, err := session.LoadRecipe(session.Launch{Recipe: name})
		if err != nil {
			t.Fatal(err)
		}
		p := r.Plan()
		if len(p.Stages) != len(paper) {
			t.Fatalf("%s has %d stages, want %d", name, len(p.Stages), len(paper))
		}
		for i, s := range p.Stages {
			for _, x := range []struct {
				what                 string
				got, want, tolerance float64
			}{
				{"parameters", float64(s.Params), paper[i].params / over, 0.03}, // 16 : 51 : 101, as near as whole layers come
				{"tokens", float64(s.Tokens), paper[i].tokens / over, 0.001},
				{"learning rate", s.LR / r.Train.LR, paper[i].lr, 0},
			} {
				if math.Abs(x.got/x.want-1) > x.tolerance {
					t.Errorf("%s, stage %d: %s %.6g, want %.6g within %.1f %%", name, i+1, x.what, x.got, x.want, 100*x.tolerance)
				}
			}
			if c := s.Config; c.Hidden%256 != 0 || c.Inner() != c.Hidden || c.FFN != 4*c.Hidden {
				t.Errorf("%s, stage %d: width %d, heads %d of %d, FFN %d", name, i+1, c.Hidden, c.Heads, c.HeadDim, c.FFN)
			}
		}
		for i, share := range []float64{0.788, 0.127, 0.085} {
			if got := float64(p.Stages[i].Tokens) / float64(p.Tokens); math.Abs(got-share) > 0.001 {
				t.Errorf("%s, stage %d has %.4f of the tokens, want %.3f", name, i+1, got, share)
			}
		}
		if r.Model.BaseWidth != 256 || p.Saved < 0.70 || p.Saved > 0.74 { // 72.6 % by 6 for each parameter and token
			t.Errorf("%s: base width %d, saves %.3f; want 256 and about 0.72", name, r.Model.BaseWidth, p.Saved)
		}
	}
}

// TestLargePresetsMemory: the CPU engine, which keeps activations in fp32, needs no more than a GPU of 16 GB and one of 80 GB have.
func TestLargePresetsMemory(t *testing.T) {
	dev, err := session.OpenDevice("cpu", 1, "fp32")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	for name, limit := range map[string]int64{"flm-101m": 16e9, "flm-1b": 80e9} {
		r, err := session.LoadRecipe(session.Launch{Recipe: name})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Stages {
			need, least := session.StageMemory(r, i, 1, dev), 16*r.Config(i).Params()
			if need > limit || need < least {
				t.Errorf("%s, stage %d needs %d bytes, want %d to %d", name, i+1, need, least, limit)
			}
		}
	}
}
