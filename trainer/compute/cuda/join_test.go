//go:build linux

package cuda

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/trainer/compute"
	"growlab/trainer/optim"
	"growlab/trainer/ranks"
)

// TestRanksThatFail: when one GPU cannot go on, no rank waits for ever, and all say why.
func TestRanksThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(m *fake.Machine)
		says    string // in the error of every rank
	}{
		"no NCCL":       {func(m *fake.Machine) { m.Remove("libnccl.so.2") }, "several GPUs are joined by NCCL"},
		"no name":       {func(m *fake.Machine) { m.Fail("ncclGetUniqueId", 0, 2) }, "ncclGetUniqueId"},
		"no stream":     {func(m *fake.Machine) { m.Fail("cuStreamCreateWithPriority", 3, 2) }, "cuStreamCreateWithPriority"},
		"start":         {func(m *fake.Machine) { m.Fail("ncclCommInitRankConfig", 2, 2) }, "ncclCommInitRankConfig"},
		"sum":           {func(m *fake.Machine) { m.Fail("ncclReduceScatter", 3, 3) }, "ncclReduceScatter"},
		"gather":        {func(m *fake.Machine) { m.Fail("ncclAllGather", 4, 3) }, "ncclAllGather"},
		"a GPU is lost": {func(m *fake.Machine) { m.Fail("product_64_nt", 5, 719) }, "rank "},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			m.Set("devices 2")
			tt.prepare(m)
			_, errs := together(t, m, 2, Options{Untimed: true, Own: true}, short(t))
			for rank, err := range errs {
				if err == nil || !strings.Contains(err.Error(), tt.says) && !strings.Contains(err.Error(), "rank ") {
					t.Errorf("rank %d: got %v, want in it %q", rank, err, tt.says)
				}
			}
			if all := errs[0].Error() + errs[1].Error(); !strings.Contains(all, tt.says) {
				t.Errorf("nobody tells of %q: %v", tt.says, errs)
			}
		})
	}
}

// TestSums: sums over three ranks, of lengths that do not share evenly, on a part of a buffer, beside gradients that are still being added
// up elsewhere in it.
func TestSums(t *testing.T) {
	const size, length, off = 3, 1003, 8
	m := machine(t)
	m.Set("devices %d", size)
	m.Set("seed 5")
	var wg sync.WaitGroup
	for rank, g := range ranks.Local(size) {
		o := Options{Ordinal: rank, Finder: &cudart.Finder{Env: m.Env}, Image: image(t)}
		wg.Go(func() {
			defer func() {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			}()
			d, err := open(o)
			if err == nil {
				err = d.Join(g)
			}
			if err != nil {
				t.Error(err)
				g.Fail(err)
				return
			}
			sums(t, d, g, length, off)
			if err := g.Agree(d.Sync()); err != nil { // nobody leaves before all are done
				t.Error(err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m.MustBeClean()
}

func sums(t *testing.T, d *device, g *ranks.Group, length, off int) {
	buf, err := d.Alloc(length + off + 64)
	if err != nil {
		t.Error(err)
		return
	}
	defer buf.Free()
	v := compute.All(buf).At(off, length)
	fill := func() {
		x := make([]float32, length)
		for i := range x {
			x[i] = float32(i * (1 + g.Rank()))
		}
		d.Upload(v, x)
	}
	check := func(what string, first, n int, factor float64) {
		got := make([]float32, length)
		d.Download(got, v)
		for i := first; i < first+n; i++ {
			if want := float64(i) * factor; math.Abs(float64(got[i])-want) > 0 {
				t.Errorf("rank %d, %s: number %d is %v, want %v", g.Rank(), what, i, got[i], want)
				return
			}
		}
	}
	all := float64(g.Size() * (g.Size() + 1) / 2)
	first, n := optim.Part(length, g.Rank(), g.Size())
	fill()
	note := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	note(d.Reduce(v))
	check("Reduce", 0, length, all)
	fill()
	note(d.ReduceScatter(v))
	rest := compute.All(buf).At(off+length, 8)
	parts, err := d.Alloc(16)
	if err != nil {
		t.Error(err)
		return
	}
	defer parts.Free()
	d.Upload(compute.All(parts), []float32{1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1, 1, 1, 1, 1})
	d.SumRows(rest, compute.Matrix(compute.All(parts), 8))
	check("ReduceScatter", first, n, all)
	note(d.AllGather(v))
	check("AllGather", 0, length, all)
	got := make([]float32, 8)
	d.Download(got, rest)
	if got[0] != 2 || got[7] != 9 {
		t.Errorf("rank %d: a gradient beside the sums is %v", g.Rank(), got)
	}
}

// TestChoices: the ways of cuBLASLt are timed once, kept in a file, and taken from there the next time.
func TestChoices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "choices.json")
	r := recipe(t, "stage.1.tokens=144", "stage.2.tokens=144", "stage.2.ramp=144", "eval.every=0", "eval.final_tokens=144")
	run := func() (timed int) {
		m := machine(t)
		d := on(t, m, Options{Choices: file})
		alone(t, d, r)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		m.MustBeClean()
		return m.Calls("cuEventElapsedTime")
	}
	if n := run(); n == 0 {
		t.Error("nothing was timed")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]map[string]int
	if err := json.Unmarshal(b, &kept); err != nil || len(kept["Fake GPU 0, cuBLASLt 12.4.5"]) < 5 {
		t.Errorf("kept %s (%v), want the products of this GPU", b, err)
	}
	if n := run(); n != 0 {
		t.Errorf("%d timings the second time, want none", n)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := run(); n == 0 {
		t.Error("a file that is none was believed")
	}
}
