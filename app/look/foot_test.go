package look

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

func TestFootStaysOnShow(t *testing.T) {
	content, body, foot := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	content.SetMinSize(fyne.NewSize(200, 400))
	body.SetMinSize(fyne.NewSize(200, 30))
	foot.SetMinSize(fyne.NewSize(220, 90))
	layout, objects := Foot{content}, []fyne.CanvasObject{body, foot}
	if got, want := layout.MinSize(objects), fyne.NewSize(220, 120); got != want {
		t.Errorf("asks for %v, want %v", got, want)
	}
	for _, row := range []struct {
		name        string
		height, top float32
	}{{"room for all", 600, 400}, {"just enough", 490, 400}, {"the body scrolls", 300, 210}, {"the least", 120, 30}, {"none", 50, 0}} {
		layout.Layout(objects, fyne.NewSize(250, row.height))
		if got, want := body.Size(), fyne.NewSize(250, row.top); got != want {
			t.Errorf("%s: the body has %v, want %v", row.name, got, want)
		}
		if foot.Position().Y != row.top || foot.Size() != fyne.NewSize(250, 90) {
			t.Errorf("%s: the foot is at %g with %v, want %g with 250 x 90", row.name, foot.Position().Y, foot.Size(), row.top)
		}
	}
}
