//go:build linux

package cuda

import (
	"errors"
	"reflect"
	"testing"

	"growlab/trainer/compute"
)

// TestGraphsChangeNothing: with graphs and launch by launch a training comes to the same bits, also while masks ramp, and graphs save
// most launches.
func TestGraphsChangeNothing(t *testing.T) {
	r := recipe(t, "stage.1.tokens=1152", "stage.2.tokens=1152", "stage.2.ramp=1152", "stage.2.layers=1", "eval.every=0", "eval.final_tokens=144")
	m := machine(t)
	d := on(t, m, Options{Untimed: true})
	got := alone(t, d, r)
	graphs, launches := m.Calls("cuGraphLaunch"), m.Calls("cuLaunchKernel")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	m.MustBeClean()

	m = machine(t)
	d = on(t, m, Options{Untimed: true, Stepwise: true})
	want := alone(t, d, r)
	if n := m.Calls("cuGraphLaunch"); n != 0 {
		t.Errorf("%d graphs were launched that were not wanted", n)
	}
	if n := m.Calls("cuLaunchKernel"); graphs == 0 || launches > n*2/3 {
		t.Errorf("%d launches of kernels with %d of graphs, %d without", launches, graphs, n)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	last := len(want.saved) - 1
	if !reflect.DeepEqual(got.saved[last].Params, want.saved[last].Params) || !reflect.DeepEqual(got.saved[last].V, want.saved[last].V) {
		t.Error("with graphs a training comes to other numbers")
	}
}

// TestGraphsAreForgotten: of very many kinds of batches few are kept.
func TestGraphsAreForgotten(t *testing.T) {
	m := machine(t)
	d := on(t, m, Options{})
	buf, err := d.Alloc(4 * 2 * graphsMost)
	if err = errors.Join(err, d.Sync()); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * graphsMost {
		for range graphAfter + 1 {
			for j := range graphLeast {
				d.Zero(compute.All(buf).At(graphLeast*i+j, 1))
			}
			if err := d.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(d.graphs.all); n > graphsMost {
			t.Fatalf("%d batches are remembered, want %d at most", n, graphsMost)
		}
	}
	if n := m.Calls("cuGraphLaunch"); n < 2*graphsMost {
		t.Errorf("%d graphs were launched, want %d", n, 2*graphsMost)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	m.MustBeClean()
}

// TestGraphThatCannotBe: where the driver does not record, work is issued one by one.
func TestGraphThatCannotBe(t *testing.T) {
	for _, call := range []string{"cuStreamBeginCapture_v2", "cuGraphInstantiateWithFlags"} {
		t.Run(call, func(t *testing.T) {
			m := machine(t)
			m.Fail(call, 0, 1)
			r := recipe(t, "stage.2.tokens=144", "stage.2.ramp=144", "eval.every=0", "eval.final_tokens=144")
			d := on(t, m, Options{Untimed: true})
			got := alone(t, d, r)
			if n := m.Calls("cuGraphLaunch"); n != 0 {
				t.Errorf("%d graphs were launched", n)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			along(t, r, "bf16", got, alone(t, processor(t, "bf16"), r))
		})
	}
}
