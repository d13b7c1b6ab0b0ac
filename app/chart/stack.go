package chart

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
)

// Stack is figures one above the other. The first is shown in full, the others are usually Slim and as wide.
type Stack struct {
	Figures []Figure
	Heights []float64 // relative; all equal if nil
}

// StackLeft is the room left of the plots of a stack, enough for any label.
const StackLeft = 64

// NewStack lines figures up: those after the first are slim and show x as far as the first does, which has three times their height.
func NewStack(figures ...Figure) Stack {
	s := Stack{Figures: figures}
	if len(figures) == 1 {
		return s
	}
	for i := range figures {
		figures[i].Left = StackLeft
		if figures[i].Slim = i > 0; figures[i].Slim {
			figures[i].Along = figures[0].Lines
		}
		s.Heights = append(s.Heights, 1)
	}
	s.Heights[0] = 3
	return s
}

// Split shares a height out among the figures: the top of each, and the end of the last. least is what a slim figure needs.
func (s Stack) Split(height, least float64) []float64 {
	n := len(s.Figures)
	total := 0.0
	for i := range n {
		total += s.weight(i)
	}
	edges := make([]float64, n+1)
	at := height
	for i := n - 1; i >= 0; i-- { // from below, so that the first gives what the others need
		edges[i+1] = at
		at -= max(height*s.weight(i)/total, least)
	}
	return edges
}

func (s Stack) weight(i int) float64 {
	if i < len(s.Heights) {
		return s.Heights[i]
	}
	return 1
}

// slimLeast is the least height of a figure in an exported stack, logical pixels.
const slimLeast = 64

// WritePNG writes the stack as PNG, width x height logical pixels at the given scale.
func (s Stack) WritePNG(w io.Writer, t Theme, width, height int, scale float64) error {
	px, py := int(math.Round(float64(width)*scale)), int(math.Round(float64(height)*scale))
	if px < 1 || py < 1 || px > 1<<15 || py > 1<<15 {
		return fmt.Errorf("chart: picture of %d x %d at scale %g: sides must be 1 to %d pixels", width, height, scale, 1<<15)
	}
	dst := image.NewRGBA(image.Rect(0, 0, px, py))
	edges := s.Split(float64(height), slimLeast)
	for i, f := range s.Figures {
		top, end := int(math.Round(edges[i]*scale)), int(math.Round(edges[i+1]*scale))
		Draw(dst.SubImage(image.Rect(0, top, px, end)).(*image.RGBA), f, t, scale)
	}
	if err := png.Encode(w, dst); err != nil {
		return fmt.Errorf("chart: write picture: %w", err)
	}
	return nil
}

// WriteSVG writes the stack as SVG, width x height logical pixels.
func (s Stack) WriteSVG(w io.Writer, t Theme, width, height int) error {
	if width < 1 || height < 1 || width > 1<<15 || height > 1<<15 {
		return fmt.Errorf("chart: picture of %d x %d: sides must be 1 to %d pixels", width, height, 1<<15)
	}
	p := pens.Get().(*pen)
	defer pens.Put(p)
	clips := 0
	whole := vectors{size: image.Pt(width, height), clips: &clips}
	edges := s.Split(float64(height), slimLeast)
	for i, f := range s.Figures {
		top := int(math.Round(edges[i]))
		part := vectors{size: image.Pt(width, int(math.Round(edges[i+1]))-top), clips: &clips}
		if part.size.Y < 1 {
			continue
		}
		l := p.layout(f, part.size, 1)
		p.draw(&part, &l, t)
		part.end()
		whole.put(`<g transform="translate(0 %d)">`, top)
		whole.body.Write(part.body.Bytes())
		whole.put("</g>")
	}
	p.ink = nil
	return whole.writeTo(w)
}
