package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// strip is the titles of tabs, with a line below that of the page on show.
type strip struct {
	widget.BaseWidget
	tabs    *Tabs
	titles  []*canvas.Text
	hovered int // -1 for none
	focused bool
}

var (
	_ fyne.Tappable     = (*strip)(nil)
	_ fyne.Focusable    = (*strip)(nil)
	_ desktop.Hoverable = (*strip)(nil)
)

func newStrip(t *Tabs) *strip {
	s := &strip{tabs: t, hovered: -1}
	s.ExtendBaseWidget(s)
	return s
}

func (s *strip) add(title string) {
	text := canvas.NewText(title, color.Transparent)
	text.TextStyle.Bold, text.Alignment = true, fyne.TextAlignCenter
	s.titles = append(s.titles, text)
	s.Refresh()
}

// at is the title at a place, -1 if there is none.
func (s *strip) at(p fyne.Position) int {
	for i, t := range s.titles {
		if p.X >= t.Position().X && p.X < t.Position().X+t.Size().Width && p.Y < t.Size().Height {
			return i
		}
	}
	return -1
}

// Tapped implements fyne.Tappable.
func (s *strip) Tapped(e *fyne.PointEvent) { s.tabs.SelectIndex(s.at(e.Position)) }

// MouseIn implements desktop.Hoverable.
func (s *strip) MouseIn(e *desktop.MouseEvent) { s.hover(s.at(e.Position)) }

// MouseMoved implements desktop.Hoverable.
func (s *strip) MouseMoved(e *desktop.MouseEvent) { s.hover(s.at(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (s *strip) MouseOut() { s.hover(-1) }

func (s *strip) hover(i int) {
	if s.hovered != i {
		s.hovered = i
		s.Refresh()
	}
}

// FocusGained implements fyne.Focusable.
func (s *strip) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements fyne.Focusable.
func (s *strip) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune implements fyne.Focusable.
func (s *strip) TypedRune(rune) {}

// TypedKey implements fyne.Focusable: the arrow keys turn the page, around the ends.
func (s *strip) TypedKey(e *fyne.KeyEvent) {
	n, i := len(s.titles), s.tabs.SelectedIndex()
	switch e.Name {
	case fyne.KeyLeft:
		s.tabs.SelectIndex((i + n - 1) % n)
	case fyne.KeyRight:
		s.tabs.SelectIndex((i + 1) % n)
	case fyne.KeyHome:
		s.tabs.SelectIndex(0)
	case fyne.KeyEnd:
		s.tabs.SelectIndex(n - 1)
	default:
		if s.tabs.Others != nil {
			s.tabs.Others(e)
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	r := &stripRenderer{s: s}
	for _, o := range []**canvas.Rectangle{&r.under, &r.ring, &r.divider, &r.line} {
		*o = canvas.NewRectangle(color.Transparent)
	}
	r.ring.StrokeWidth = 2
	r.paint()
	return r
}

type stripRenderer struct {
	s             *strip
	under, ring   *canvas.Rectangle // behind the title that is pointed at; around the one on show, with the focus
	divider, line *canvas.Rectangle // below all titles, below the one on show
}

func (r *stripRenderer) Destroy() {}

func (r *stripRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.under, r.divider, r.line}
	for _, t := range r.s.titles {
		all = append(all, t)
	}
	return append(all, r.ring)
}

// height is that of the titles.
func (r *stripRenderer) height() float32 {
	t, least := r.s.Theme(), float32(0)
	for _, title := range r.s.titles {
		least = max(least, title.MinSize().Height)
	}
	return max(least, t.Size(theme.SizeNameInlineIcon)) + 2*t.Size(theme.SizeNameInnerPadding)
}

func (r *stripRenderer) MinSize() fyne.Size {
	t := r.s.Theme()
	gap, width := t.Size(theme.SizeNamePadding), float32(0)
	for _, title := range r.s.titles {
		width += title.MinSize().Width + 2*t.Size(theme.SizeNameInnerPadding) + gap
	}
	return fyne.NewSize(max(width-gap, 0), r.height()+gap)
}

func (r *stripRenderer) Layout(size fyne.Size) {
	t := r.s.Theme()
	gap, thick := t.Size(theme.SizeNamePadding), t.Size(theme.SizeNameSeparatorThickness)
	height, x := r.height(), float32(0)
	for _, title := range r.s.titles {
		width := title.MinSize().Width + 2*t.Size(theme.SizeNameInnerPadding)
		title.Move(fyne.NewPos(x, 0))
		title.Resize(fyne.NewSize(width, height))
		x += width + gap
	}
	r.divider.Move(fyne.NewPos(0, height))
	r.divider.Resize(fyne.NewSize(size.Width, thick))
	r.put(r.under, r.s.hovered, 0)
	r.put(r.ring, r.s.tabs.SelectedIndex(), 1)
	r.put(r.line, r.s.tabs.SelectedIndex(), 0)
	r.line.Move(r.line.Position().AddXY(0, height))
	r.line.Resize(fyne.NewSize(r.line.Size().Width, thick+1))
}

// put lays o over title i, less a margin.
func (r *stripRenderer) put(o *canvas.Rectangle, i int, margin float32) {
	if i >= 0 && i < len(r.s.titles) {
		o.Move(r.s.titles[i].Position().AddXY(margin, margin))
		o.Resize(r.s.titles[i].Size().SubtractWidthHeight(2*margin, 2*margin))
	}
}

// paint gives everything its colour of now.
func (r *stripRenderer) paint() {
	t, v := r.s.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	for i, title := range r.s.titles {
		title.TextSize, title.Color = t.Size(theme.SizeNameText), t.Color(theme.ColorNameForeground, v)
		if i == r.s.tabs.SelectedIndex() {
			title.Color = t.Color(theme.ColorNamePrimary, v)
		}
	}
	r.under.FillColor, r.divider.FillColor = t.Color(theme.ColorNameHover, v), t.Color(theme.ColorNameSeparator, v)
	r.line.FillColor, r.ring.StrokeColor = t.Color(theme.ColorNamePrimary, v), t.Color(theme.ColorNamePrimary, v)
	radius := t.Size(theme.SizeNameSelectionRadius)
	r.under.CornerRadius, r.ring.CornerRadius = radius, radius
	r.under.Hidden, r.ring.Hidden = r.s.hovered < 0, !r.s.focused
	r.line.Hidden = len(r.s.titles) == 0
}

func (r *stripRenderer) Refresh() {
	r.paint()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}
