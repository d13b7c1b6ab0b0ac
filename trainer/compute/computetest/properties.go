package computetest

import (
	"slices"
	"sync"
	"testing"

	"growlab/trainer/compute"
)

// memory: new memory is zero, what goes up comes down, views keep apart, Zero clears no more than its view.
func memory(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	if dev.Name() == "" {
		t.Error("the device has no name")
	}
	buf, err := dev.Alloc(100)
	if err != nil {
		t.Fatalf("alloc of 100: %v", err)
	}
	defer buf.Free()
	if buf.Len() != 100 {
		t.Errorf("alloc of 100: length %d", buf.Len())
	}
	want := make([]float32, 100)
	holds := func(when string) {
		t.Helper()
		got := make([]float32, 100)
		dev.Download(got, compute.All(buf))
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}
	}
	holds("after alloc")

	for i := range want {
		want[i] = float32(i) + 1.0/3
	}
	dev.Upload(compute.All(buf), want)
	holds("after upload")

	view := compute.All(buf).At(10, 17)
	dev.Upload(view.At(3, 4), []float32{-1, -2, -3, -4})
	copy(want[13:], []float32{-1, -2, -3, -4})
	holds("after upload to a view of a view")

	part := make([]float32, 5)
	dev.Download(part, compute.All(buf).At(12, 5))
	if !slices.Equal(part, want[12:17]) {
		t.Errorf("download of elements 12 to 17: got %v, want %v", part, want[12:17])
	}

	dev.Zero(view)
	clear(want[10:27])
	holds("after zero of elements 10 to 27")

	none, err := dev.Alloc(0)
	if err != nil {
		t.Fatalf("alloc of 0: %v", err)
	}
	none.Free()
	if err := dev.Sync(); err != nil {
		t.Errorf("sync: %v", err)
	}
}

// groups: Run cuts a batch as Lanes says, each sequence in one lane, and no two lanes with one index at once.
func groups(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, seqs := range []int{1, 2, 3, 5, 16} {
		const positions = 4
		count, per := dev.Lanes(seqs)
		if count < 1 || per < 1 {
			t.Fatalf("%d sequences: %d lanes of %d", seqs, count, per)
		}
		var mu sync.Mutex
		seen, busy := make([]int, seqs), make([]bool, count)
		dev.Run(compute.Batch{Seqs: seqs, T: positions, Inputs: make([]int32, seqs*positions)}, func(l compute.Lane) {
			mu.Lock()
			if l.T() != positions {
				t.Errorf("%d sequences: lane of %d positions, want %d", seqs, l.T(), positions)
			}
			if l.Seqs() < 1 || l.Seqs() > per {
				t.Errorf("%d sequences: lane of %d, want 1 to %d", seqs, l.Seqs(), per)
			}
			for s := l.First(); s < l.First()+l.Seqs(); s++ {
				seen[s]++
			}
			if busy[l.Index()] {
				t.Errorf("%d sequences: two lanes of index %d at once", seqs, l.Index())
			}
			busy[l.Index()] = true
			mu.Unlock()

			mu.Lock()
			busy[l.Index()] = false
			mu.Unlock()
		})
		for s, n := range seen {
			if n != 1 {
				t.Errorf("%d sequences: sequence %d ran %d times", seqs, s, n)
			}
		}
	}
}

// refresh: Linear and LinearGrad use the numbers as they were at the last Refresh, or the Weight call if none, for every
// live weight.
func refresh(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	const n = 5
	buf, err := dev.Alloc(4 * n * n)
	if err != nil {
		t.Fatal(err)
	}
	defer buf.Free()
	mat := func(i int) compute.Mat { return compute.Matrix(compute.All(buf).At(i*n*n, n*n), n) }
	x, y := mat(2), mat(3)
	one := make([]float32, n*n) // the identity
	for i := range n {
		one[i*n+i] = 1
	}
	dev.Upload(x.Vec, one)

	var weights [2]compute.Weight
	numbers := func(seed int) []float32 {
		w := make([]float32, n*n)
		for i := range w {
			w[i] = float32(seed*n*n + i)
		}
		return w
	}
	for i := range weights {
		dev.Upload(mat(i).Vec, numbers(i))
		weights[i] = dev.Weight(mat(i).Vec, n, n)
		if weights[i].Out() != n || weights[i].In() != n {
			t.Errorf("weight of (%d, %d) says (%d, %d)", n, n, weights[i].Out(), weights[i].In())
		}
	}
	uses := func(when string, i int, want []float32) {
		t.Helper()
		got := make([]float32, n*n)
		b := compute.Batch{Seqs: 1, T: n, Inputs: make([]int32, n)}
		dev.Run(b, func(l compute.Lane) { l.LinearGrad(y, x, weights[i], 1, compute.Epilogue{}) })
		dev.Download(got, y.Vec)
		if !slices.Equal(got, want) {
			t.Errorf("%s, LinearGrad by weight %d: got %v, want %v", when, i, got, want)
		}
		dev.Run(b, func(l compute.Lane) { l.Linear(y, x, weights[i], compute.Epilogue{}) })
		dev.Download(got, y.Vec)
		for r := range n {
			for c := range n {
				if got[r*n+c] != want[c*n+r] {
					t.Errorf("%s, Linear by weight %d at %d,%d: got %g, want %g", when, i, r, c, got[r*n+c], want[c*n+r])
				}
			}
		}
	}
	uses("after Weight", 0, numbers(0))
	uses("after Weight", 1, numbers(1))
	dev.Upload(mat(0).Vec, numbers(3))
	dev.Upload(mat(1).Vec, numbers(4))
	dev.Refresh()
	uses("after Refresh", 0, numbers(3))
	uses("after Refresh", 1, numbers(4))
	weights[0].Free()
	dev.Upload(mat(1).Vec, numbers(5))
	dev.Refresh()
	uses("after Refresh with the other weight freed", 1, numbers(5))
	weights[1].Free()
}

