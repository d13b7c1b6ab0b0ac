package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// stageBar shows how far a run is: two texts above a bar with one segment for each stage, as long as its share of the
// tokens.
type stageBar struct {
	widget.BaseWidget
	shown progress
}

func newStageBar() *stageBar {
	b := &stageBar{}
	b.ExtendBaseWidget(b)
	return b
}

func (b *stageBar) show(p progress) {
	b.shown = p
	b.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (b *stageBar) CreateRenderer() fyne.WidgetRenderer {
	r := &stageBarRenderer{bar: b, left: look.NewLine(look.Style{Fit: true, Bold: true}, ""), right: look.NewLine(look.Quiet.AtRight(), "")}
	r.objects = []fyne.CanvasObject{r.left, r.right}
	r.Refresh()
	return r
}

// stageBarRenderer draws each segment as a track with a fill on it.
type stageBarRenderer struct {
	bar           *stageBar
	left, right   *look.Line
	tracks, fills []*canvas.Rectangle
	objects       []fyne.CanvasObject
	size          fyne.Size
}

// Sizes of a stageBar.
const (
	barHeight  = 7
	barGap     = 3 // between segments
	minSegment = 4
)

func (r *stageBarRenderer) Destroy()                     {}
func (r *stageBarRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *stageBarRenderer) MinSize() fyne.Size {
	return fyne.NewSize(260, r.left.MinSize().Height+barHeight+5)
}

func (r *stageBarRenderer) Layout(size fyne.Size) {
	r.size = size
	text := r.left.MinSize().Height
	right := min(r.right.MinSize().Width, size.Width*0.6)
	r.right.Resize(fyne.NewSize(right, text))
	r.right.Move(fyne.NewPos(size.Width-right, 0))
	r.left.Resize(fyne.NewSize(max(size.Width-right-12, 0), text))
	r.left.Move(fyne.NewPos(0, 0))
	r.place(text + 5)
}

// place lays the segments out from left to right and fills them up to the fraction done.
func (r *stageBarRenderer) place(y float32) {
	parts := segmentWidths(r.bar.shown.segments, r.size.Width)
	done := float32(r.bar.shown.fraction)
	var x, before float32
	total := float32(0)
	for _, s := range r.bar.shown.segments {
		total += float32(s)
	}
	for i, track := range r.tracks {
		fill := r.fills[i]
		track.Hidden = i >= len(parts)
		share := float32(1) // an empty plan is one segment that stays empty
		if len(r.bar.shown.segments) > 0 && !track.Hidden {
			share = float32(r.bar.shown.segments[i]) / total
		}
		fill.Hidden = track.Hidden || done <= before
		if track.Hidden {
			continue
		}
		width := parts[i]
		track.Move(fyne.NewPos(x, y))
		track.Resize(fyne.NewSize(width, barHeight))
		fill.Move(fyne.NewPos(x, y))
		fill.Resize(fyne.NewSize(width*min((done-before)/share, 1), barHeight))
		x += width + barGap
		before += share
	}
}

// segmentWidths shares width out in proportion to the segments, with gaps between and none too narrow to see.
func segmentWidths(segments []float64, width float32) []float32 {
	if len(segments) == 0 {
		return []float32{width}
	}
	var total float64
	for _, s := range segments {
		total += s
	}
	free := max(width-float32(len(segments)-1)*barGap-float32(len(segments))*minSegment, 0)
	parts := make([]float32, len(segments))
	for i, s := range segments {
		parts[i] = minSegment
		if total > 0 {
			parts[i] += free * float32(s/total)
		}
	}
	return parts
}

func (r *stageBarRenderer) Refresh() {
	p := r.bar.shown
	r.left.Set(p.left)
	r.right.Set(p.right)
	r.left.Paint(theme.ColorNameForeground)
	if p.bad {
		r.left.Paint(theme.ColorNameError)
	}
	for len(r.tracks) < max(len(p.segments), 1) {
		r.addSegment()
	}
	t, v := r.bar.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	for i := range r.tracks {
		r.tracks[i].FillColor = t.Color(theme.ColorNameSeparator, v)
		r.fills[i].FillColor = t.Color(theme.ColorNamePrimary, v)
	}
	r.Layout(r.bar.Size())
	canvas.Refresh(r.bar)
}

func (r *stageBarRenderer) addSegment() {
	for _, list := range []*[]*canvas.Rectangle{&r.tracks, &r.fills} {
		rect := canvas.NewRectangle(color.Transparent)
		rect.CornerRadius = barHeight / 2
		*list = append(*list, rect)
		r.objects = append(r.objects, rect)
	}
}
