package cpu

import (
	"runtime"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	here := families()[len(families())-1].kernels // plain is always there
	all := func(present ...bool) []family {
		f := []family{{name: "avx512"}, {name: "avx2"}, {name: "plain"}}
		for i, p := range present {
			if p {
				f[i].kernels = here
			}
		}
		return f
	}
	cases := []struct {
		name  string
		all   []family
		rates []float64
		want  string
	}{
		{"the fastest", all(true, true, true), []float64{200, 100, 30}, "avx512"},
		{"the widest of equals", all(true, true, true), []float64{100, 103, 30}, "avx512"},
		{"a narrow one that is clearly faster", all(true, true, true), []float64{80, 100, 30}, "avx2"},
		{"not one that is not there", all(false, true, true), []float64{0, 100, 30}, "avx2"},
		{"the only one", all(false, false, true), []float64{0, 0, 30}, "plain"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for i, f := range choose(c.all, c.rates) {
				if f.Chosen != (f.Name == c.want) {
					t.Errorf("%s: chosen %v, want %s", f.Name, f.Chosen, c.want)
				}
				if f.Available != (c.all[i].c != nil) {
					t.Errorf("%s: available %v, want %v", f.Name, f.Available, !f.Available)
				}
				if f.Reason == "" {
					t.Errorf("%s: no reason", f.Name)
				}
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	chosen := ""
	for _, f := range Families() {
		if f.Chosen {
			if chosen != "" {
				t.Errorf("chosen both %s and %s", chosen, f.Name)
			}
			chosen = f.Name
			if !f.Available {
				t.Errorf("%s is chosen and not available", f.Name)
			}
		}
	}
	dev, err := Open(Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := "cpu " + chosen + " fp32, 1 thread"; chosen == "" || dev.Name() != want {
		t.Errorf("name %q, want %q", dev.Name(), want)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string // of the error
	}{
		{"family that is none", Options{Family: "sse9"}, `no kernels "sse9" for this processor: it can run`},
		{"threads below none", Options{Threads: -1}, "-1 threads: want 1 or more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Open(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
	dev, err := Open(Options{Family: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	if got := dev.(*device).threads; got != runtime.GOMAXPROCS(0) {
		t.Errorf("no number of threads given: got %d, want %d", got, runtime.GOMAXPROCS(0))
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestMeasureGFLOPS(t *testing.T) {
	dev, err := Open(Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	if rate := MeasureGFLOPS(dev); rate < 0.01 || rate > 1e5 {
		t.Errorf("got %g GFLOP/s, which no processor has", rate)
	}
	if n := len(dev.(*device).buffers) + len(dev.(*device).weights); n != 0 {
		t.Errorf("%d buffers and weights left", n)
	}
}
