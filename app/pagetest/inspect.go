package pagetest

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// least is the least side of what can be tapped, in units: three quarters of a line of text.
const least = 14

// box is a rectangle on the screen, in units.
type box struct{ left, top, right, bottom float32 }

func boxOf(at fyne.Position, size fyne.Size) box {
	return box{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
}

// and is what two boxes share.
func (b box) and(c box) box {
	return box{max(b.left, c.left), max(b.top, c.top), min(b.right, c.right), min(b.bottom, c.bottom)}
}

func (b box) width() float32  { return b.right - b.left }
func (b box) height() float32 { return b.bottom - b.top }
func (b box) empty() bool     { return b.width() <= 0 || b.height() <= 0 }

// within reports whether b lies in c, up to slack.
func (b box) within(c box, slack float32) bool {
	return b.left >= c.left-slack && b.top >= c.top-slack && b.right <= c.right+slack && b.bottom <= c.bottom+slack
}

func (b box) String() string {
	return fmt.Sprintf("%.0fx%.0f at (%.0f,%.0f)", b.width(), b.height(), b.left, b.top)
}

// written is a text on the screen.
type written struct {
	text    string
	in      box // all of it
	visible box // the part that nothing cuts
	order   int // of drawing
}

// painted is a field on the screen behind what comes later.
type painted struct {
	in    box
	order int
	fill  color.NRGBA
	blank bool // a picture: what it shows is not known
}

// inspector walks over what is on the screen.
type inspector struct {
	texts   []written
	fields  []painted
	faults  []string
	counted int
}

// around is what an object is in.
type around struct {
	at       fyne.Position
	clip     box // what is seen
	reach    box // what can be seen: more than clip where one can scroll
	disabled bool
	typed    bool // within an entry, whose text scrolls
	owner    box  // of the text or button that says it; empty for none
}

// inspect fails for texts that are cut, cover each other, are too pale, or have characters that the embedded fonts lack, and for what
// can be tapped and is too small or out of reach.
func (p Page) inspect(t testing.TB, field string) {
	t.Helper()
	size := p.Window.Canvas().Size()
	all := boxOf(fyne.Position{}, size)
	th := fyne.CurrentApp().Settings().Theme()
	behind := color.NRGBAModel.Convert(th.Color(theme.ColorNameBackground, fyne.CurrentApp().Settings().ThemeVariant())).(color.NRGBA)
	i := &inspector{fields: []painted{{in: all, fill: behind}}}
	i.walk(p.Window.Content(), around{clip: all, reach: all})
	for _, o := range p.Window.Canvas().Overlays().List() {
		i.fields = append(i.fields, painted{in: all, order: i.counted, blank: true}) // what is behind is dimmed, and cannot be tapped
		i.texts = nil
		i.walk(o, around{clip: all, reach: all})
	}
	i.overlaps()
	for _, fault := range i.faults {
		t.Errorf("%s: %s", field, fault)
	}
}

func (i *inspector) fault(format string, a ...any) {
	i.faults = append(i.faults, fmt.Sprintf(format, a...))
}

func (i *inspector) walk(o fyne.CanvasObject, in around) {
	if o == nil || !o.Visible() {
		return
	}
	i.counted++
	in.at = in.at.Add(o.Position())
	here := boxOf(in.at, o.Size())
	switch o := o.(type) {
	case *canvas.Text:
		i.write(o, here, in)
	case *canvas.Rectangle:
		fill := color.NRGBAModel.Convert(o.FillColor).(color.NRGBA)
		i.fields = append(i.fields, painted{in: here.and(in.clip), order: i.counted, fill: fill})
	case *canvas.Raster, *canvas.Image, *canvas.LinearGradient:
		i.fields = append(i.fields, painted{in: here.and(in.clip), order: i.counted, blank: true})
	}
	if d, ok := o.(fyne.Disableable); ok {
		in.disabled = d.Disabled()
	}
	if _, ok := o.(fyne.Tappable); ok && !in.disabled && !private(o) {
		i.reachable(o, here, in)
	}
	switch o.(type) {
	case *widget.Entry:
		in.typed = true
	case *widget.Label, *widget.RichText, *widget.Button, *widget.Check, *widget.Select:
		in.owner = here
	}
	if clips(o) {
		in.clip, in.reach = here.and(in.clip), here.and(in.reach)
		in.reach = scrolled(o, in.reach)
	}
	for _, child := range inside(o) {
		i.walk(child, in)
	}
}

// private reports whether o is a part of one of Fyne's widgets that is tapped with it, or grows under the pointer.
func private(o fyne.CanvasObject) bool {
	kind := fmt.Sprintf("%T", o)
	return strings.HasSuffix(kind, ".scrollBarArea") || strings.HasSuffix(kind, ".selectable")
}

// clips reports whether what o holds is cut at its edges.
func clips(o fyne.CanvasObject) bool {
	if _, scrolls := o.(fyne.Scrollable); scrolls {
		return true
	}
	w, ok := o.(fyne.Widget)
	if !ok {
		return false
	}
	_, clip := test.WidgetRenderer(w).(interface{ IsClip() })
	return clip
}

// scrolled is what can be brought into a field by scrolling.
func scrolled(o fyne.CanvasObject, field box) box {
	const far = 1e6
	direction := container.ScrollBoth
	if s, ok := o.(*container.Scroll); ok {
		direction = s.Direction
	}
	if direction == container.ScrollBoth || direction == container.ScrollVerticalOnly {
		field.top, field.bottom = -far, far
	}
	if direction == container.ScrollBoth || direction == container.ScrollHorizontalOnly {
		field.left, field.right = -far, far
	}
	return field
}

// write notes a text, and that it is cut.
func (i *inspector) write(o *canvas.Text, here box, in around) {
	if strings.TrimSpace(o.Text) == "" || in.clip.empty() {
		return
	}
	size := fyne.MeasureText(o.Text, o.TextSize, o.TextStyle)
	drawn := here
	drawn.right = drawn.left + size.Width
	switch o.Alignment {
	case fyne.TextAlignCenter:
		drawn.left = here.left + (here.width()-size.Width)/2
		drawn.right = drawn.left + size.Width
	case fyne.TextAlignTrailing:
		drawn.left, drawn.right = here.right-size.Width, here.right
	case fyne.TextAlignLeading:
	}
	drawn.top += (here.height() - size.Height) / 2
	drawn.bottom = drawn.top + size.Height
	if _, _, _, alpha := o.Color.RGBA(); alpha == 0 {
		return
	}
	if !in.typed {
		if !drawn.within(in.reach, 1) {
			i.fault("%q is cut: it takes %v, and %v can be seen", o.Text, drawn, in.reach)
		} else if size.Width > here.width()+1 && here.width() > 0 { // Fyne leaves the hints of forms without a size, and draws them
			i.fault("%q leaves its field: it is %.0f wide in %v", o.Text, size.Width, here)
		} else if !in.owner.empty() && (drawn.left < in.owner.left-1 || drawn.right > in.owner.right+1) {
			i.fault("%q leaves what says it: it takes %v of %v", o.Text, drawn, in.owner)
		}
	}
	for _, r := range o.Text {
		if !embedded(r, o.TextStyle) {
			i.fault("%q has %q, which is not in the embedded fonts", o.Text, r)
		}
	}
	w := written{text: o.Text, in: drawn, visible: drawn.and(in.clip), order: i.counted}
	if w.visible.empty() {
		return
	}
	if c, known := i.contrast(w, o.Color); known {
		if bound := enough(o, in.disabled); c < bound {
			i.fault("%q is pale: its contrast is %.1f : 1, want %.1f", o.Text, c, bound)
		}
	}
	i.texts = append(i.texts, w)
}

// enough is the contrast that a text needs by WCAG 2.2, 1.4.3. It asks for none of what is disabled; we ask for some.
func enough(o *canvas.Text, disabled bool) float64 {
	switch {
	case disabled:
		return 2.4
	case o.TextSize >= 24, o.TextSize >= 18.66 && o.TextStyle.Bold:
		return 3
	}
	return 4.5
}

// reachable fails for what can be tapped and is too small, or where one cannot get to.
func (i *inspector) reachable(o fyne.CanvasObject, here box, in around) {
	if here.and(in.reach).empty() {
		i.fault("a %T of %v cannot be reached: %v can be seen", o, here, in.reach)
		return
	}
	if here.width() < least || here.height() < least {
		i.fault("a %T of %v is hard to hit: want at least %d each way", o, here, least)
	}
}

// overlaps fails for texts that cover each other, unless an opaque field is drawn in between.
func (i *inspector) overlaps() {
	for n, b := range i.texts {
		for _, a := range i.texts[:n] {
			shared := a.visible.and(b.visible)
			if shared.width() < 2 || shared.height() < 4 || i.covered(shared, a.order, b.order) {
				continue
			}
			i.fault("%q (%v) and %q (%v) cover each other", a.text, a.in, b.text, b.in)
		}
	}
}

// covered reports whether an opaque field lies over a box, drawn between two others.
func (i *inspector) covered(b box, after, before int) bool {
	for _, f := range i.fields {
		if f.order > after && f.order < before && (f.fill.A == 0xff || f.blank) && b.within(f.in, 1) {
			return true
		}
	}
	return false
}
