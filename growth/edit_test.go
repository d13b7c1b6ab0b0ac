package growth

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// at dates an edit of r by its step, before any other.
func at(r Recipe, step int64, key, value string) Edit {
	tokens := int64(0)
	for p := r.At(0); p.Step < step; p = r.At(tokens) {
		tokens += p.Batch
	}
	return Edit{Step: step, Tokens: tokens, Key: key, Value: value}
}

// edit makes an edit that must be possible.
func edit(t *testing.T, r Recipe, step int64, key, value string) Recipe {
	t.Helper()
	out, err := r.Edit(at(r, step, key, value))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoEdits: an empty journal is the recipe, and an edit leaves the recipe that it was made on alone.
func TestNoEdits(t *testing.T) {
	r := parse(t)
	same, err := r.Edited(nil)
	if err != nil || !reflect.DeepEqual(same, r) {
		t.Errorf("an empty journal gives %+v, %v", same, err)
	}
	for key, value := range map[string]string{
		"lr": "1e-3", "weight_decay": "0", "clip": "0", "batch": "3072", "eval.every": "1k", "sample.every": "1k",
		"checkpoint.every": "1k", EditEnd: "", EditPostpone: "15360", EditExtend: "15360",
	} {
		if changed := edit(t, r, 100, key, value); reflect.DeepEqual(changed, r) || !reflect.DeepEqual(parse(t), r) {
			t.Errorf("%s=%s changed nothing, or the recipe itself", key, value)
		}
	}
}

// TestEnd: from a growth by hand on the position is that of a recipe with the shorter stage.
func TestEnd(t *testing.T) {
	r := parse(t, "stage.2.tokens=0", "stage.2.flops=500G")
	planned := r.TotalTokens()
	short := edit(t, r, 1620, EditEnd, "")
	if r.TotalTokens() != planned || short.Stages[0].Tokens != r.Stages[0].Tokens {
		t.Error("the edit changed what it should not")
	}
	if p := short.At((1600 + 19) * 1536); p.Stage != 1 || p.Step != 1619 || p.Mask != 1 {
		t.Errorf("just before the end: %+v", p)
	}
	if p := short.At((1600 + 20) * 1536); p.Stage != 2 || p.Step != 1620 || p.Mask != 0 || p.LR != 8e-3*0.5 {
		t.Errorf("at the end: %+v", p)
	}
	if got, want := short.TotalTokens(), int64(1600+20+100)*1536; got != want {
		t.Errorf("%d tokens, want %d", got, want)
	}
}

// TestEditNumbers: settings have their value from the edit on, and the schedule keeps its shape under lr.
func TestEditNumbers(t *testing.T) {
	r := parse(t)
	for value, factor := range map[string]float64{"0.5x": 0.5, "2x": 2, "4e-3": 0.5} {
		e := edit(t, r, 800, "lr", value)
		for _, step := range []int64{800, 1599, 1600, 1700, 1799} {
			if got, want := e.At(step*1536).LR, factor*r.At(step*1536).LR; math.Abs(got/want-1) > 1e-15 {
				t.Errorf("lr=%s: %v at step %d, want %v", value, got, step, want)
			}
		}
	}
	e := edit(t, edit(t, r, 5, "weight_decay", "0.2"), 6, "clip", "0.3")
	if e.Train.WeightDecay != 0.2 || e.Train.Clip != 0.3 {
		t.Errorf("decay %v, clip %v", e.Train.WeightDecay, e.Train.Clip)
	}
}

// TestEditBatch: the tokens that are left go into steps of the new size, the rate and the memory stay as they were.
func TestEditBatch(t *testing.T) {
	r := parse(t)
	e := edit(t, r, 800, "batch", "3072")
	here := int64(800 * 1536)
	if got, was := e.At(here), r.At(here); got.Batch != 3072 || got.Step != 800 || math.Abs(got.LR/was.LR-1) > 1e-15 {
		t.Errorf("at the edit: %+v, before %+v", got, was)
	}
	p := e.Plan()
	for i, steps := range []int64{800 + 400, 50, 50} {
		if s := p.Stages[i]; s.Steps != steps || s.Tokens != r.Plan().Stages[i].Tokens || s.Begin != r.Plan().Stages[i].Begin {
			t.Errorf("stage %d: %+v, want %d steps", i+1, s, steps)
		}
		if e.MicroBatch(i) != r.MicroBatch(i) {
			t.Errorf("stage %d: %d sequences at once, before %d", i+1, e.MicroBatch(i), r.MicroBatch(i))
		}
	}
	if small := edit(t, e, 900, "batch", "256"); small.MicroBatch(0) != 2 || edit(t, small, 1000, "batch", "4096").MicroBatch(0) != r.MicroBatch(0) {
		t.Error("the sequences in memory at once do not come back to those planned")
	}
}

// TestEditRamp: the mask goes on from where it is and reaches 1 when asked.
func TestEditRamp(t *testing.T) {
	for _, shape := range []string{RampLinear, RampCosine} {
		r := parse(t, "stage.2.ramp=61440", "stage.2.ramp_shape="+shape) // 40 steps from 1600 on
		was := r.At(1610 * 1536).Mask
		for steps, value := range map[int64]string{5: "7680", 60: "92160"} {
			e := edit(t, r, 1610, "ramp", value)
			before, last := was, e.At((1610+steps-1)*1536).Mask
			if got := e.At(1610 * 1536).Mask; math.Abs(got-was) > 1e-15 {
				t.Errorf("%s: the mask jumps from %v to %v", shape, was, got)
			}
			for step := int64(1611); step < 1610+steps; step++ {
				if m := e.At(step * 1536).Mask; m <= before || m >= 1 {
					t.Errorf("%s: mask %v at step %d, before %v", shape, m, step, before)
				} else {
					before = m
				}
			}
			if m := e.At((1610 + steps) * 1536).Mask; m != 1 || last >= 1 {
				t.Errorf("%s: mask %v and %v around the end of the ramp", shape, last, m)
			}
		}
		if m := edit(t, r, 1610, "ramp", "0").At(1610 * 1536).Mask; m != 1 {
			t.Errorf("%s: ramp=0 leaves the mask at %v", shape, m)
		}
	}
}

// TestLengthen: postponed or extended, a stage has more steps, and its rate goes on from where it is to where it was to end.
func TestLengthen(t *testing.T) {
	r := parse(t)
	for name, c := range map[string]struct {
		key   string
		step  int64
		stage int
	}{
		"postpone": {EditPostpone, 800, 0}, "extend": {EditExtend, 1750, 2}, "extend beforehand": {EditExtend, 800, 2},
	} {
		e := edit(t, r, c.step, c.key, "15360")
		for i, s := range e.Plan().Stages {
			want := r.Plan().Stages[i].Steps
			if i == c.stage {
				want += 10
			}
			if s.Steps != want {
				t.Errorf("%s: stage %d has %d steps, want %d", name, i+1, s.Steps, want)
			}
		}
		if got, was := e.At(c.step*1536).LR, r.At(c.step*1536).LR; math.Abs(got/was-1) > 1e-15 {
			t.Errorf("%s: the rate jumps from %v to %v", name, was, got)
		}
		was, is := r.Plan().Stages[c.stage], e.Plan().Stages[c.stage]
		if math.Abs(is.LREnd/was.LREnd-1) > 0.02 || is.LREnd == 0 {
			t.Errorf("%s: the rate ends at %v, before at %v", name, is.LREnd, was.LREnd)
		}
	}
}

// TestRandomJournals: whatever is done to a run, it ends; its steps count up by one, its rate is finite and positive, its masks
// lie in [0, 1], its plan is where it goes, and the journal read back is where it went.
func TestRandomJournals(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	policies := [][]string{
		nil,
		{"stage.2.lr_policy=rewind", "stage.2.lr=1"},
		{"stage.3.lr_policy=rewarm", "stage.3.warmup=3072"},
		{"stage.2.tokens=0", "stage.2.flops=500G", "stage.2.ramp_shape=cosine"},
	}
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	for n := range 40 {
		r := parse(t, append(policies[n%len(policies)], "stage.1.tokens=92160", "stage.1.warmup=0")...)
		now, tokens, journal := r, int64(0), []Edit(nil)
		for step := int64(0); ; step++ {
			p := now.At(tokens)
			again, err := r.Edited(journal)
			if err != nil || again.At(tokens) != p {
				t.Fatalf("journal %v read back is at %+v, %v; the run is at %+v", journal, again.At(tokens), err, p)
			}
			if p.Step != step || !p.Done && !(p.LR > 0 && p.LR < 1 && p.Mask >= 0 && p.Mask <= 1) {
				t.Fatalf("journal %v: %+v at step %d", journal, p, step)
			}
			if p.Done {
				if tokens != now.TotalTokens() || step != now.Plan().Steps {
					t.Fatalf("journal %v: ended after %d tokens in %d steps; the plan says %+v", journal, tokens, step, now.Plan())
				}
				break
			}
			if rng.IntN(30) == 0 {
				key := pick("lr", "batch", "batch", "ramp", EditEnd, EditPostpone, EditExtend)
				value := map[string]string{
					"lr": pick("0.9x", "1.1x"), "batch": pick("768", "1536", "4608"), "ramp": pick("0", "3k", "9k"),
					EditPostpone: pick("5000", "20k"), EditExtend: pick("5000", "20k"),
				}[key]
				if e := (Edit{Step: step, Tokens: tokens, Key: key, Value: value}); len(journal) < 12 {
					if next, err := now.Edit(e); err == nil {
						now, journal = next, append(slices.Clone(journal), e)
					}
				}
				p = now.At(tokens)
			}
			tokens += p.Batch
		}
	}
}

// TestEditsThatCannotBe: each is refused with one sentence that names what was wrong.
func TestEditsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		step       int64
		key, value string
		want       string
	}{
		{5, "seed", "2", `cannot change "seed"; it can change batch, checkpoint.every, clip, eval.every, lr, ramp, sample.every, weight_decay`},
		{5, "lr", "0", `lr is "0", a peak rate of 0; it must be a peak rate above 0`},
		{5, "lr", "-1x", `lr is "-1x"; it must be`},
		{5, "lr", "1e9x", "a peak rate of 8e+06"},
		{5, "lr", "NaN", `lr is "NaN"`},
		{5, "weight_decay", "-0.1", `weight_decay is "-0.1"; it must be between 0 and 1000`},
		{5, "clip", "big", `clip is "big"; it must be the largest gradient norm, or 0`},
		{5, "batch", "1000", "batch is 1000 tokens; it must be a multiple of context 128"},
		{5, "batch", "0", "batch is 0 tokens"},
		{5, "batch", "much", `batch is "much" is not a number of tokens`},
		{1599, "batch", "3072", "batch is 3072 tokens; stage 1 has only 1536 left"},
		{5, "batch", "204800", "batch is 204800 tokens; stage 2 has only 153600"},
		{5, "ramp", "1k", "no growth is being faded in at step 5"},
		{1602, "ramp", "1M", "ramp is 1000000 tokens; it must lie between 0 and the 150528 that are left of stage 2"},
		{1602, "ramp", "-1", "ramp is -1 tokens"},
		{5, "eval.every", "-1", "-1 is not a cadence"},
		{5, "eval.every", "0", "stage 1 ends by a plateau of 2 evaluations"},
		{5, "sample.every", "often", `"often" is not a number of tokens`},
		{1600, EditEnd, "", "stage 2 has just begun, at step 1600; let it take a step"},
		{1605, EditEnd, "", "the last growth is still being faded in, m is 0.50; growing waits until step 1610"},
		{1790, EditEnd, "", "the last of its 3 stages; there is nothing to grow into"},
		{1790, EditPostpone, "10k", "no growth is left to postpone, but extend gives it more tokens"},
		{5, EditPostpone, "1000", "postpone by 1000 tokens is less than a step of stage 1, which has 1536"},
		{5, EditExtend, "-5", "extend by -5 tokens is less than a step"},
		{5, EditExtend, "4000000000000000000", "at most 2^60"},
		{1800, EditExtend, "10k", "the run has taken the last of its 1800 steps"},
	} {
		r := parse(t, "stage.1.plateau=2")
		_, err := r.Edit(at(r, c.step, c.key, c.value))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s=%s at step %d: %v, want one line that says %q", c.key, c.value, c.step, err, c.want)
		}
	}
	_, err := parse(t).Edited([]Edit{{Step: 3, Tokens: 3 * 1536, Key: "ramp", Value: "0"}})
	if want := "ramp=0 at step 3: no growth"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestEditString(t *testing.T) {
	for want, e := range map[string]Edit{
		"grow": {Key: EditEnd}, "postpone 10k": {Key: EditPostpone, Value: "10k"}, "lr=0.5x": {Key: "lr", Value: "0.5x"},
	} {
		if got := fmt.Sprint(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
