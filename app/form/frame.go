package form

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Frame draws a line around an input while what it says is refused.
type Frame struct {
	widget.BaseWidget
	content fyne.CanvasObject
	bad     bool
}

// NewFrame is a frame around content.
func NewFrame(content fyne.CanvasObject) *Frame {
	f := &Frame{content: content}
	f.ExtendBaseWidget(f)
	return f
}

// Mark draws the line or takes it away.
func (f *Frame) Mark(bad bool) {
	if f.bad != bad {
		f.bad = bad
		f.Refresh()
	}
}

// Bad reports whether the line is there.
func (f *Frame) Bad() bool { return f.bad }

// CreateRenderer implements fyne.Widget.
func (f *Frame) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(color.Transparent)
	line.CornerRadius, line.StrokeWidth = 4, 1.5
	r := &frameRenderer{frame: f, line: line, objects: []fyne.CanvasObject{f.content, line}}
	r.paint()
	return r
}

type frameRenderer struct {
	frame   *Frame
	line    *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *frameRenderer) Destroy()                     {}
func (r *frameRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *frameRenderer) MinSize() fyne.Size           { return r.frame.content.MinSize() }

func (r *frameRenderer) Layout(size fyne.Size) {
	for _, o := range r.objects {
		o.Resize(size)
	}
}

func (r *frameRenderer) paint() {
	r.line.Hidden = !r.frame.bad
	r.line.StrokeColor = r.frame.Theme().Color(theme.ColorNameError, fyne.CurrentApp().Settings().ThemeVariant())
}

func (r *frameRenderer) Refresh() {
	r.paint()
	r.line.Refresh()
	r.frame.content.Refresh()
}
