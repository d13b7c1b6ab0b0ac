package profile_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/compute/cpu"
	"growlab/trainer/compute/profile"
	"growlab/trainer/model"
	"growlab/trainer/optim"
)

var small = shape.Config{
	Vocab: 11, Context: 6, Layers: 2, Heads: 2, HeadDim: 4, Hidden: 8, FFN: 16,
	Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.Learned, Bias: true, Tied: true, OutputMult: 1,
}

const seqs = 3

// step trains small on dev for a step, and returns the loss, the gradient's norm and a parameter after it.
func step(t *testing.T, dev compute.Device, between func()) (loss, norm float64, after []float32) {
	t.Helper()
	net, err := model.New(dev, small, seqs)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Free()
	adam, err := optim.New(dev, net.Layout, optim.Settings{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Clip: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer adam.Free()
	tree := shape.NewTree(small)
	for _, x := range small.Tensors() {
		for i := range tree.Data[x.Name] {
			tree.Data[x.Name][i] = float32(math.Sin(float64(7*i + len(x.Name))))
		}
	}
	net.Load(tree)
	b := compute.Batch{Seqs: seqs, T: small.Context, Inputs: make([]int32, seqs*small.Context), Targets: make([]int32, seqs*small.Context)}
	for i := range b.Inputs {
		b.Inputs[i], b.Targets[i] = int32(i%small.Vocab), int32((i*5+1)%small.Vocab)
	}
	if between != nil {
		between()
	}
	net.ZeroGrads()
	loss = net.Grad(b, 1/float64(len(b.Inputs)))
	norm = adam.Update(net, 1e-3, shape.Masks{})
	if err := dev.Sync(); err != nil {
		t.Fatal(err)
	}
	after = make([]float32, net.Params().N)
	dev.Download(after, net.Params())
	return loss, norm, after
}

func openCPU(t *testing.T) compute.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 2, Precision: "fp32"})
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

// TestNothingChanges: a wrapped device computes what the bare one does, bit for bit.
func TestNothingChanges(t *testing.T) {
	dev := openCPU(t)
	wrapped, _ := profile.Wrap(dev)
	loss, norm, after := step(t, dev, nil)
	loss2, norm2, after2 := step(t, wrapped, nil)
	if loss != loss2 || norm != norm2 || !slices.Equal(after, after2) {
		t.Errorf("bare: loss %v, norm %v; wrapped: %v, %v; parameters equal: %v", loss, norm, loss2, norm2, slices.Equal(after, after2))
	}
	if wrapped.Name() != dev.Name() || wrapped.Precision() != dev.Precision() {
		t.Errorf("wrapped is %s in %s, want %s in %s", wrapped.Name(), wrapped.Precision(), dev.Name(), dev.Precision())
	}
}

// TestEveryOperationIsBooked: a training step calls each operation of the contract, and each has its row, so that one that is
// added to the contract and not to the profile is noticed here.
func TestEveryOperationIsBooked(t *testing.T) {
	dev, p := profile.Wrap(computetest.NewReference())
	step(t, dev, nil)
	combine(t, dev)
	booked := map[string]int64{}
	for _, r := range p.Rows() {
		booked[r.Operation] = r.Calls
	}
	for _, of := range []struct {
		what   reflect.Type
		others []string // that take no time of a step
	}{
		{reflect.TypeFor[compute.Lane](), []string{"Index", "First", "Seqs", "T"}},
		{reflect.TypeFor[compute.Device](), []string{"Name", "Precision", "Alloc", "AllocOperand", "Total", "Weight", "Lanes", "Run", "Close"}},
	} {
		for m := range of.what.NumMethod() {
			name := of.what.Method(m).Name
			want := name
			if slices.Contains([]string{"WeightGrad", "SumRows", "EmbedGrad"}, name) {
				want = profile.Gradients
			}
			if !slices.Contains(of.others, name) && booked[want] == 0 {
				t.Errorf("%v.%s is not booked; there are %v", of.what, name, booked)
			}
		}
	}
	if booked[profile.Waiting] == 0 {
		t.Errorf("nothing is booked as %s: %v", profile.Waiting, booked)
	}
}

// combine calls the one operation that only the growth of whole layers needs.
func combine(t *testing.T, dev compute.Device) {
	t.Helper()
	buf, err := dev.Alloc(3)
	if err != nil {
		t.Fatal(err)
	}
	defer buf.Free()
	m := compute.Matrix(compute.All(buf), 3)
	dev.Run(compute.Batch{Seqs: 1, T: 1, Inputs: []int32{0}}, func(l compute.Lane) { l.Combine(m, compute.Mat{}, 1, m, 1, m) })
}

