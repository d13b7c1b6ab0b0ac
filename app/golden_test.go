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

// TestGoldens compares pages with pictures that a person has looked at. The chart has goldens of its own in package chart
// and is blanked out here.
func TestGoldens(t *testing.T) {
	for _, field := range []struct {
		theme         string
		width, height float32
	}{{look.Dark, 1280, 800}, {look.Light, 1100, 700}, {look.Dark, 1100, 700}, {look.Light, 1280, 800}} {
		suffix := fmt.Sprintf("-%s-%.0f.png", field.theme, field.width)
		t.Run("cards"+suffix, func(t *testing.T) {
			b := openAt(t, newFake(), field.theme, field.width, field.height)
			golden.Check(t, b.picture(), "cards"+suffix)
		})
		t.Run("run"+suffix, func(t *testing.T) {
			fake := at(1610).withRun(session.Done, script("flm-1m-first")).withRun(session.Failed, upTo(script("a-run-with-a-long-name"), 300))
			b := openAt(t, fake, field.theme, field.width, field.height)
			b.shown(1610)
			for i, page := range b.pageNames() {
				b.tabs.SelectIndex(i)
				golden.Check(t, b.picture(), page+suffix)
			}
		})
		t.Run("failed"+suffix, func(t *testing.T) {
			b := openAt(t, newFake().withRun(session.Failed, upTo(script("flm-1m"), 300)), field.theme, field.width, field.height)
			b.shown(300)
			golden.Check(t, b.picture(), "failed"+suffix)
		})
	}
}

// picture is what the window shows, without the chart.
func (b *bench) picture() *image.NRGBA {
	img := golden.NRGBA(b.win.Canvas().Capture())
	if b.chart.Visible() && b.tabs.Visible() && b.tabs.SelectedIndex() == 0 {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.loss)
		size := b.loss.Size()
		field := image.Rect(int(at.X), int(at.Y), int(at.X+size.Width)+1, int(at.Y+size.Height)+1)
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
