package trainer

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/control"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// tiny grows twice within 24 steps, on the float64 reference.
const tiny = `
recipe = 1
[model]
family = "flm"
context = 8
head_dim = 4
[train]
batch = 32
micro_batch = 2
lr = 1e-2
[eval]
every = 160
tokens = 64
final_tokens = 128
[sample]
tokens = 4
[checkpoint]
every = 96
[[stage]]
tokens = 320
layers = 1
hidden = 8
lr = 1
warmup = 64
[[stage]]
tokens = 256
layers = 2
hidden = 12
lr = 0.85
ramp = 128
[[stage]]
tokens = 192
layers = 3
hidden = 16
lr = 0.5
ramp = 96
depth = "interleave"
`

func recipe(t *testing.T, sets ...string) growth.Recipe {
	t.Helper()
	r, err := growth.Parse("tiny", []byte(tiny), sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T) *data.Set {
	t.Helper()
	s, err := data.Embedded("test", []byte(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 60)), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rounded is the float64 reference with parameters and moments kept as float32, as every engine keeps them, so that what a
// checkpoint holds is exact.
type rounded struct{ *computetest.Reference }

func newDevice() compute.Device { return rounded{computetest.NewReference()} }

func (r rounded) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	r.Reference.AdamW(p, g, m, v, spans, a)
	for _, x := range []compute.Vec{p, m, v} {
		d := computetest.Data(x)
		for i := range d {
			d[i] = float64(float32(d[i]))
		}
	}
}

// memory is a Sink that keeps everything, and runs hook after each event.
type memory struct {
	events  []event.Event
	saved   []Checkpoint
	hook    func(event.Event)
	saveErr func() error
	problem func() error
}

func (m *memory) Emit(e event.Event) {
	m.events = append(m.events, e)
	if m.hook != nil {
		m.hook(e)
	}
}

func (m *memory) Save(c Checkpoint) (int64, error) {
	if m.saveErr != nil {
		if err := m.saveErr(); err != nil {
			return 0, err
		}
	}
	m.saved = append(m.saved, c)
	return 1, nil
}

func (m *memory) Problem() error {
	if m.problem != nil {
		return m.problem()
	}
	return nil
}

func start(t *testing.T, r growth.Recipe, m *memory, resume *Checkpoint, requests chan control.Request) *Trainer {
	t.Helper()
	tr, err := New(Options{
		Recipe: r, Device: newDevice(), Data: text(t), Sink: m, Resume: resume, Requests: requests,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func finishRun(t *testing.T, r growth.Recipe, m *memory, resume *Checkpoint) event.Ended {
	t.Helper()
	end, err := start(t, r, m, resume, nil).Run(t.Context())
	if err != nil || end.State != "done" {
		t.Fatalf("run ended %q: %v", end.State, err)
	}
	return end
}

// of are the events of one kind, with times and speeds removed.
func of[E event.Event](events []event.Event) []E {
	var out []E
	for _, e := range events {
		switch x := e.(type) {
		case event.Step:
			x.TokensPerSec, x.Seconds = 0, 0
			e = x
		case event.Grew:
			x.Seconds = 0
			e = x
		}
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

func TestRunGrowsAndLearns(t *testing.T) {
	var m memory
	end := finishRun(t, recipe(t), &m, nil)
	steps, grew, evals := of[event.Step](m.events), of[event.Grew](m.events), of[event.Eval](m.events)
	if len(steps) != 24 || end.Step != 24 || end.Tokens != 768 {
		t.Errorf("%d steps, ended at step %d, %d tokens; want 24, 24, 768", len(steps), end.Step, end.Tokens)
	}
	if first, last := steps[0].Loss, steps[23].Loss; last > first-1 {
		t.Errorf("loss went from %g to %g", first, last)
	}
	if len(grew) != 2 {
		t.Fatalf("grew %d times, want 2", len(grew))
	}
	for i, g := range grew {
		if g.MaxLogitDiff > 1e-6 || math.Abs(g.LossAfter-g.LossBefore) > 1e-12 {
			t.Errorf("growth %d: logits moved by %g, loss from %v to %v", i+1, g.MaxLogitDiff, g.LossBefore, g.LossAfter)
		}
		if g.MomentsCarried != g.From.Params || g.MomentsCarried+g.MomentsNew != g.To.Params {
			t.Errorf("growth %d: %d moments carried, %d new; shapes have %d and %d parameters",
				i+1, g.MomentsCarried, g.MomentsNew, g.From.Params, g.To.Params)
		}
	}
	if got := grew[1].NewLayers; !reflect.DeepEqual(got, []int{2}) {
		t.Errorf("new layers %v, want [2]", got)
	}
	if f := evals[len(evals)-1]; !f.Final || f.Loss != end.Loss {
		t.Errorf("last evaluation %+v does not give the end's loss %v", f, end.Loss)
	}
	if want := growth.FLOPsPerToken(recipe(t).Final()) * 768; end.TwinFLOPs != want || end.FLOPsSaved <= 0 {
		t.Errorf("twin %g FLOPs, want %g; saved %g", end.TwinFLOPs, want, end.FLOPsSaved)
	}
	for i, s := range steps {
		if p := recipe(t).At(int64(i) * 32); s.Mask != p.Mask || s.LR != p.LR || s.Stage != p.Stage+1 {
			t.Errorf("step %d ran at mask %v, lr %v, stage %d; the recipe says %+v", i+1, s.Mask, s.LR, s.Stage, p)
		}
	}
}

// TestResume: from every checkpoint, mid-ramp ones too, the rest of the run is the same bit for bit.
func TestResume(t *testing.T) {
	var whole memory
	end := finishRun(t, recipe(t), &whole, nil)
	midRamp := false
	for _, c := range whole.saved {
		if c.Reason == "end" {
			continue
		}
		pos := recipe(t).At(c.Tokens)
		midRamp = midRamp || pos.Mask > 0 && pos.Mask < 1
		var rest memory
		again := finishRun(t, recipe(t), &rest, &c)
		if again.Loss != end.Loss {
			t.Errorf("resumed at step %d: final loss %v, want %v", c.Step, again.Loss, end.Loss)
		}
		if got, want := of[event.Step](rest.events), of[event.Step](whole.events)[c.Step:]; !reflect.DeepEqual(got, want) {
			t.Errorf("resumed at step %d: steps differ", c.Step)
		}
	}
	if !midRamp {
		t.Error("no checkpoint lay inside a ramp")
	}
}

// TestResumeAfterEnd: a run that is done says so again and measures nothing anew.
func TestResumeAfterEnd(t *testing.T) {
	var whole, again memory
	end := finishRun(t, recipe(t), &whole, nil)
	got := finishRun(t, recipe(t), &again, &whole.saved[len(whole.saved)-1])
	if got.Loss != end.Loss || len(again.events) != 2 {
		t.Errorf("ended with loss %v, want %v; %d events, want start and ended", got.Loss, end.Loss, len(again.events))
	}
}

// TestSeed: another seed is another run, the same seed the same.
func TestSeed(t *testing.T) {
	var a, b, c memory
	x, y := finishRun(t, recipe(t), &a, nil), finishRun(t, recipe(t), &b, nil)
	z := finishRun(t, recipe(t, "train.seed=2"), &c, nil)
	if x.Loss != y.Loss || x.Loss == z.Loss {
		t.Errorf("losses %v and %v with seed 1, %v with seed 2", x.Loss, y.Loss, z.Loss)
	}
}

// TestMicroBatch: cutting a batch differently changes rounding only.
func TestMicroBatch(t *testing.T) {
	var a, b memory
	x := finishRun(t, recipe(t), &a, nil)
	y := finishRun(t, recipe(t, "train.micro_batch=3"), &b, nil)
	if math.Abs(x.Loss-y.Loss) > 1e-6 {
		t.Errorf("loss %v in micro-batches of 2, %v in those of 3", x.Loss, y.Loss)
	}
}

// TestStackJumps: the baseline does not preserve, and has no ramp.
func TestStackJumps(t *testing.T) {
	var m memory
	finishRun(t, recipe(t, "stage.2.operator=stack", "stage.3.operator=stack", "model.init_std=0.5"), &m, nil)
	for _, g := range of[event.Grew](m.events) {
		if g.Preserves || g.RampTokens != 0 || g.MaxLogitDiff < 1e-3 {
			t.Errorf("stack: %+v", g)
		}
	}
	for _, s := range of[event.Step](m.events) {
		if s.Mask != 1 {
			t.Fatalf("step %d ran at mask %v", s.Step, s.Mask)
		}
	}
}

// TestCommands drives a run from its own events: pause, a refused command, resume, sample, stop; then resumes it.
func TestCommands(t *testing.T) {
	requests := make(chan control.Request, 8)
	var refused error
	send := func(c control.Command) {
		requests <- control.NewRequest(c, func(err error) { refused = errors.Join(refused, err) })
	}
	m := &memory{}
	m.hook = func(e event.Event) {
		switch x := e.(type) {
		case event.Step:
			switch x.Step {
			case 3:
				send(control.Command{Verb: control.Pause})
			case 6:
				send(control.Command{Verb: control.Stop})
			}
		case event.Paused:
			send(control.Command{Verb: control.Pause})
			send(control.Command{Verb: control.Sample, Prompt: "fox", Tokens: 3})
			send(control.Command{Verb: control.Resume})
		}
	}
	end, err := start(t, recipe(t), m, nil, requests).Run(t.Context())
	if err != nil || end.State != "stopped" || end.Step != 6 {
		t.Fatalf("ended %+v: %v; want stopped at step 6", end, err)
	}
	if refused == nil || !strings.Contains(refused.Error(), "paused already, at step 3") {
		t.Errorf("second pause: %v", refused)
	}
	if s := of[event.Sampled](m.events); len(s) != 1 || s[0].Prompt != "fox" || s[0].Step != 3 {
		t.Errorf("samples %+v", s)
	}
	if n := len(of[event.Resumed](m.events)); n != 1 {
		t.Errorf("resumed %d times", n)
	}
	var whole, rest memory
	want := finishRun(t, recipe(t), &whole, nil)
	if got := finishRun(t, recipe(t), &rest, &m.saved[len(m.saved)-1]); got.Loss != want.Loss {
		t.Errorf("after pause and stop: final loss %v, want %v", got.Loss, want.Loss)
	}
}

// TestCancelled: a cancelled context ends the run with a checkpoint.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := &memory{}
	m.hook = func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step == 5 {
			cancel()
		}
	}
	end, err := start(t, recipe(t), m, nil, nil).Run(ctx)
	if err != nil || end.State != "stopped" || len(m.saved) == 0 || m.saved[len(m.saved)-1].Step != 5 {
		t.Errorf("ended %+v: %v with %d checkpoints", end, err, len(m.saved))
	}
}

// TestFullDisk: a save that fails pauses the run with the reason; when there is room again it goes on.
func TestFullDisk(t *testing.T) { synctest.Test(t, fullDisk) }

func fullDisk(t *testing.T) {
	failures := 3
	m := &memory{saveErr: func() error {
		if failures--; failures >= 0 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	finishRun(t, recipe(t), m, nil)
	p := of[event.Paused](m.events)
	if len(p) != 1 || p[0].Reason != "the disk is full" || len(of[event.Resumed](m.events)) != 1 {
		t.Errorf("paused %+v, resumed %d times", p, len(of[event.Resumed](m.events)))
	}
}

// TestDiverged: a loss that is not finite ends the run with the sentinel and leaves the checkpoints.
func TestDiverged(t *testing.T) {
	m := &memory{}
	tr := start(t, recipe(t), m, nil, nil)
	m.hook = func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step == 4 {
			computetest.Data(tr.net.Params())[0] = math.NaN()
		}
	}
	end, err := tr.Run(t.Context())
	if !errors.Is(err, ErrDiverged) || end.State != "failed" || end.Error == "" {
		t.Errorf("ended %+v: %v", end, err)
	}
	if len(m.saved) == 0 || m.saved[len(m.saved)-1].Step > 4 {
		t.Errorf("%d checkpoints", len(m.saved))
	}
}

// TestRanAway: a loss that is finite but beyond hope is a divergence too.
func TestRanAway(t *testing.T) {
	m := &memory{}
	tr := start(t, recipe(t), m, nil, nil)
	m.hook = func(e event.Event) {
		if s, ok := e.(event.Step); ok && s.Step == 4 {
			for i := range computetest.Data(tr.net.Params()) {
				computetest.Data(tr.net.Params())[i] *= 1000
			}
		}
	}
	if _, err := tr.Run(t.Context()); !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "at step 5") {
		t.Errorf("error %v, want ErrDiverged at step 5", err)
	}
}

// TestCheckpointMustFit: a checkpoint of another recipe is refused.
func TestCheckpointMustFit(t *testing.T) {
	var m memory
	finishRun(t, recipe(t), &m, nil)
	c := m.saved[len(m.saved)-2]
	other := recipe(t, "stage.1.tokens=640")
	if _, err := New(Options{Recipe: other, Device: newDevice(), Data: text(t), Sink: &m, Resume: &c}); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("error %v, want ErrCheckpoint", err)
	}
	var copied Checkpoint
	copied.Stage = c.Stage
	kept := map[string][]float32{}
	c.Each(func(name string, data []float32) { kept[name] = data })
	if err := copied.Fill(recipe(t), func(name string) []float32 { return kept[name] }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(copied.Params, c.Params) || !reflect.DeepEqual(copied.V, c.V) {
		t.Error("Fill does not give back what Each gave")
	}
	if err := copied.Fill(other, func(string) []float32 { return nil }); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("missing tensors: %v, want ErrCheckpoint", err)
	}
}

// TestGenerate: greedy text of a network that always says the same, within its context.
func TestGenerate(t *testing.T) {
	var m memory
	finishRun(t, recipe(t), &m, nil)
	c := m.saved[len(m.saved)-1]
	net, err := Open(newDevice(), recipe(t), c)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Free()
	a := Generate(net, Sampling{Prompt: "The quick brown", Tokens: 20}, nil)
	b := Generate(net, Sampling{Prompt: "The quick brown", Tokens: 20, Seed: 9}, nil)
	if a != b || len(a) < 20 {
		t.Errorf("greedy text %q and %q", a, b)
	}
	hot := Generate(net, Sampling{Prompt: "", Tokens: 20, Temperature: 2, Seed: 1}, nil)
	if same := Generate(net, Sampling{Prompt: "", Tokens: 20, Temperature: 2, Seed: 1}, nil); hot != same {
		t.Errorf("one seed, two texts: %q and %q", hot, same)
	}
	n := 0
	Generate(net, Sampling{Tokens: 20}, func(byte) bool { n++; return n < 5 })
	if n != 5 {
		t.Errorf("stopped after %d bytes, want 5", n)
	}
}

// TestMaskedCheckpointOpens: Open sets the masks of a checkpoint inside a ramp.
func TestMaskedCheckpointOpens(t *testing.T) {
	var m memory
	finishRun(t, recipe(t), &m, nil)
	var found bool
	for _, c := range m.saved {
		mask := recipe(t).At(c.Tokens).Mask
		if mask == 0 || mask == 1 {
			continue
		}
		found = true
		net, err := Open(newDevice(), recipe(t), c)
		if err != nil {
			t.Fatal(err)
		}
		b := newBatch(1, 8)
		masked := net.Loss(b)
		net.SetMasks(shape.Masks{})
		if net.Loss(b) == masked {
			t.Errorf("step %d, m = %v: the masks change nothing", c.Step, mask)
		}
		net.Free()
	}
	if !found {
		t.Fatal("no checkpoint inside a ramp")
	}
}

// TestPrompts: each of the recipe's prompts is gone on from at the same steps.
func TestPrompts(t *testing.T) {
	var m memory
	finishRun(t, recipe(t, "sample.every=320", `sample.prompts=["The quick", "jumps"]`), &m, nil)
	got := map[int64][]string{}
	for _, s := range of[event.Sampled](m.events) {
		got[s.Step] = append(got[s.Step], s.Prompt)
	}
	if len(got) < 2 {
		t.Fatalf("samples at %d steps, want several", len(got))
	}
	for step, prompts := range got {
		if want := []string{"And ", "The quick", "jumps"}; !reflect.DeepEqual(prompts, want) {
			t.Errorf("step %d: prompts %q, want %q", step, prompts, want)
		}
	}
}
