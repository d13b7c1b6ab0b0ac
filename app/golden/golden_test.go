package golden

import (
	"fmt"
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

func (c *checker) Errorf(format string, args ...any) { c.failed = fmt.Sprintf(format, args...) }

func (c *checker) Fatalf(format string, args ...any) { c.failed = fmt.Sprintf(format, args...) }

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
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join("testdata", "white.png"), frugal(field(100, 100, 0))); err != nil {
		t.Fatal(err)
	}
	near := field(100, 100, 0)
	for i := range near.Pix {
		near.Pix[i] -= 25
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
}

func TestAFailureSaysWhere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join("testdata", "white.png"), frugal(field(300, 200, 0))); err != nil {
		t.Fatal(err)
	}
	wrong := field(300, 200, 0)
	for i := range 40 {
		wrong.SetNRGBA(50+i, 100, color.NRGBA{A: 0xff})
		wrong.SetNRGBA(200, 20+i/4, color.NRGBA{A: 0xff})
	}
	c := &checker{TB: t}
	Check(c, wrong, "white.png")
	if want := "50 pixels differ, want at most 30: 40 in 40x1 at (50,100), 10 in 1x10 at (200,20)"; !strings.Contains(c.failed, want) {
		t.Errorf("got %q, want it to contain %q", c.failed, want)
	}
	got, err := read(filepath.Join("testdata", "failed", "white-got.png"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Differing(got, wrong); n != 0 || err != nil {
		t.Errorf("what was drawn is kept with %d other pixels (%v)", n, err)
	}
	diff, err := read(filepath.Join("testdata", "failed", "white-diff.png"))
	if err != nil {
		t.Fatal(err)
	}
	if in, out := diff.NRGBAAt(60, 100), diff.NRGBAAt(60, 101); in.R != 0xff || in.G != 0 || out.G < 0x80 {
		t.Errorf("the picture of differences has %v where it differs and %v beside, want red and pale", in, out)
	}
}

func TestTextsNameTheirFirstDifference(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "a.xml"), []byte("<a>\n\t<b/>\n</a>\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ got, want string }{
		{"<a>\n\t<b/>\n</a>\n", ""},
		{"<a>\n\t<c/>\n</a>\n", `line 2 of 4: got "<c/>", want "<b/>"`},
		{"<a>", `line 2 of 4: got the end, want "<b/>"`},
	} {
		c := &checker{TB: t}
		Text(c, row.got, "a.xml")
		if (c.failed == "") != (row.want == "") || !strings.Contains(c.failed, row.want) {
			t.Errorf("%q: failed with %q, want %q", row.got, c.failed, row.want)
		}
	}
}

func TestDifferingRefusesOtherSizes(t *testing.T) {
	if _, err := Differing(field(2, 2, 0), field(2, 3, 0)); err == nil || !strings.Contains(err.Error(), "(0,0)-(2,3)") {
		t.Errorf("got %v, want it to name the sizes", err)
	}
}

func TestGoldensAreSmallFiles(t *testing.T) {
	img := field(400, 300, 0)
	for i := range 4000 { // shades of everything, a few pixels each
		img.SetNRGBA(i%400, i/400, color.NRGBA{uint8(i), uint8(i / 3), uint8(i / 16), 0xff})
	}
	path := filepath.Join(t.TempDir(), "x.png")
	if err := Write(path, frugal(img)); err != nil {
		t.Fatal(err)
	}
	got, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Differing(got, img); err != nil || n != 0 {
		t.Errorf("what was written reads as another picture: %d pixels differ, %v", n, err)
	}
	if got := got.NRGBAAt(200, 200); got != (color.NRGBA{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("a field became %v, want its colour kept", got)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 4000 {
		t.Errorf("got %d bytes, want a palette", info.Size())
	}
}