// masked are the operations that take a mask over n entries.
var masked = []struct {
	name  string
	n     int
	trial func(mask compute.Mask) *trial
}{
	{"Norm/layer", 37, func(m compute.Mask) *trial { return normTrial(1, 2, 3, 37, normSpec(false, m, 37)) }},
	{"Norm/rms", 37, func(m compute.Mask) *trial { return normTrial(2, 2, 3, 37, normSpec(true, m, 37)) }},
	{"NormGrad/layer", 37, func(m compute.Mask) *trial { return normGradTrial(3, 2, 3, 37, normSpec(false, m, 37), false) }},
	{"NormGrad/rms", 37, func(m compute.Mask) *trial { return normGradTrial(4, 2, 3, 37, normSpec(true, m, 37), false) }},
	{"Linear/none", 35, func(m compute.Mask) *trial { return linearTrial(5, maskedLinear(compute.None, m)) }},
	{"Linear/gelu", 35, func(m compute.Mask) *trial { return linearTrial(6, maskedLinear(compute.GELU, m)) }},
	{"Linear/swiglu", 35, func(m compute.Mask) *trial { return linearTrial(7, maskedLinear(compute.SwiGLU, m)) }},
	{"LinearGrad/gelu", 37, func(m compute.Mask) *trial { return linearGradTrial(8, maskedLinear(compute.GELU, m)) }},
	{"LinearGrad/swiglu", 37, func(m compute.Mask) *trial { return linearGradTrial(9, maskedLinear(compute.SwiGLU, m)) }},
	{"Attention", 5, func(m compute.Mask) *trial { return attentionTrial(10, 2, 7, maskedHeads(m)) }},
	{"AttentionGrad", 5, func(m compute.Mask) *trial { return attentionGradTrial(11, 2, 7, maskedHeads(m)) }},
}

func maskedLinear(act compute.Act, m compute.Mask) linearCase {
	return linearCase{seqs: 2, t: 3, in: 37, out: 35, act: act, mask: m, bias: true, gate: 1}
}

func maskedHeads(m compute.Mask) compute.AttentionSpec {
	return compute.AttentionSpec{Heads: 5, HeadDim: 8, Scale: 0.3, Mask: m, Rotary: compute.Rotary{Base: 10000, XPos: true, Center: 3}}
}

// masks: m = 1, or a mask that has nothing new, gives the bits of no mask; at m = 0 a norm gives exactly 0 on the new
// channels, and on the old ones bits that do not depend on the new.
func masks(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, o := range masked {
		t.Run(o.name, func(t *testing.T) {
			plain := o.trial(compute.Mask{})
			want := mustRun(t, plain, dev)
			for _, m := range []compute.Mask{{Old: 3, M: 1}, {Old: o.n, M: 0}, {Old: o.n + 5, M: 0.3}} {
				k := o.trial(m)
				got := mustRun(t, k, dev)
				byPlace := results{}
				for i, a := range k.args {
					byPlace[plain.args[i]] = got[a]
				}
				differs(t, plain, k.name, byPlace, want)
			}
		})
	}
	for _, rms := range []bool{false, true} {
		k := normTrial(12, 2, 3, 37, normSpec(rms, compute.Mask{Old: 20}, 37))
		x, y := k.args[0], k.args[slices.IndexFunc(k.args, func(a *arg) bool { return a.name == "y" })]
		want := mustRun(t, k, dev)
		for i, v := range want[y] {
			if i%37 >= 20 && v != 0 {
				t.Errorf("%s: y at new channel %d is %g, want 0", k.name, i%37, v)
			}
		}
		for i := range x.data {
			if i%37 >= 20 {
				x.data[i] *= -1e6
			}
		}
		differs(t, k, "other numbers on the new channels", mustRun(t, k, dev), want)
	}
}

