package planner

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/words"
)

// segment is a stage as the timeline draws it.
type segment struct {
	tokens, ramp int64
	params       int64
	labels       []string // the same, ever shorter
	bad          bool
}

// Timeline draws a plan as an area, parameters over tokens, in which compute is the area: a box for each stage, as wide as its
// tokens and as high as its parameters, what the stage adds in green, under the outline of the twin, which has the last stage's
// size from the first step on. Boundaries between stages can be dragged, or moved with the arrow keys: up and down choose one.
type Timeline struct {
	widget.BaseWidget

	// OnMoved runs when boundary n (from 1, the end of stage n) is moved to so many tokens from the beginning.
	OnMoved func(n int, tokens int64)
	// OnHelp runs with what explains the place under the pointer, "" when it left; may be nil.
	OnHelp func(string)
	// OnTypedKey takes the keys that the timeline has no use for; may be nil.
	OnTypedKey func(*fyne.KeyEvent)

	segments []segment
	total    int64
	hover    int // boundary under the pointer, 0 for none
	chosen   int // boundary that the keys move, counts from 1
	dragging int
	focused  bool
}

const (
	grab     = 6  // how near to a boundary the pointer takes it
	labelTop = 20 // room for the labels above the area
)

// NewTimeline is an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{chosen: 1}
	t.ExtendBaseWidget(t)
	return t
}

// set shows segments.
func (t *Timeline) set(all []segment) {
	t.segments = all
	t.total = 0
	for _, s := range all {
		t.total += s.tokens
	}
	t.chosen = min(max(t.chosen, 1), max(len(all)-1, 1))
	t.Refresh()
}

// boundary is where stage n, from 1, ends, in tokens.
func (t *Timeline) boundary(n int) int64 {
	var at int64
	for _, s := range t.segments[:n] {
		at += s.tokens
	}
	return at
}

// x is the place of a number of tokens.
func (t *Timeline) x(tokens int64) float32 {
	if t.total <= 0 {
		return 0
	}
	return float32(float64(tokens) / float64(t.total) * float64(t.Size().Width))
}

// Boundary is how far from the left the end of stage n, from 1, is drawn.
func (t *Timeline) Boundary(n int) float32 {
	if n < 1 || n > len(t.segments) {
		return 0
	}
	return t.x(t.boundary(n))
}

// tokensAt is the inverse of x.
func (t *Timeline) tokensAt(x float32) int64 {
	if t.Size().Width <= 0 {
		return 0
	}
	return int64(float64(x) / float64(t.Size().Width) * float64(t.total))
}

// near is the boundary at x, 0 for none.
func (t *Timeline) near(x float32) int {
	best, distance := 0, float32(grab)
	for n := 1; n < len(t.segments); n++ {
		if d := max(t.x(t.boundary(n))-x, x-t.x(t.boundary(n))); d <= distance {
			best, distance = n, d
		}
	}
	return best
}

// MouseIn implements desktop.Hoverable.
func (t *Timeline) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (t *Timeline) MouseMoved(e *desktop.MouseEvent) {
	if n := t.near(e.Position.X); n != t.hover {
		t.hover = n
		t.Refresh()
	}
	if t.OnHelp != nil {
		t.OnHelp(t.explain(e.Position.X))
	}
}

// MouseOut implements desktop.Hoverable.
func (t *Timeline) MouseOut() {
	if t.hover != 0 {
		t.hover = 0
		t.Refresh()
	}
	if t.OnHelp != nil {
		t.OnHelp("")
	}
}

// explain says in words what is at x.
func (t *Timeline) explain(x float32) string {
	if n := t.near(x); n > 0 {
		return fmt.Sprintf("The network grows after %s tokens, %s of the run: drag, or focus the timeline and press the arrow keys.",
			words.Count(t.boundary(n)), words.Percent(float64(t.boundary(n))/float64(max(t.total, 1))))
	}
	at := t.tokensAt(x)
	for i, s := range t.segments {
		if at < s.tokens || i == len(t.segments)-1 {
			return fmt.Sprintf("Stage %d: %s parameters on %s tokens, %s of the run. Area is compute; the outline is the twin.",
				i+1, words.Count(s.params), words.Count(s.tokens), words.Percent(float64(s.tokens)/float64(max(t.total, 1))))
		}
		at -= s.tokens
	}
	return ""
}

