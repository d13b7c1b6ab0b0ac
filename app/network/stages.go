package network

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Stages is a small still picture of a plan: its networks side by side, each with what it adds to the one before in green.
type Stages struct {
	widget.BaseWidget
	shapes []Shape
}

// NewStages returns the picture of a plan with the given shapes.
func NewStages(shapes []Shape) *Stages {
	s := &Stages{shapes: shapes}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *Stages) CreateRenderer() fyne.WidgetRenderer { return &stagesRenderer{stages: s} }

type stagesRenderer struct {
	stages *Stages
	pool   pool
	size   fyne.Size
}

func (r *stagesRenderer) Destroy()                     {}
func (r *stagesRenderer) MinSize() fyne.Size           { return fyne.NewSize(180, 76) }
func (r *stagesRenderer) Objects() []fyne.CanvasObject { return r.pool.objects }

func (r *stagesRenderer) Layout(size fyne.Size) {
	if size != r.size {
		r.size = size
		r.Refresh()
	}
}

func (r *stagesRenderer) Refresh() {
	v := fyne.CurrentApp().Settings().ThemeVariant()
	r.pool.show(layStages(r.stages.shapes, r.size.Width, r.size.Height), nil, paletteOf(r.stages.Theme(), v))
}

// layStages places one stack of blocks for each shape on a common floor, all to one scale.
func layStages(shapes []Shape, w, h float32) []cell {
	var most Shape
	for _, s := range shapes {
		most = most.max(s)
	}
	if most.Layers == 0 || most.Hidden == 0 {
		return nil
	}
	const between = 18
	column := (w - between*float32(len(shapes)-1)) / float32(len(shapes))
	room := h / float32(most.Layers)
	gap := min(max(room*0.2, 0.5), 3)
	height := min(room-gap, 12)
	var cells []cell
	var before Shape
	for i, s := range shapes {
		left := float32(i) * (column + between)
		width := column * float32(s.Hidden) / float32(most.Hidden)
		was := column * float32(before.Hidden) / float32(most.Hidden)
		for j := range s.Layers {
			y := h - float32(j+1)*(height+gap)
			if i == 0 {
				was = width
			} else if j >= before.Layers {
				was = 0
			}
			if was > 0 {
				cells = append(cells, cell{x: left, y: y, w: was, h: height, tint: old, strength: 0.9})
			}
			if width > was {
				cells = append(cells, cell{x: left + was, y: y, w: width - was, h: height, tint: fresh, strength: 0.9})
			}
		}
		before = s
	}
	return cells
}