// neighbours: what an operation gives for one sequence does not depend on the others of the batch.
func neighbours(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	const seqs, positions, own = 5, 6, 2
	trials := []*trial{
		embedTrial(1, seqs, positions, 9, 11, true),
		lossTrial(2, seqs, positions, 33, true, 1),
		normGradTrial(4, seqs, positions, 33, normSpec(false, compute.Mask{}, 33), false),
	}
	for _, o := range masked {
		trials = append(trials, o.trial(compute.Mask{Old: 3, M: 0.3}))
	}
	for _, k := range trials {
		own := k.batch.Seqs / 2
		want := mustRun(t, k, dev)
		k.disturb(own)
		got := mustRun(t, k, dev)
		for _, a := range k.args {
			if !a.perLane {
				got[a] = want[a]
				continue
			}
			each := len(want[a]) / k.batch.Seqs
			copy(got[a], want[a][:own*each])
			copy(got[a][min((own+1)*each, len(got[a])):], want[a][min((own+1)*each, len(want[a])):])
		}
		differs(t, k, "other numbers in the other sequences", got, want)
	}
}

// disturb changes all numbers and tokens of the sequences that are not own.
func (k *trial) disturb(own int) {
	for i := range k.batch.Inputs {
		if i/k.batch.T != own && k.vocab > 1 {
			k.batch.Inputs[i] = (k.batch.Inputs[i] + 1) % int32(k.vocab)
			k.batch.Targets[i] = (k.batch.Targets[i] + 1) % int32(k.vocab)
		}
	}
	for _, a := range k.args {
		if !a.perLane {
			continue
		}
		each := len(a.data) / k.batch.Seqs
		for i := range a.data {
			if i/each != own {
				a.data[i] *= -0.5
			}
		}
	}
}

// causal: a position's attention does not depend on later positions.
func causal(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	const positions, kept = 40, 23
	k := attentionTrial(1, 1, positions, maskedHeads(compute.Mask{}))
	want := mustRun(t, k, dev)
	qkv := k.args[0]
	for i := kept * qkv.cols; i < len(qkv.data); i++ {
		qkv.data[i] *= -3
	}
	got := mustRun(t, k, dev)
	for _, a := range k.args {
		copy(got[a][kept*a.cols:], want[a][kept*a.cols:])
	}
	differs(t, k, "other numbers at later positions", got, want)
}

// panics: every operation refuses an argument that is one element short.
func panics(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, o := range operations() {
		k := smallest(o.trials())
		for _, a := range k.args {
			if a.loose || a.returned {
				continue
			}
			if !k.panicsShort(t, dev, a) {
				t.Errorf("%s: %s: no panic although %s is one element short", o.name, k.name, a.name)
			}
		}
	}
	for name, f := range map[string]func(v compute.Vec){
		"Upload":   func(v compute.Vec) { dev.Upload(v, make([]float32, v.N+1)) },
		"Download": func(v compute.Vec) { dev.Download(make([]float32, v.N+1), v) },
		"Weight":   func(v compute.Vec) { dev.Weight(v, 1, v.N+1) },
	} {
		buf, err := dev.Alloc(3)
		if err != nil {
			t.Fatal(err)
		}
		if !panicked(func() { f(compute.All(buf)) }) {
			t.Errorf("%s: no panic although the lengths differ by one", name)
		}
		buf.Free()
	}
}

// smallest is, of the trials of one sequence whose arguments all have two elements or more, the one with the most
// arguments, and the fewest elements if there are several.
func smallest(trials []*trial) *trial {
	var best *trial
	args, elements := 0, 0
	for _, k := range trials {
		if k.batch.Seqs != 1 || slices.ContainsFunc(k.args, func(a *arg) bool { return len(a.data) < 2 }) {
			continue
		}
		n := 0
		for _, a := range k.args {
			n += len(a.data)
		}
		if len(k.args) > args || len(k.args) == args && n < elements {
			best, args, elements = k, len(k.args), n
		}
	}
	return best
}

// panicsShort reports whether the operation panics when a is one element short.
func (k *trial) panicsShort(t testing.TB, dev compute.Device, a *arg) bool {
	e, _, free, err := k.lay(dev, k.place())
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if a == k.weight {
		return true // Weight checked it
	}
	e.views[a] = e.views[a].At(0, len(a.data)-1)
	did := false
	if k.device != nil {
		return panicked(func() { k.device(e) })
	}
	e.Run(k.batch, func(l compute.Lane) { did = panicked(func() { k.lane(e, l) }) })
	return did
}

func panicked(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
