package cpu

import (
	"runtime"
	"strings"
	"testing"

	"growlab/trainer/compute"
)

func TestPrefer(t *testing.T) {
	here := families()[len(families())-1].c // plain is always there
	names := []string{"wide", "middle", "narrow"}
	const full, half = compute.FP32, compute.BF16
	cases := []struct {
		name  string
		rates [3][2]float64 // fp32, bf16; zeros are a family that is not there
		want  string
		in    compute.Precision
	}{
		{"the fastest", [3][2]float64{{200, 90}, {100, 50}, {30, 9}}, "wide", full},
		{"the widest of equals", [3][2]float64{{100, 90}, {103, 50}, {30, 9}}, "wide", full},
		{"a narrow one that is clearly faster", [3][2]float64{{80, 50}, {100, 50}, {30, 9}}, "middle", full},
		{"not one that is not there", [3][2]float64{{}, {100, 50}, {30, 9}}, "middle", full},
		{"the only one", [3][2]float64{{}, {}, {30, 9}}, "narrow", full},
		{"bf16 where it is much faster", [3][2]float64{{100, 90}, {100, 190}, {30, 9}}, "middle", half},
		{"fp32 where bf16 is a little faster", [3][2]float64{{100, 120}, {90, 110}, {30, 9}}, "wide", full},
		{"fp32 where bf16 is slow in every family", [3][2]float64{{241, 120}, {130, 60}, {30, 9}}, "wide", full},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var all []timed
			for i, r := range c.rates {
				f := timed{FamilyInfo{Name: names[i], Rates: r}, family{name: names[i]}}
				if r[full] > 0 {
					f.Available, f.c = true, here
				}
				all = append(all, f)
			}
			got := prefer(all)
			if all[got.family].Name != c.want || got.precision != c.in || got.reason == "" {
				t.Errorf("got %s in %v (%s), want %s in %v", all[got.family].Name, got.precision, got.reason, c.want, c.in)
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
	precision, why := Preferred("")
	if why == "" {
		t.Error("Preferred: no reason")
	}
	if want := "cpu " + chosen + " " + precision.String() + ", 1 thread"; chosen == "" || dev.Name() != want {
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
		{"precision that is none", Options{Precision: "fp8"}, `precision "fp8": want auto, fp32 or bf16`},
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
	if p, why := Preferred("plain"); dev.Precision() != p || p != compute.FP32 {
		t.Errorf("plain opens in %v and prefers %v (%s); want fp32, since it has no bf16 instructions", dev.Precision(), p, why)
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
