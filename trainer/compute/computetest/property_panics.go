package computetest

import (
	"slices"
	"testing"

	"growlab/trainer/compute"
)

// panics: every operation refuses an argument that is one element short, or lies in memory of the wrong kind.
func panics(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, o := range operations() {
		k := smallest(o.trials())
		for _, a := range k.args {
			if a.returned || a == k.weight { // Weight checks its own, below
				continue
			}
			if !a.loose && !k.panics(t, dev, func(e *env) { e.views[a] = e.views[a].At(0, len(a.data)-1) }) {
				t.Errorf("%s: %s: no panic although %s is one element short", o.name, k.name, a.name)
			}
			if a.either || dev.Precision() == compute.FP32 { // where there is only one kind
				continue
			}
			a.operand = !a.operand
			if !k.panics(t, dev, func(*env) {}) {
				t.Errorf("%s: %s: no panic although %s lies in memory of the wrong kind (operand: %v)", o.name, k.name, a.name, a.operand)
			}
			a.operand = !a.operand
		}
	}
	for name, f := range map[string]func(v compute.Vec){
		"Upload":   func(v compute.Vec) { dev.Upload(v, make([]float32, v.N+1)) },
		"Download": func(v compute.Vec) { dev.Download(make([]float32, v.N+1), v) },
		"Weight":   func(v compute.Vec) { dev.Weight(v, 1, v.N+1) },
	} {
		for _, alloc := range []func(int) (compute.Buffer, error){dev.Alloc, dev.AllocOperand} {
			buf := room(t, alloc, 3)
			if !panicked(func() { f(compute.All(buf)) }) {
				t.Errorf("%s: no panic although the lengths differ by one", name)
			}
			buf.Free()
		}
	}
	if dev.Precision() == compute.BF16 {
		buf := room(t, dev.AllocOperand, 3)
		if !panicked(func() { dev.Weight(compute.All(buf), 1, 3) }) {
			t.Error("Weight: no panic although the matrix lies in operand memory")
		}
		buf.Free()
	}
}

// room is memory for n numbers.
func room(t testing.TB, alloc func(int) (compute.Buffer, error), n int) compute.Buffer {
	t.Helper()
	buf, err := alloc(n)
	if err != nil {
		t.Fatalf("alloc of %d: %v", n, err)
	}
	return buf
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

// panics reports whether the operation panics when its arguments are laid out, and spoilt.
func (k *trial) panics(t testing.TB, dev compute.Device, spoil func(e *env)) (did bool) {
	t.Helper()
	e, err := k.lay(dev, k.place(dev.Precision()))
	if err != nil {
		t.Fatal(err)
	}
	defer e.free()
	spoil(e)
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