// TestWork: the calls and the floating point operations of a step are those that the shape implies.
func TestWork(t *testing.T) {
	dev, p := profile.Wrap(computetest.NewReference())
	step(t, dev, p.Reset) // without what prepares the step
	var weights, classifier, rows float64
	for _, x := range small.Tensors() {
		if x.Role == shape.Reader || x.Role == shape.Writer || x.Kind == shape.KindEmbed {
			weights += float64(x.Len())
		}
		if x.Kind == shape.KindEmbed { // tied
			classifier = float64(x.Len())
		}
	}
	rows = seqs * float64(small.Context)
	pairs := rows * float64(small.Context*small.Inner()*small.Layers)
	want := map[string]struct {
		calls int64
		flops float64
	}{
		"Embed": {seqs, 0}, "Norm": {seqs * 5, 0}, "NormGrad": {seqs * 5, 0}, "Classify": {seqs, 2 * classifier * rows},
		"Linear": {seqs * 8, 2 * (weights - classifier) * rows}, "LinearGrad": {seqs * 9, 2 * weights * rows},
		"Attention": {seqs * 2, 4 * pairs}, "AttentionGrad": {seqs * 2, 8 * pairs},
		profile.Gradients: {9 + 10 + 1, 2 * weights * rows},
		"AdamW":           {1, 0}, "SumSquares": {1, 0}, "Refresh": {1, 0}, "Zero": {1, 0},
	}
	perLane := map[string]bool{"Embed": true, "Norm": true, "NormGrad": true, "Classify": true, "Linear": true, "LinearGrad": true, "Attention": true, "AttentionGrad": true}
	_, per := dev.Lanes(seqs)
	for _, r := range p.Rows() {
		w, ok := want[r.Operation]
		if !ok {
			continue
		}
		if perLane[r.Operation] {
			w.calls /= int64(per)
		}
		if r.Calls != w.calls || math.Abs(r.FLOPs-w.flops) > 1e-9*w.flops {
			t.Errorf("%s: %d calls, %.0f FLOP, want %d, %.0f", r.Operation, r.Calls, r.FLOPs, w.calls, w.flops)
		}
		delete(want, r.Operation)
	}
	if len(want) > 0 {
		t.Errorf("not booked: %v", want)
	}
}

// TestTimeAddsUp: no time is booked twice: all rows together are no more than the threads had.
func TestTimeAddsUp(t *testing.T) {
	dev, p := profile.Wrap(openCPU(t))
	begin := time.Now()
	step(t, dev, nil)
	passed := time.Since(begin)
	total := profile.Total(p.Rows())
	if total <= 0 || total > 2*passed {
		t.Errorf("%v of thread time are booked while 2 threads had %v", total, 2*passed)
	}
	for _, r := range p.Rows() {
		if r.Time < 0 {
			t.Errorf("%s took %v", r.Operation, r.Time)
		}
	}
	if p.Reset(); len(p.Rows()) > 0 {
		t.Errorf("after Reset there are %v", p.Rows())
	}
}

// TestThreads: a wrapped device has threads if the bare one has.
func TestThreads(t *testing.T) {
	dev := openCPU(t)
	wrapped, _ := profile.Wrap(dev)
	w, ok := wrapped.(compute.Threaded)
	if !ok {
		t.Fatal("the wrapped CPU engine has no threads")
	}
	w.SetThreads(1)
	if now, most := dev.(compute.Threaded).Threads(); now != 1 || most != 2 {
		t.Errorf("after SetThreads(1) the engine has %d of %d", now, most)
	}
	if now, most := w.Threads(); now != 1 || most != 2 {
		t.Errorf("after SetThreads(1) the wrapped engine says %d of %d", now, most)
	}
	other, _ := profile.Wrap(computetest.NewReference())
	if _, ok := other.(compute.Threaded); ok {
		t.Error("the reference has no threads, wrapped it says it has")
	}
}

// TestSerial: a wrapped device finishes rows by rows if the bare one does, to the same numbers, and all of a piece's operations are booked,
// the parameter gradients inside Run too, none twice.
func TestSerial(t *testing.T) {
	dev := &computetest.Reference{Per: seqs}
	wrapped, p := profile.Wrap(dev)
	if _, ok := wrapped.(compute.Serial); !ok {
		t.Fatal("the reference finishes rows by rows, wrapped it does not say so")
	}
	if other, _ := profile.Wrap(openCPU(t)); isSerial(other) {
		t.Error("the CPU engine has several lanes, wrapped it says it has one")
	}
	loss, norm, after := step(t, dev, nil)
	begin := time.Now()
	loss2, norm2, after2 := step(t, wrapped, p.Reset)
	passed := time.Since(begin)
	if loss != loss2 || norm != norm2 || !slices.Equal(after, after2) {
		t.Errorf("bare: loss %v, norm %v; wrapped: %v, %v; parameters equal: %v", loss, norm, loss2, norm2, slices.Equal(after, after2))
	}
	calls := map[string]int64{}
	for _, r := range p.Rows() {
		calls[r.Operation] = r.Calls
		if r.Time < 0 {
			t.Errorf("%s took %v", r.Operation, r.Time)
		}
	}
	if calls["Classify"] != 1 || calls[profile.Gradients] != 9+10+1 {
		t.Errorf("%d classifiers and %d gradients are booked, want 1 and 20", calls["Classify"], calls[profile.Gradients])
	}
	if total := profile.Total(p.Rows()); total > passed {
		t.Errorf("%v are booked of %v", total, passed)
	}
}

func isSerial(dev compute.Device) bool {
	_, ok := dev.(compute.Serial)
	return ok
}
