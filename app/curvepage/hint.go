package curvepage

import (
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// hintDelay is how long the pointer rests before a hint comes.
const hintDelay = 450 * time.Millisecond

// Hints is a layer over a page on which a control says in two lines what it does, while the pointer rests on it or it has the
// focus. It takes no events, so what is under it stays usable.
type Hints struct {
	widget.BaseWidget
	delay time.Duration
	timer *time.Timer
	about fyne.CanvasObject // what is hinted at; nil for nothing
	lines [2]string
	rend  *hintRenderer
}

// NewHints returns an empty layer, to be put on top of a page.
func NewHints() *Hints {
	h := &Hints{delay: hintDelay}
	h.ExtendBaseWidget(h)
	return h
}

// Over shows a hint at o soon, and none for "".
func (h *Hints) Over(o fyne.CanvasObject, text string) {
	if h.timer != nil {
		h.timer.Stop()
	}
	if text == "" {
		if h.about == o {
			h.about = nil
			h.Refresh()
		}
		return
	}
	appear := func() {
		h.about = o
		first, second, _ := strings.Cut(text, "\n")
		h.lines = [2]string{first, second}
		h.Refresh()
	}
	if h.delay == 0 {
		appear()
		return
	}
	h.timer = time.AfterFunc(h.delay, func() { fyne.Do(appear) })
}

// CreateRenderer is for Fyne.
func (h *Hints) CreateRenderer() fyne.WidgetRenderer {
	h.rend = &hintRenderer{h: h, box: canvas.NewRectangle(color.Transparent)}
	h.rend.box.CornerRadius, h.rend.box.StrokeWidth = 5, 1
	h.rend.objects = []fyne.CanvasObject{h.rend.box}
	for i := range h.rend.texts {
		h.rend.texts[i] = canvas.NewText("", color.Transparent)
		h.rend.texts[i].TextSize = 12
		h.rend.objects = append(h.rend.objects, h.rend.texts[i])
	}
	h.rend.hide()
	return h.rend
}

type hintRenderer struct {
	h       *Hints
	box     *canvas.Rectangle
	texts   [2]*canvas.Text
	objects []fyne.CanvasObject
}

func (r *hintRenderer) Destroy()                     {}
func (r *hintRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *hintRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *hintRenderer) Layout(fyne.Size)             {}

func (r *hintRenderer) hide() {
	for _, o := range r.objects {
		o.Hide()
	}
}

// Refresh puts the hint below what it is about, within the layer.
func (r *hintRenderer) Refresh() {
	o := r.h.about
	if o == nil || !o.Visible() {
		r.hide()
		return
	}
	t, v := r.h.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.box.FillColor, r.box.StrokeColor = t.Color(theme.ColorNameOverlayBackground, v), t.Color(theme.ColorNameSeparator, v)
	width := float32(0)
	for i, text := range r.texts {
		text.Text, text.Color = r.h.lines[i], t.Color(theme.ColorNameForeground, v)
		if i == 1 {
			text.Color = t.Color(theme.ColorNamePlaceHolder, v)
		}
		width = max(width, text.MinSize().Width)
		text.Resize(text.MinSize())
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(o).Subtract(driver.AbsolutePositionForObject(r.h))
	at = fyne.NewPos(max(min(at.X, r.h.Size().Width-width-22), 2), at.Y+o.Size().Height+4)
	r.box.Move(at)
	r.box.Resize(fyne.NewSize(width+20, 44))
	r.texts[0].Move(at.AddXY(10, 5))
	r.texts[1].Move(at.AddXY(10, 22))
	for _, o := range r.objects {
		o.Show()
		o.Refresh()
	}
}

// Button is a button with a hint.
type Button struct {
	widget.Button
	hinter
}

// hinter is what controls with a hint have in common.
type hinter struct {
	hints *Hints
	about string
	self  fyne.CanvasObject
}

func (h *hinter) on()  { h.hints.Over(h.self, h.about) }
func (h *hinter) off() { h.hints.Over(h.self, "") }

// NewButton returns a button with a text or an icon, or both.
func NewButton(h *Hints, text string, icon fyne.Resource, about string, tapped func()) *Button {
	b := &Button{}
	b.Text, b.Icon, b.OnTapped = text, icon, tapped
	b.hinter = hinter{h, about, b}
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(e *desktop.MouseEvent) { b.on(); b.Button.MouseIn(e) }

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() { b.off(); b.Button.MouseOut() }

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(e *fyne.PointEvent) { b.off(); b.Button.Tapped(e) }

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() { b.on(); b.Button.FocusGained() }

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() { b.off(); b.Button.FocusLost() }

// Check is a check box with a hint.
type Check struct {
	widget.Check
	hinter
}

// NewCheck returns a check box.
func NewCheck(h *Hints, text, about string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = text, changed
	c.hinter = hinter{h, about, c}
	c.ExtendBaseWidget(c)
	return c
}

// MouseIn implements desktop.Hoverable.
func (c *Check) MouseIn(e *desktop.MouseEvent) { c.on(); c.Check.MouseIn(e) }

// MouseOut implements desktop.Hoverable.
func (c *Check) MouseOut() { c.off(); c.Check.MouseOut() }

// FocusGained implements fyne.Focusable.
func (c *Check) FocusGained() { c.on(); c.Check.FocusGained() }

// FocusLost implements fyne.Focusable.
func (c *Check) FocusLost() { c.off(); c.Check.FocusLost() }

// Slider is a slider with a hint.
type Slider struct {
	widget.Slider
	hinter
}

// NewSlider returns a slider from 0 to 1.
func NewSlider(h *Hints, about string, changed func(float64)) *Slider {
	s := &Slider{}
	s.Max, s.Step, s.OnChanged = 1, 0.01, changed
	s.hinter = hinter{h, about, s}
	s.ExtendBaseWidget(s)
	return s
}

// MouseIn implements desktop.Hoverable.
func (s *Slider) MouseIn(e *desktop.MouseEvent) { s.on(); s.Slider.MouseIn(e) }

// MouseOut implements desktop.Hoverable.
func (s *Slider) MouseOut() { s.off(); s.Slider.MouseOut() }

// FocusGained implements fyne.Focusable.
func (s *Slider) FocusGained() { s.on(); s.Slider.FocusGained() }

// FocusLost implements fyne.Focusable.
func (s *Slider) FocusLost() { s.off(); s.Slider.FocusLost() }

// Select is a selector with a hint.
type Select struct {
	widget.Select
	hinter
}

// NewSelect returns a selector.
func NewSelect(h *Hints, options []string, about string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.hinter = hinter{h, about, s}
	s.ExtendBaseWidget(s)
	return s
}

// MouseIn implements desktop.Hoverable.
func (s *Select) MouseIn(e *desktop.MouseEvent) { s.on(); s.Select.MouseIn(e) }

// MouseOut implements desktop.Hoverable.
func (s *Select) MouseOut() { s.off(); s.Select.MouseOut() }

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(e *fyne.PointEvent) { s.off(); s.Select.Tapped(e) }

// FocusGained implements fyne.Focusable.
func (s *Select) FocusGained() { s.on(); s.Select.FocusGained() }

// FocusLost implements fyne.Focusable.
func (s *Select) FocusLost() { s.off(); s.Select.FocusLost() }
