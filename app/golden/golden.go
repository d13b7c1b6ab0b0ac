// Package golden compares pictures with those that a person has looked at, for tests of what the window draws. Run a test with
// -update to write its pictures anew, and look at them before committing.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Update reports whether the goldens are to be written anew.
func Update() bool { return *update }

const (
	levels    = 17   // distance between the 16 levels of a channel that a golden keeps: they are for eyes, and so are small
	tolerance = 24   // of 255, by which a channel may be off: rounding differs between processors
	most      = 2000 // one pixel in so many may be off by more
)

// Check compares a picture with the golden testdata/name. One that differs is written to the folder of temporary files, which
// the failure names.
func Check(t testing.TB, got image.Image, name string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	drawn := coarse(got)
	if *update {
		if err := Write(path, drawn); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := read(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	n, err := Differing(drawn, want)
	if err == nil && n <= len(want.Pix)/4/most {
		return
	}
	failed := filepath.Join(os.TempDir(), "growlab-"+name)
	if err := errors.Join(err, Write(failed, drawn)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Errorf("%s: %d pixels differ, want at most %d; what was drawn is in %s", name, n, len(want.Pix)/4/most, failed)
}

// coarse is a picture with 16 levels of each colour.
func coarse(img image.Image) *image.NRGBA {
	out := NRGBA(img)
	for i, level := range out.Pix {
		out.Pix[i] = uint8((int(level) + levels/2) / levels * levels)
	}
	return out
}

// NRGBA is a copy of a picture, from (0, 0).
func NRGBA(img image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// Differing is how many pixels of two pictures of one size differ by more than rounding.
func Differing(a, b *image.NRGBA) (int, error) {
	if a.Rect != b.Rect {
		return 0, errors.New("the pictures are " + a.Rect.String() + " and " + b.Rect.String())
	}
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for c := range 4 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > tolerance || d < -tolerance {
				n++
				break
			}
		}
	}
	return n, nil
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

// Write writes a picture as a small PNG.
func Write(path string, img image.Image) error {
	if p, ok := paletted(img); ok {
		img = p
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, img); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// paletted is img with at most 256 colours, which makes a small file.
func paletted(img image.Image) (*image.Paletted, bool) {
	n := NRGBA(img)
	out := image.NewPaletted(n.Rect, nil)
	index := map[color.NRGBA]uint8{}
	for i := range out.Pix {
		c := color.NRGBA{n.Pix[4*i], n.Pix[4*i+1], n.Pix[4*i+2], n.Pix[4*i+3]}
		at, known := index[c]
		if !known {
			if len(out.Palette) == 256 {
				return nil, false
			}
			at = uint8(len(out.Palette))
			index[c] = at
			out.Palette = append(out.Palette, c)
		}
		out.Pix[i] = at
	}
	return out, true
}
