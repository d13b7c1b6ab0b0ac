// Package golden compares pictures and texts with those that a person has looked at, for tests of what the window draws. Run a test
// with -update to write its goldens anew, and look at them before committing. What differs from its golden is left in
// testdata/failed beside the test, with a picture of where it differs.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Update reports whether the goldens are to be written anew.
func Update() bool { return *update }

const (
	tolerance = 26   // of 255, by which a channel may be off: a golden keeps few colours, and rounding differs between processors
	most      = 2000 // one pixel in so many may be off by more
)

// Check compares a picture with the golden testdata/name. A failure says where the two differ, and in which files both lie.
func Check(t testing.TB, got image.Image, name string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	drawn := NRGBA(got)
	if *update {
		if err := Write(path, frugal(drawn)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := read(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if drawn.Rect != want.Rect {
		t.Errorf("%s: got %v, want %v%s", path, drawn.Rect.Size(), want.Rect.Size(), kept(name, drawn, nil))
		return
	}
	off := differing(drawn, want)
	if len(off) <= len(want.Pix)/4/most {
		return
	}
	t.Errorf("%s: %d pixels differ, want at most %d: %s%s", path, len(off), len(want.Pix)/4/most, regions(off), kept(name, drawn, marked(want, off)))
}

// Text compares a text with the golden testdata/name. A failure says which lines differ.
func Text(t testing.TB, got, name string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if got == string(want) {
		return
	}
	failed, err := fail(name, func(path string) error { return os.WriteFile(path, []byte(got), 0o644) })
	t.Errorf("%s: %s; what was got is in %s%s", path, lineDifference(got, string(want)), failed, note(err))
}

// lineDifference shows the first line in which two texts differ.
func lineDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	line := func(all []string) string {
		if n == len(all) {
			return "the end"
		}
		return fmt.Sprintf("%q", strings.TrimSpace(all[n]))
	}
	return fmt.Sprintf("line %d of %d: got %s, want %s", n+1, len(b), line(a), line(b))
}

// kept leaves a picture, and what shows its faults if that is not nil, in the folder of failures, and says where.
func kept(name string, drawn, faults image.Image) string {
	name = strings.TrimSuffix(name, ".png")
	got, err := fail(name+"-got.png", func(path string) error { return Write(path, drawn) })
	if faults == nil {
		return "; what was drawn is in " + got + note(err)
	}
	diff, err2 := fail(name+"-diff.png", func(path string) error { return Write(path, faults) })
	return "; what was drawn is in " + got + ", where it differs in " + diff + note(errors.Join(err, err2))
}

func note(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf(" (not quite: %v)", err)
}

// fail writes a file of a failure; git ignores their folder.
func fail(name string, write func(path string) error) (string, error) {
	path := filepath.Join("testdata", "failed", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return path, err
	}
	return path, write(path)
}

// Differing is how many pixels of two pictures of one size differ by more than rounding.
func Differing(a, b *image.NRGBA) (int, error) {
	if a.Rect != b.Rect {
		return 0, errors.New("the pictures are " + a.Rect.String() + " and " + b.Rect.String())
	}
	return len(differing(a, b)), nil
}

func differing(a, b *image.NRGBA) (off []image.Point) {
	if bytes.Equal(a.Pix, b.Pix) {
		return nil
	}
	for i := 0; i < len(a.Pix); i += 4 {
		for c := range 4 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > tolerance || d < -tolerance {
				off = append(off, image.Pt(i/4%a.Rect.Dx(), i/4/a.Rect.Dx()))
				break
			}
		}
	}
	return off
}

func read(path string) (*image.NRGBA, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, errors.New(path + ": " + err.Error())
	}
	return NRGBA(img), nil
}