// Cursor implements desktop.Cursorable.
func (t *Timeline) Cursor() desktop.Cursor {
	if t.hover > 0 || t.dragging > 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// Dragged implements fyne.Draggable.
func (t *Timeline) Dragged(e *fyne.DragEvent) {
	if t.dragging == 0 {
		t.dragging = t.near(e.Position.X - e.Dragged.DX)
		if t.dragging == 0 {
			t.dragging = -1 // began elsewhere: nothing moves until the button is up
		}
	}
	if t.dragging > 0 && t.dragging < len(t.segments) {
		t.chosen = t.dragging
		t.move(t.dragging, t.tokensAt(e.Position.X))
		if t.OnHelp != nil {
			t.OnHelp(t.explain(t.Boundary(t.dragging)))
		}
	}
}

// DragEnd implements fyne.Draggable.
func (t *Timeline) DragEnd() { t.dragging = 0 }

func (t *Timeline) move(n int, tokens int64) {
	if t.OnMoved != nil {
		t.OnMoved(n, tokens)
	}
}

// Tapped implements fyne.Tappable: it takes the focus.
func (t *Timeline) Tapped(e *fyne.PointEvent) {
	if n := t.near(e.Position.X); n > 0 {
		t.chosen = n
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		c.Focus(t)
	}
	t.Refresh()
}

// FocusGained implements fyne.Focusable.
func (t *Timeline) FocusGained() {
	t.focused = true
	t.Refresh()
}

// FocusLost implements fyne.Focusable.
func (t *Timeline) FocusLost() {
	t.focused = false
	t.Refresh()
}

// TypedRune implements fyne.Focusable.
func (t *Timeline) TypedRune(rune) {}

// TypedKey implements fyne.Focusable: left and right move the chosen boundary by a hundredth of the run.
func (t *Timeline) TypedKey(e *fyne.KeyEvent) {
	step := max(t.total/100, 1)
	switch do := map[fyne.KeyName]func(){
		fyne.KeyLeft:  func() { t.move(t.chosen, t.boundary(t.chosen)-step) },
		fyne.KeyRight: func() { t.move(t.chosen, t.boundary(t.chosen)+step) },
		fyne.KeyUp:    func() { t.choose(t.chosen + 1) },
		fyne.KeyDown:  func() { t.choose(t.chosen - 1) },
	}[e.Name]; {
	case do != nil && len(t.segments) > 1:
		do()
	case t.OnTypedKey != nil:
		t.OnTypedKey(e)
	}
}

// choose lets the keys move boundary n, or the nearest that there is.
func (t *Timeline) choose(n int) {
	t.chosen = min(max(n, 1), len(t.segments)-1)
	t.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineRenderer{timeline: t, twin: canvas.NewRectangle(color.Transparent), note: canvas.NewText("", color.Transparent)}
	r.objects = []fyne.CanvasObject{r.twin, r.note}
	r.Refresh()
	return r
}

// timelineRenderer keeps its objects from refresh to refresh.
type timelineRenderer struct {
	timeline *Timeline
	twin     *canvas.Rectangle
	note     *canvas.Text
	boxes    []box
	objects  []fyne.CanvasObject
}

// box is what one stage is drawn of.
type box struct {
	old, fresh, ramp *canvas.Rectangle
	edge             *canvas.Rectangle // the boundary at its end
	grip             *canvas.Rectangle
	label            *canvas.Text
}

func (r *timelineRenderer) Destroy()                     {}
func (r *timelineRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *timelineRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, 132) }
func (r *timelineRenderer) Layout(fyne.Size)             { r.place() }

func (r *timelineRenderer) Refresh() {
	for len(r.boxes) < len(r.timeline.segments) {
		r.addBox()
	}
	r.paint()
	r.place()
	canvas.Refresh(r.timeline)
}

func (r *timelineRenderer) addBox() {
	rect := func(radius float32) *canvas.Rectangle {
		o := canvas.NewRectangle(color.Transparent)
		o.CornerRadius = radius
		r.objects = append(r.objects, o)
		return o
	}
	b := box{old: rect(2), fresh: rect(2), ramp: rect(2), edge: rect(0), grip: rect(3), label: canvas.NewText("", color.Transparent)}
	r.objects = append(r.objects, b.label)
	r.boxes = append(r.boxes, b)
}

// faded is a colour at a part of its strength.
func faded(c color.Color, strength float64) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = uint8(float64(n.A) * strength)
	return n
}

