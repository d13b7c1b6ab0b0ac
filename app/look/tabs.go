package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Tabs are pages of which one is on show, below a strip with their titles. Unlike Fyne's, the strip takes the focus: Tab reaches it as
// one place, and the arrow keys turn the page. It makes no objects after Append.
type Tabs struct {
	widget.BaseWidget

	OnSelected func(int)            // runs after another page is on show; may be nil
	Others     func(*fyne.KeyEvent) // takes the keys that the strip has no use for; may be nil

	strip    *strip
	pages    []fyne.CanvasObject
	selected int
}

// NewTabs has no pages yet.
func NewTabs() *Tabs {
	t := &Tabs{}
	t.strip = newStrip(t)
	t.ExtendBaseWidget(t)
	return t
}

// Append adds a page; the first one is on show.
func (t *Tabs) Append(title string, page fyne.CanvasObject) {
	if len(t.pages) > 0 {
		page.Hide()
	}
	t.pages = append(t.pages, page)
	t.strip.add(title)
	t.Refresh()
}

// SelectedIndex is the number of the page on show, -1 for none.
func (t *Tabs) SelectedIndex() int { return min(t.selected, len(t.pages)-1) }

// Selected is the page on show; nil for none.
func (t *Tabs) Selected() fyne.CanvasObject {
	if len(t.pages) == 0 {
		return nil
	}
	return t.pages[t.selected]
}

// SelectIndex shows page i, if there is one.
func (t *Tabs) SelectIndex(i int) {
	if i < 0 || i >= len(t.pages) || i == t.selected {
		return
	}
	t.dropFocus()
	t.pages[t.selected].Hide()
	t.selected = i
	t.pages[i].Show()
	t.Refresh()
	if t.OnSelected != nil {
		t.OnSelected(i)
	}
}

// dropFocus takes the focus from the page that goes out of sight: it would still get the keys.
func (t *Tabs) dropFocus() {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(t)
	if c == nil || c.Focused() == nil {
		return
	}
	size := t.Selected().Size()
	at := driver.AbsolutePositionForObject(c.Focused().(fyne.CanvasObject)).Subtract(driver.AbsolutePositionForObject(t.Selected()))
	if at.X >= 0 && at.Y >= 0 && at.X < size.Width && at.Y < size.Height {
		c.Unfocus()
	}
}

// CreateRenderer implements fyne.Widget.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer { return &tabsRenderer{t} }

type tabsRenderer struct{ t *Tabs }

func (r *tabsRenderer) Destroy() {}

// Objects implements fyne.WidgetRenderer, in the order in which Tab reaches them.
func (r *tabsRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.t.strip}, r.t.pages...)
}

func (r *tabsRenderer) Layout(size fyne.Size) {
	top := r.t.strip.MinSize().Height
	r.t.strip.Resize(fyne.NewSize(size.Width, top))
	for _, p := range r.t.pages {
		p.Move(fyne.NewPos(0, top))
		p.Resize(fyne.NewSize(size.Width, max(size.Height-top, 0)))
	}
}

// MinSize is that of the largest page, on show or not, so that turning pages does not change the window.
func (r *tabsRenderer) MinSize() fyne.Size {
	var s fyne.Size
	for _, p := range r.t.pages {
		s = s.Max(p.MinSize())
	}
	return fyne.NewSize(max(s.Width, r.t.strip.MinSize().Width), s.Height+r.t.strip.MinSize().Height)
}

func (r *tabsRenderer) Refresh() {
	r.t.strip.Refresh()
	r.Layout(r.t.Size())
	canvas.Refresh(r.t)
}
