package cudart

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of CUDA (12.4), of a library (12.4.5) or of the driver (550.163.1). The zero value means unknown.
type Version struct{ Major, Minor, Patch int }

// String gives two numbers, three if the last is not 0, and "" if unknown.
func (v Version) String() string {
	switch {
	case v == Version{}:
		return ""
	case v.Patch == 0:
		return fmt.Sprintf("%d.%d", v.Major, v.Minor)
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// Less tells whether v is older than w.
func (v Version) Less(w Version) bool {
	if v.Major != w.Major {
		return v.Major < w.Major
	}
	if v.Minor != w.Minor {
		return v.Minor < w.Minor
	}
	return v.Patch < w.Patch
}

// MarshalText gives String.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (v *Version) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*v = Version{}
		return nil
	}
	got, err := ParseVersion(string(b))
	if err == nil {
		*v = got
	}
	return err
}

// ParseVersion reads one to three numbers separated by dots.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	if len(parts) > 3 {
		return Version{}, fmt.Errorf("version %q has %d parts; one to three numbers with dots are wanted", s, len(parts))
	}
	var n [3]int
	for i, p := range parts {
		x, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return Version{}, fmt.Errorf("version %q: %q is no number", s, p)
		}
		n[i] = int(x)
	}
	return Version{n[0], n[1], n[2]}, nil
}

// cudaVersion reads the number of cuDriverGetVersion: 12040 is 12.4.
func cudaVersion(n int) Version { return Version{n / 1000, n % 1000 / 10, n % 10} }

// blasLtVersion reads the number of cublasLtGetVersion: 120405 is 12.4.5.
func blasLtVersion(n int) Version { return Version{n / 10000, n / 100 % 100, n % 100} }

// ncclVersion reads the number of ncclGetVersion: 22203 is 2.22.3, and 2804 is 2.8.4, as nccl.h wrote it up to 2.8.
func ncclVersion(n int) Version {
	if n < 10000 {
		return Version{n / 1000, n / 100 % 10, n % 100}
	}
	return Version{n / 10000, n / 100 % 100, n % 100}
}

// leastDriver is the oldest driver that a CUDA major runs on, on Linux (CUDA's release notes, minor version compatibility).
var leastDriver = map[int]int{11: 450, 12: 525, 13: 580}
