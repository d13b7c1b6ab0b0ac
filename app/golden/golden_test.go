package golden

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checker stands in for a test that may fail.
type checker struct {
	testing.TB
	failed string
}

func (c *checker) Helper() {}

func (c *checker) Errorf(format string, args ...any) { c.failed = format }

func (c *checker) Fatalf(format string, args ...any) { c.failed = format }

func field(width, height int, wrong int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for i := range wrong {
		img.SetNRGBA(i%width, i/width, color.NRGBA{A: 0xff})
	}
	return img
}

func TestCheckLetsRoundingPassAndNothingElse(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join("testdata", "white.png"), coarse(field(100, 100, 0))); err != nil {
		t.Fatal(err)
	}
	near := field(100, 100, 0)
	for i := range near.Pix {
		near.Pix[i] -= 20
	}
	for _, row := range []struct {
		name  string
		img   image.Image
		fails bool
	}{
		{"the same", field(100, 100, 0), false},
		{"another rounding", near, false},
		{"five pixels of ten thousand", field(100, 100, 5), false},
		{"six pixels", field(100, 100, 6), true},
		{"another size", field(100, 99, 0), true},
	} {
		c := &checker{TB: t}
		Check(c, row.img, "white.png")
		if got := c.failed != ""; got != row.fails {
			t.Errorf("%s: failed %v (%s), want %v", row.name, got, c.failed, row.fails)
		}
	}
	if _, err := os.Stat(filepath.Join(os.TempDir(), "growlab-white.png")); err != nil {
		t.Errorf("what was drawn was not kept: %v", err)
	}
}

func TestDifferingRefusesOtherSizes(t *testing.T) {
	if _, err := Differing(field(2, 2, 0), field(2, 3, 0)); err == nil || !strings.Contains(err.Error(), "(0,0)-(2,3)") {
		t.Errorf("got %v, want it to name the sizes", err)
	}
}

func TestGoldensAreSmallFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	if err := Write(path, field(400, 300, 7)); err != nil {
		t.Fatal(err)
	}
	got, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Differing(got, field(400, 300, 7)); err != nil || n != 0 {
		t.Errorf("what was written reads as another picture: %d pixels differ, %v", n, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 2000 {
		t.Errorf("got %d bytes for two colours, want a palette", info.Size())
	}
}
