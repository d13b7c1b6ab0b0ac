package pagetest

import (
	"image"
	"image/draw"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Tree is o and everything in it, hidden or not.
func Tree(o fyne.CanvasObject) []fyne.CanvasObject {
	all := []fyne.CanvasObject{o}
	for _, i := range inside(o) {
		all = append(all, Tree(i)...)
	}
	return all
}

// inside is what o is made of.
func inside(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case fyne.Widget:
		return test.WidgetRenderer(o).Objects()
	}
	return nil
}

// StaysTheSame fails if do makes new objects in o, or takes some away.
func StaysTheSame(t testing.TB, o fyne.CanvasObject, do func()) {
	t.Helper()
	before := Tree(o)
	do()
	after := Tree(o)
	if slices.Equal(before, after) {
		return
	}
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			t.Errorf("refreshing made new objects: %d before, %d after; the first is a %T in place of a %T", len(before), len(after), after[i], before[i])
			return
		}
	}
	t.Errorf("refreshing made new objects: %d before, %d after", len(before), len(after))
}

// picture is what the page looks like on a screen with scale pixels for each unit.
func (p Page) picture(scale float32) image.Image {
	img := p.Window.Canvas().Capture()
	if p.Of == nil {
		return img
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.Of)
	end := at.Add(p.Of.Size())
	pixel := func(x float32) int { return int(x*scale + 0.5) }
	part := image.Rect(pixel(at.X), pixel(at.Y), pixel(end.X), pixel(end.Y)).Intersect(img.Bounds())
	out := image.NewNRGBA(image.Rectangle{Max: part.Size()})
	draw.Draw(out, out.Rect, img, part.Min, draw.Src)
	return out
}
