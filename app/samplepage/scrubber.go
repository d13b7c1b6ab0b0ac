package samplepage

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// scrubber is a bar over the steps of a run, with a segment for each stage and a mark at each sample. Dragging, tapping and the
// arrow keys choose the sample next to where they point.
type scrubber struct {
	widget.BaseWidget
	bounds  []int64 // last step of each stage; the last of them is the end of the bar
	marks   []int64 // steps of the samples, ascending
	at      int     // of marks; -1 for none
	chosen  func(mark int)
	others  func(*fyne.KeyEvent) // takes the keys that the bar has no use for; may be nil
	focused bool
}

func newScrubber(chosen func(mark int)) *scrubber {
	s := &scrubber{at: -1, chosen: chosen}
	s.ExtendBaseWidget(s)
	return s
}

// show sets what the bar stands for.
func (s *scrubber) show(bounds, marks []int64, at int) {
	if slices.Equal(bounds, s.bounds) && slices.Equal(marks, s.marks) && at == s.at {
		return
	}
	s.bounds, s.marks, s.at = bounds, marks, at
	s.Refresh()
}

// end is the step at the right end.
func (s *scrubber) end() int64 {
	end := int64(1)
	if n := len(s.bounds); n > 0 {
		end = max(end, s.bounds[n-1])
	}
	if n := len(s.marks); n > 0 {
		end = max(end, s.marks[n-1])
	}
	return end
}

// edge is the room at both ends, so that the handle stays inside.
const edge = 8

func (s *scrubber) x(step int64) float32 {
	return edge + (s.Size().Width-2*edge)*float32(step)/float32(s.end())
}

// point chooses the mark next to x.
func (s *scrubber) point(x float32) {
	best, near := -1, float32(0)
	for i, step := range s.marks {
		d := s.x(step) - x
		if d < 0 {
			d = -d
		}
		if best < 0 || d <= near { // of several in one place the newest
			best, near = i, d
		}
	}
	s.choose(best)
}

func (s *scrubber) choose(mark int) {
	if mark >= 0 && mark < len(s.marks) && mark != s.at {
		s.chosen(mark)
	}
}

// Tapped implements fyne.Tappable.
func (s *scrubber) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
	s.point(e.Position.X)
}

// Dragged implements fyne.Draggable.
func (s *scrubber) Dragged(e *fyne.DragEvent) { s.point(e.Position.X) }

// DragEnd implements fyne.Draggable.
func (s *scrubber) DragEnd() {}

// Scrolled implements fyne.Scrollable.
func (s *scrubber) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY > 0 || e.Scrolled.DX > 0 {
		s.choose(s.at - 1)
	} else {
		s.choose(s.at + 1)
	}
}

// Cursor implements desktop.Cursorable.
func (s *scrubber) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (s *scrubber) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements fyne.Focusable.
func (s *scrubber) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune implements fyne.Focusable.
func (s *scrubber) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (s *scrubber) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyDown:
		s.choose(s.at - 1)
	case fyne.KeyRight, fyne.KeyUp:
		s.choose(s.at + 1)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(len(s.marks) - 1)
	default:
		if s.others != nil {
			s.others(e)
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (s *scrubber) CreateRenderer() fyne.WidgetRenderer {
	r := &scrubberRenderer{bar: s, handle: canvas.NewCircle(color.Transparent), hole: canvas.NewCircle(color.Transparent)}
	r.Refresh()
	return r
}

// scrubberRenderer keeps a pool of stages and marks; what is not needed is hidden.
type scrubberRenderer struct {
	bar          *scrubber
	stages       []*canvas.Rectangle
	marks        []*canvas.Rectangle
	handle, hole *canvas.Circle
	objects      []fyne.CanvasObject
}

const (
	trackHeight = 6
	markHeight  = 12
	handleSize  = 14
)

func (r *scrubberRenderer) Destroy()                     {}
func (r *scrubberRenderer) MinSize() fyne.Size           { return fyne.NewSize(120, handleSize+6) }
func (r *scrubberRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *scrubberRenderer) Layout(size fyne.Size) {
	s, middle := r.bar, size.Height/2
	from := int64(0)
	for i, stage := range r.stages {
		if stage.Hidden = i >= len(s.bounds); stage.Hidden {
			continue
		}
		left, right := s.x(from), s.x(s.bounds[i])
		stage.Move(fyne.NewPos(left, middle-trackHeight/2))
		stage.Resize(fyne.NewSize(max(right-left-2, 1), trackHeight))
		from = s.bounds[i]
	}
	for i, mark := range r.marks {
		if mark.Hidden = i >= len(s.marks); !mark.Hidden {
			mark.Move(fyne.NewPos(s.x(s.marks[i])-1, middle-markHeight/2))
			mark.Resize(fyne.NewSize(2, markHeight))
		}
	}
	r.handle.Hidden = s.at < 0 || s.at >= len(s.marks)
	r.hole.Hidden = r.handle.Hidden || !s.focused
	if !r.handle.Hidden {
		x := s.x(s.marks[s.at])
		for _, c := range []struct {
			circle *canvas.Circle
			size   float32
		}{{r.handle, handleSize}, {r.hole, handleSize - 6}} {
			c.circle.Move(fyne.NewPos(x-c.size/2, middle-c.size/2))
			c.circle.Resize(fyne.NewSize(c.size, c.size))
		}
	}
}

func (r *scrubberRenderer) Refresh() {
	if len(r.stages) < len(r.bar.bounds) || len(r.marks) < len(r.bar.marks) || r.objects == nil {
		r.fill()
	}
	t, v := r.bar.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	for _, stage := range r.stages {
		stage.FillColor = faded(t.Color(theme.ColorNamePlaceHolder, v))
	}
	for i, mark := range r.marks {
		mark.FillColor = t.Color(theme.ColorNamePlaceHolder, v)
		if i < r.bar.at {
			mark.FillColor = t.Color(theme.ColorNamePrimary, v)
		}
	}
	r.handle.FillColor = t.Color(theme.ColorNamePrimary, v)
	r.hole.FillColor = t.Color(theme.ColorNameBackground, v)
	r.Layout(r.bar.Size())
	canvas.Refresh(r.bar)
}

// faded is a colour that stays behind.
func faded(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = 0x48
	return n
}

// fill makes the objects that are missing, stages below marks below the handle.
func (r *scrubberRenderer) fill() {
	for _, pool := range []struct {
		list *[]*canvas.Rectangle
		n    int
	}{{&r.stages, len(r.bar.bounds)}, {&r.marks, len(r.bar.marks)}} {
		for len(*pool.list) < pool.n {
			rect := canvas.NewRectangle(color.Transparent)
			rect.CornerRadius = 1
			*pool.list = append(*pool.list, rect)
		}
	}
	r.objects = r.objects[:0]
	for _, rect := range append(slices.Clone(r.stages), r.marks...) {
		r.objects = append(r.objects, rect)
	}
	r.objects = append(r.objects, r.handle, r.hole)
}
