package trainer

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"growlab/growth"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/model"
)

// withTeacher is the text, and propositions that a network can learn from their first letter: those in capitals are right.
func withTeacher(t *testing.T) *data.Set {
	t.Helper()
	var b strings.Builder
	for i := range 26 * 2 {
		right := i%2 == 0
		word := fmt.Sprintf("%c%c", 'a'+i/2, 'a'+(7*i)%26)
		if right {
			word = strings.ToUpper(word)
		}
		fmt.Fprintf(&b, "{\"text\": %q, \"label\": %v}\n", word, right)
	}
	teacher, err := data.NewTeacher("letters", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return text(t).WithTeacher(teacher)
}

func taught(t *testing.T, r growth.Recipe, m *memory, resume *Checkpoint) event.Ended {
	t.Helper()
	tr, err := New(Options{Recipe: r, Device: newDevice(), Data: withTeacher(t), Sink: m, Resume: resume})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	end, err := tr.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return end
}

var teaching = []string{"teacher.file=letters", "teacher.share=0.4", "train.batch=64", "stage.1.tokens=640", "stage.2.ramp=128", "train.lr=3e-2"}

// TestTeacher: a run learns to judge while it grows, says how well, and resumes to the same numbers.
func TestTeacher(t *testing.T) {
	r := recipe(t, append(teaching, "sample.tokens=30")...)
	var whole memory
	end := taught(t, r, &whole, nil)
	evals := of[event.Eval](whole.events)
	for _, e := range evals {
		if e.Labels != 5 { // a tenth of 52
			t.Errorf("%d propositions judged, want 5", e.Labels)
		}
	}
	if last := evals[len(evals)-1]; last.LabelAccuracy < 0.8 {
		t.Errorf("in the end it judges %v of the propositions rightly", last.LabelAccuracy)
	}
	for _, g := range of[event.Grew](whole.events) {
		if g.MaxLogitDiff > 1e-6 {
			t.Errorf("growth moved logits by %g", g.MaxLogitDiff)
		}
	}
	for _, c := range whole.saved {
		if c.Reason == "end" {
			continue
		}
		var rest memory
		if again := taught(t, r, &rest, &c); again.Loss != end.Loss {
			t.Errorf("resumed at step %d: final loss %v, want %v", c.Step, again.Loss, end.Loss)
		}
		if got, want := of[event.Step](rest.events), of[event.Step](whole.events)[c.Step:]; !reflect.DeepEqual(got, want) {
			t.Errorf("resumed at step %d: steps differ", c.Step)
		}
		got := of[event.Eval](rest.events)
		if !reflect.DeepEqual(got, evals[len(evals)-len(got):]) {
			t.Errorf("resumed at step %d: evaluations differ", c.Step)
		}
	}
}

// TestTeacherOnRanks: three ranks, of which some have only lessons or only texts of a batch, train the run of one.
func TestTeacherOnRanks(t *testing.T) {
	r := recipe(t, append(teaching, "stage.1.tokens=320", "stage.2.tokens=256", "stage.3.tokens=192", "train.batch=32", "sample.tokens=0")...)
	var alone memory
	taught(t, r, &alone, nil)
	p := together(t, r, 3, func(_ int, o *Options) context.Context {
		o.Data = withTeacher(t)
		return t.Context()
	})
	p.mustEnd(t, "done")
	sameCurve(t, "three ranks", p.sinks[0].events, alone.events)
	got, want := of[event.Eval](p.sinks[0].events), of[event.Eval](alone.events)
	for i, e := range got {
		if e.Labels != want[i].Labels || math.Abs(e.Loss-want[i].Loss) > 1e-6 {
			t.Errorf("evaluation %d: %+v, want %+v", i, e, want[i])
		}
	}
}

// TestGradientOfABatch: the gradient of a step is that of (1-share) of the mean loss of a byte and share of the mean loss of a
// label, however the batch is cut into micro-batches.
func TestGradientOfABatch(t *testing.T) {
	for _, micro := range []string{"0", "1", "3"} {
		r := recipe(t, append(teaching, "train.micro_batch="+micro)...)
		tr, err := New(Options{Recipe: r, Device: computetest.NewReference(), Data: withTeacher(t), Sink: &memory{}})
		if err != nil {
			t.Fatal(err)
		}
		tr.tokens = 3 * 64
		pos := r.At(tr.tokens)
		if err := tr.step(pos); err != nil { // the gradients stay
			t.Fatal(err)
		}
		got := append([]float64(nil), computetest.Data(tr.net.Grads())...)

		net, err := model.New(computetest.NewReference(), r.Config(0), 8)
		if err != nil {
			t.Fatal(err)
		}
		net.Load(r.Init(0))
		from, end := int64(24), int64(32) // sequences of the run
		a, b := int64(9), int64(12)       // lessons before them
		texts, lessons := newBatch(int(end-from-(b-a)), 8), newBatch(int(b-a), 8)
		tr.Data.Order(r.Train.Seed).Fill(from-a, texts.Seqs, 8, texts.Inputs, texts.Targets)
		labels := tr.Data.Teacher.Lessons(r.Train.Seed).Fill(a, lessons.Seqs, 8, lessons.Inputs, lessons.Targets)
		net.Grad(texts, 5.0/8/float64(5*8))
		net.Grad(lessons, 3.0/8/float64(labels))
		for i, want := range computetest.Data(net.Grads()) {
			if math.Abs(got[i]-want) > 1e-12 {
				t.Fatalf("micro-batches of %s: gradient %d is %v, want %v", micro, i, got[i], want)
			}
		}
		net.Free()
		tr.Close()
	}
}

// TestLabelsAreNoText: a network that wants to say nothing but labels still writes bytes.
func TestLabelsAreNoText(t *testing.T) {
	r := recipe(t, teaching...)
	net, err := model.New(newDevice(), r.Config(0), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Free()
	w := r.Init(0)
	for i := range w.Data["embed"] {
		w.Data["embed"][i] = 0.01
		if i >= 256*8 {
			w.Data["embed"][i] = 5
		}
	}
	for i := range w.Data["final.bias"] {
		w.Data["final.bias"][i] = 1
	}
	net.Load(w)
	if text := Generate(net, Sampling{Prompt: "a", Tokens: 20, Temperature: 0}, nil); text != strings.Repeat("\x00", 20) {
		t.Errorf("it writes %q; all bytes are equally likely, so the first should be taken", text)
	}
}

func TestAnswered(t *testing.T) {
	b := compute.Batch{Targets: []int32{data.NoTarget, data.Right, data.Wrong, data.Right}}
	logits := make([]float32, 4*258)
	for row, gap := range []float32{1, 1, 1, 2} { // how much likelier Right is
		logits[row*258] = 9 // a byte is likelier than either
		logits[row*258+data.Right] = gap
	}
	if n := answered(b, logits); n != 2 {
		t.Errorf("%d answers are right, want 2", n)
	}
}

func TestTeacherMustBeThere(t *testing.T) {
	for name, o := range map[string]Options{
		"asked for": {Recipe: recipe(t, teaching...), Data: text(t)},
		"not asked": {Recipe: recipe(t), Data: withTeacher(t)},
	} {
		o.Device, o.Sink = newDevice(), &memory{}
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "teacher.file is") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
