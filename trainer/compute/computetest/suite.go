package computetest

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"growlab/trainer/compute"
)

// check is a row of the suite: the methods it tests, and how.
type check struct {
	name    string
	methods string // of Device and Lane
	run     func(t *testing.T, open func(t testing.TB) compute.Device)
}

// checks has at least one row for every method of Device and Lane.
func checks() []check {
	rows := []check{
		{"Memory", "Name Precision Alloc AllocOperand Upload Download Zero Sync Close", memory},
		{"Lanes", "Lanes Run Index First Seqs T", groups},
		{"Refresh", "Weight Refresh", refresh},
		{"Rounding", "", rounding},
	}
	for _, o := range operations() {
		rows = append(rows, check{o.name, o.methods, func(t *testing.T, open func(t testing.TB) compute.Device) {
			compareAll(t, opened(t, open), o.trials())
		}})
	}
	return append(rows,
		check{"Masks", "Norm NormGrad Linear LinearGrad Attention AttentionGrad", masks},
		check{"Neighbours", "", neighbours},
		check{"Causal", "Attention", causal},
		check{"Panics", "", panics},
	)
}

// Run checks the engine that open gives: every operation against Reference, within tolerances that follow from the
// number of roundings; every argument fenced by guards; masks that change nothing, bit for bit; sequences that do not
// see their neighbours; panics on wrong lengths. It closes what it opens.
func Run(t *testing.T, open func(t testing.TB) compute.Device) {
	covered := map[string]bool{}
	for _, c := range checks() {
		for m := range strings.FieldsSeq(c.methods) {
			covered[m] = true
		}
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[compute.Device](), reflect.TypeFor[compute.Lane]()} {
		for m := range typ.Methods() {
			if !covered[m.Name] {
				t.Errorf("%v.%s has no row in the suite", typ, m.Name)
			}
		}
	}
}

// RunDeterminism checks that an engine's results are the same bits whatever the number of threads, and the same again
// when asked again. It closes what it opens.
func RunDeterminism(t *testing.T, open func(threads int) compute.Device) {
	threads := []int{1, 2, 3, 4, 8}
	devs := make([]compute.Device, len(threads))
	for i, n := range threads {
		devs[i] = opened(t, func(testing.TB) compute.Device { return open(n) })
	}
	for _, o := range append(operations(), operation{"Wide", "", func() []*trial { return wide(16) }}) {
		t.Run(o.name, func(t *testing.T) {
			for _, k := range o.trials() {
				want := mustRun(t, k, devs[0])
				for i, n := range threads { // 1 once more, too
					differs(t, k, fmt.Sprintf("threads %d after 1", n), mustRun(t, k, devs[i]), want)
				}
			}
		})
	}
}

// opened opens a device for the length of a test.
func opened(t testing.TB, open func(t testing.TB) compute.Device) compute.Device {
	t.Helper()
	dev := open(t)
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return dev
}

// compareAll checks trials, and gives up after a few failures.
func compareAll(t *testing.T, dev compute.Device, trials []*trial) {
	for failed, i := 0, 0; i < len(trials) && failed < 5; i++ {
		if err := trials[i].check(dev); err != nil {
			t.Errorf("%s: %v", trials[i].name, err)
			failed++
		}
	}
}

func mustRun(t testing.TB, k *trial, dev compute.Device) results {
	t.Helper()
	res, err := k.run(dev)
	if err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	return res
}

// differs reports the first element of the outputs of k that is not the same bits in got and want, or not a number.
func differs(t testing.TB, k *trial, what string, got, want results) {
	t.Helper()
	for _, a := range k.args {
		for i := range want[a] {
			if !same(got[a][i], want[a][i]) || math.IsNaN(got[a][i]) {
				t.Errorf("%s: %s: %s: got %.9g, want the same bits as %.9g", k.name, what, a.element(i), got[a][i], want[a][i])
				return
			}
		}
	}
}
