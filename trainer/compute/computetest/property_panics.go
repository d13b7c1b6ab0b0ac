package computetest

import (
	"slices"
	"testing"

	"growlab/trainer/compute"
)

// panics: every operation refuses an argument that is one element short.
func panics(t *testing.T, open func(t testing.TB) compute.Device) {
	dev := opened(t, open)
	for _, o := range operations() {
		k := smallest(o.trials())
		for _, a := range k.args {
			if a.loose || a.returned || a == k.weight { // Weight checks its own, below
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
