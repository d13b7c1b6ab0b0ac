// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package app

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/session"
	"growlab/assets/icon"
)

// update makes new goldens: go test ./app -run 'Golden|Icon' -update. Look at them before committing.
var update = flag.Bool("update", false, "write the goldens anew")

// TestGoldens compares pages with pictures that a person has looked at. The chart has goldens of its own in package chart
// and is blanked out here.
func TestGoldens(t *testing.T) {
	for _, field := range []struct {
		theme         string
		width, height float32
	}{{themeDark, 1280, 800}, {themeLight, 1100, 700}, {themeDark, 1100, 700}, {themeLight, 1280, 800}} {
		suffix := fmt.Sprintf("-%s-%.0f.png", field.theme, field.width)
		t.Run("cards"+suffix, func(t *testing.T) {
			b := openAt(t, newFake(), field.theme, field.width, field.height)
			golden(t, b.picture(), "cards"+suffix)
		})
		t.Run("run"+suffix, func(t *testing.T) {
			fake := at(1610).withRun(session.Done, script("flm-1m-first")).withRun(session.Failed, upTo(script("a-run-with-a-long-name"), 300))
			b := openAt(t, fake, field.theme, field.width, field.height)
			b.shown(1610)
			for i, page := range pageNames {
				b.tabs.SelectIndex(i)
				golden(t, b.picture(), page+suffix)
			}
		})
		t.Run("failed"+suffix, func(t *testing.T) {
			b := openAt(t, newFake().withRun(session.Failed, upTo(script("flm-1m"), 300)), field.theme, field.width, field.height)
			b.shown(300)
			golden(t, b.picture(), "failed"+suffix)
		})
	}
}

// picture is what the window shows, without the chart, in 16 levels of each colour: goldens are for eyes.
func (b *bench) picture() *image.NRGBA {
	img := toNRGBA(b.win.Canvas().Capture())
	if b.chart.Visible() && b.tabs.Visible() && b.tabs.SelectedIndex() == 0 {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.loss)
		size := b.loss.Size()
		field := image.Rect(int(at.X), int(at.Y), int(at.X+size.Width)+1, int(at.Y+size.Height)+1)
		draw.Draw(img, field, image.NewUniform(color.Gray{0x80}), image.Point{}, draw.Src)
	}
	for i, level := range img.Pix {
		img.Pix[i] = uint8((int(level) + 8) / 17 * 17)
	}
	return img
}

func toNRGBA(img image.Image) *image.NRGBA {
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// golden compares a picture with the one in testdata. Rounding may differ between processors: a pixel differs if a channel
// is off by more than 24 of 255, and one in two thousand pixels may.
func golden(t *testing.T, got *image.NRGBA, name string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(t, path, got)
		return
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	want := toNRGBA(decoded)
	if got.Rect != want.Rect {
		t.Fatalf("%s: got %v, want %v", name, got.Rect, want.Rect)
	}
	if n, most := differing(got, want), len(got.Pix)/4/2000; n > most {
		failed := filepath.Join(os.TempDir(), "growlab-"+name)
		write(t, failed, got)
		t.Errorf("%s: %d pixels differ, want at most %d; what was drawn is in %s", name, n, most, failed)
	}
}

func differing(a, b *image.NRGBA) int {
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for c := range 4 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > 24 || d < -24 {
				n++
				break
			}
		}
	}
	return n
}

// paletted is img with at most 256 colours, which makes a small file.
func paletted(img image.Image) (*image.Paletted, bool) {
	n := toNRGBA(img)
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

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if p, ok := paletted(img); ok {
		img = p
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The PNG of the icon is a rendering of its SVG.
func TestIconIsItsDrawing(t *testing.T) {
	test.NewTempApp(t)
	img := canvas.NewImageFromResource(fyne.NewStaticResource("growlab.svg", icon.SVG()))
	img.FillMode = canvas.ImageFillStretch
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(img)
	c.Resize(fyne.NewSize(256, 256))
	got := toNRGBA(c.Capture())
	if *update {
		write(t, filepath.Join("..", "assets", "icon", "growlab.png"), got)
		return
	}
	decoded, err := png.Decode(bytes.NewReader(icon.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	want := toNRGBA(decoded)
	if got.Rect != want.Rect {
		t.Fatalf("got %v, want %v", got.Rect, want.Rect)
	}
	if n := differing(got, want); n > 256*256/2000 {
		t.Errorf("%d pixels differ; make the PNG anew with -update", n)
	}
}