func (r *timelineRenderer) paint() {
	t := r.timeline
	th, v := t.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	of := func(name fyne.ThemeColorName) color.Color { return th.Color(name, v) }
	r.twin.StrokeColor, r.twin.StrokeWidth = faded(of(theme.ColorNamePlaceHolder), 0.7), 1
	r.twin.FillColor = faded(of(theme.ColorNameHeaderBackground), 0.6)
	r.note.Color, r.note.TextSize = of(theme.ColorNamePlaceHolder), th.Size(theme.SizeNameCaptionText)
	for i, b := range r.boxes {
		if i >= len(t.segments) {
			continue
		}
		b.old.FillColor, b.fresh.FillColor = faded(of(theme.ColorNamePrimary), 0.85), faded(of(theme.ColorNameSuccess), 0.85)
		if t.segments[i].bad {
			b.old.FillColor, b.fresh.FillColor = faded(of(theme.ColorNameError), 0.6), faded(of(theme.ColorNameError), 0.8)
		}
		b.ramp.FillColor = faded(of(theme.ColorNameBackground), 0.5)
		b.edge.FillColor, b.grip.FillColor = of(theme.ColorNameForeground), of(theme.ColorNameForeground)
		if !t.active(i + 1) {
			b.edge.FillColor, b.grip.FillColor = faded(of(theme.ColorNameForeground), 0.55), faded(of(theme.ColorNameForeground), 0.55)
		}
		b.label.Color, b.label.TextSize = of(theme.ColorNameForeground), th.Size(theme.SizeNameCaptionText)
		if t.segments[i].bad {
			b.label.Color = of(theme.ColorNameError)
		}
	}
}

// active reports whether boundary n is the one that pointer or keys would move.
func (t *Timeline) active(n int) bool {
	return t.hover == n || t.dragging == n || t.focused && t.chosen == n
}

// name writes the longest label that fits at x, or a little before it if it is the last one, and returns where the next may begin.
func (b box) name(labels []string, x, free, width float32) float32 {
	b.label.Hidden = true
	for _, text := range labels {
		wide := fyne.MeasureText(text, b.label.TextSize, b.label.TextStyle).Width
		at := max(min(x, width-wide), 0)
		if at < free {
			continue
		}
		b.label.Text, b.label.Hidden = text, false
		b.label.Move(fyne.NewPos(at, 2))
		b.label.Resize(fyne.NewSize(wide, 14))
		return at + wide + 8
	}
	return free
}

func (r *timelineRenderer) place() {
	t, size := r.timeline, r.timeline.Size()
	var most int64 = 1
	for _, s := range t.segments {
		most = max(most, s.params)
	}
	area := max(size.Height-labelTop, 1)
	height := func(params int64) float32 { return float32(float64(params) / float64(most) * float64(area)) }
	put := func(o *canvas.Rectangle, x, top, width, tall float32) {
		o.Move(fyne.NewPos(x, top))
		o.Resize(fyne.NewSize(max(width, 0), max(tall, 0)))
	}
	r.twin.Hidden = len(t.segments) < 2
	r.note.Hidden = r.twin.Hidden
	put(r.twin, 0, labelTop, size.Width, area)
	r.note.Text = "the twin: the last size from the first step"
	r.note.Move(fyne.NewPos(8, labelTop+4))
	var begin, before int64
	free := float32(0) // where the last label ends
	for i, b := range r.boxes {
		shown := i < len(t.segments)
		for _, o := range []fyne.CanvasObject{b.old, b.fresh, b.ramp, b.edge, b.grip, b.label} {
			if shown != o.Visible() {
				if shown {
					o.Show()
				} else {
					o.Hide()
				}
			}
		}
		if !shown {
			continue
		}
		s := t.segments[i]
		if i == 0 {
			before = s.params
		}
		x, end := t.x(begin), t.x(begin+s.tokens)
		base, top := height(min(before, s.params)), height(s.params)
		put(b.old, x, size.Height-base, end-x-1, base)
		put(b.fresh, x, size.Height-top, end-x-1, top-base)
		put(b.ramp, x, size.Height-top, min(t.x(s.ramp), end-x-1), top-base)
		last := i == len(t.segments)-1
		b.edge.Hidden, b.grip.Hidden = last, last
		put(b.edge, end-1, labelTop, 1.5, area)
		put(b.grip, end-4, labelTop+area/2-11, 7, 22)
		free = b.name(s.labels, x+2, free, size.Width)
		begin, before = begin+s.tokens, s.params
	}
}
