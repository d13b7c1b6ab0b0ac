package cudart

import (
	"encoding/json"
	"strings"
	"testing"
	"unsafe"
)

func TestVersionNumbers(t *testing.T) {
	for _, test := range []struct {
		got  Version
		want string
	}{
		{cudaVersion(12040), "12.4"},
		{cudaVersion(13000), "13.0"},
		{cudaVersion(11080), "11.8"},
		{cudaVersion(0), ""},
		{blasLtVersion(120405), "12.4.5"},
		{blasLtVersion(130002), "13.0.2"},
		{ncclVersion(22203), "2.22.3"},
		{ncclVersion(21005), "2.10.5"},
		{ncclVersion(2804), "2.8.4"},
		{ncclVersion(2708), "2.7.8"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("%+v is %q, want %q", test.got, got, test.want)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	order := []Version{{}, {11, 8, 0}, {12, 0, 0}, {12, 0, 1}, {12, 10, 0}, {13, 0, 0}}
	for i, a := range order {
		for j, b := range order {
			if got := a.Less(b); got != (i < j) {
				t.Errorf("%v < %v is %v", a, b, got)
			}
		}
	}
}

func TestParseVersionRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":            `version "": "" is no number`,
		"12.x":        `version "12.x": "x" is no number`,
		"-1.2":        `version "-1.2": "-1" is no number`,
		"1.2.3.4":     `version "1.2.3.4" has 4 parts; one to three numbers with dots are wanted`,
		"99999999999": `version "99999999999": "99999999999" is no number`,
	} {
		if _, err := ParseVersion(text); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	var v Version
	if err := json.Unmarshal([]byte(`"12..4"`), &v); err == nil {
		t.Errorf("JSON 12..4 became %v", v)
	}
	if err := json.Unmarshal([]byte(`""`), &v); err != nil || v != (Version{}) {
		t.Errorf("JSON of no version: %v, %v", v, err)
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"12.4", "550.163.01", "", "1.2.3.4", "007", "1.", "12.4\n", "+3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVersion(s)
		if err != nil {
			return
		}
		if v.Major < 0 || v.Minor < 0 || v.Patch < 0 || strings.Trim(s, "0123456789.") != "" {
			t.Errorf("%q became %+v", s, v)
		}
		var back Version
		text, err := v.MarshalText()
		if err == nil {
			err = back.UnmarshalText(text)
		}
		if err != nil || back != v {
			t.Errorf("%q: %+v was written as %q and read as %+v, %v", s, v, text, back, err)
		}
	})
}

// FuzzCompareNumbers: the order of folder names is one that sorting needs.
func FuzzCompareNumbers(f *testing.F) {
	f.Add("cuda-12.9", "cuda-12.10", "cuda-13.0")
	f.Add("v012", "v12", "v12a")
	f.Add("", "0", "a")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		sign := func(n int) int { return min(max(n, -1), 1) }
		if sign(compareNumbers(a, b)) != -sign(compareNumbers(b, a)) || compareNumbers(a, a) != 0 {
			t.Errorf("%q against %q: %d one way, %d the other", a, b, compareNumbers(a, b), compareNumbers(b, a))
		}
		if compareNumbers(a, b) <= 0 && compareNumbers(b, c) <= 0 && compareNumbers(a, c) > 0 {
			t.Errorf("%q <= %q <= %q and not %q <= %q", a, b, c, a, c)
		}
	})
}

func TestNumbersInNames(t *testing.T) {
	order := []string{"cuda-9.2", "cuda-12.4", "cuda-12.10", "cuda-13.0", "cuda-99999999999999999999999.0"}
	for i := 1; i < len(order); i++ {
		if compareNumbers(order[i-1], order[i]) >= 0 {
			t.Errorf("%s does not stand before %s", order[i-1], order[i])
		}
	}
}

// TestLayoutsOfC holds structs that C reads and writes to the sizes of cublasLt.h.
func TestLayoutsOfC(t *testing.T) {
	var a Algorithm
	for name, got := range map[string][2]uintptr{
		"size":      {unsafe.Sizeof(a), 96},
		"workspace": {unsafe.Offsetof(a.Workspace), 64},
		"state":     {unsafe.Offsetof(a.state), 72},
		"waves":     {unsafe.Offsetof(a.Waves), 76},
		"id":        {unsafe.Sizeof(UniqueID{}), 128},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %d, want %d", name, got[0], got[1])
		}
	}
}

func TestCapabilityRuns(t *testing.T) {
	for _, test := range []struct {
		card, code Capability
		want       bool
	}{
		{Capability{8, 6}, Capability{8, 0}, true},
		{Capability{8, 0}, Capability{8, 6}, false},
		{Capability{9, 0}, Capability{8, 9}, false},
		{Capability{9, 0}, Capability{9, 0}, true},
	} {
		if got := test.card.Runs(test.code); got != test.want {
			t.Errorf("a card of %v runs code for %v: %v, want %v", test.card, test.code, got, test.want)
		}
	}
}

func FuzzThrottle(f *testing.F) {
	for _, s := range []string{"none", "idle", "power cap, thermal slowdown", "reason 40", "reason -1", "idle, idle"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a, b Throttle
		if a.UnmarshalText([]byte(s)) != nil {
			return
		}
		text, err := a.MarshalText()
		if err == nil {
			err = b.UnmarshalText(text)
		}
		if err != nil || a != b {
			t.Errorf("%q: %#x was written as %q and read as %#x, %v", s, uint64(a), text, uint64(b), err)
		}
	})
}
