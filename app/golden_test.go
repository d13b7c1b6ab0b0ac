// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
	"growlab/app/session"
	"growlab/assets/icon"
)

// TestGoldens compares pages with pictures that a person has looked at, on small and large screens and on one with twice the
// pixels. The curves have goldens of their own in package curvepage and are blanked out here.
func TestGoldens(t *testing.T) {
	for _, field := range []struct {
		theme         string
		width, height float32
		scale         float32
	}{{look.Dark, 1100, 700, 1}, {look.Light, 1920, 1080, 1}, {look.Light, 1100, 700, 2}} {
		suffix := fmt.Sprintf("-%s-%.0f.png", field.theme, field.width*field.scale)
		check := func(t *testing.T, b *bench, name string) {
			golden.Check(t, b.withoutCurves(b.drawn(field.width, field.height, field.scale), field.scale), name+suffix)
		}
		t.Run("cards"+suffix, func(t *testing.T) {
			check(t, openAt(t, newFake(), field.theme, field.width, field.height), "cards")
		})
		t.Run("run"+suffix, func(t *testing.T) {
			fake := at(1610).withRun(session.Done, script("flm-1m-first")).withRun(session.Failed, upTo(script("a-run-with-a-long-name"), 300))
			b := openAt(t, fake, field.theme, field.width, field.height)
			b.shown(1610)
			for _, page := range []string{"loss", "transitions", "samples", "log"} {
				b.page(page)
				check(t, b, page)
			}
		})
		t.Run("devices"+suffix, func(t *testing.T) {
			fake := &examined{fakeSessions: at(1610)}
			b := openSessions(t, fake.fakeSessions, fake, field.theme, field.width, field.height)
			b.shown(1610)
			b.showDevices()
			b.until("what the machine is", func() bool { return says(b.devices.Object, "abacus · 2 cores") })
			b.devices.rest() // no live numbers in a picture
			check(t, b, "devices")
		})
		t.Run("failed"+suffix, func(t *testing.T) {
			b := openAt(t, newFake().withRun(session.Failed, upTo(script("flm-1m"), 300)), field.theme, field.width, field.height)
			b.shown(300)
			check(t, b, "failed")
		})
	}
}

// withoutCurves is what the window shows, drawn at a scale, without the curves.
func (b *bench) withoutCurves(drawn image.Image, scale float32) *image.NRGBA {
	img := golden.NRGBA(drawn)
	if b.tabs.Visible() && b.tabs.SelectedIndex() == 0 {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.loss)
		end := at.Add(b.loss.Size())
		pixel := func(x float32) int { return int(x * scale) }
		field := image.Rect(pixel(at.X), pixel(at.Y), pixel(end.X)+1, pixel(end.Y)+1)
		draw.Draw(img, field, image.NewUniform(color.Gray{0x80}), image.Point{}, draw.Src)
	}
	return img
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
	got := golden.NRGBA(c.Capture())
	if golden.Update() {
		if err := golden.Write(filepath.Join("..", "assets", "icon", "growlab.png"), got); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := png.Decode(bytes.NewReader(icon.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := golden.Differing(got, golden.NRGBA(want)); err != nil || n > 256*256/2000 {
		t.Errorf("%d pixels differ (%v); make the PNG anew with -update", n, err)
	}
}
