package chart

import (
	"image"
	"image/color"
)

// ink is what a picture is drawn with: pixels or SVG. One drawing serves both, so that an export shows what the screen does.
type ink interface {
	// clear fills the whole picture.
	clear(c color.NRGBA)
	// within makes the shapes that follow count from the corner of box and end at its edges. Text is not affected.
	within(box image.Rectangle)
	// bar fills whole pixels.
	bar(r image.Rectangle, c color.NRGBA)
	// polyline strokes the line through points; width is in pixels, joins and ends are round. A point whose x is NaN interrupts
	// the line.
	polyline(points []pt, width float64, c color.NRGBA)
	// spans draws one vertical span for each column of pixels that has points.
	spans(points []pt, width float64, c color.NRGBA)
	disc(at pt, radius float64, c color.NRGBA)
	roundRect(x0, y0, x1, y1, radius float64, c color.NRGBA)
	// convex fills a convex polygon whose corners are in clockwise order on screen.
	convex(corners []pt, c color.NRGBA)
	// write puts a text with its left end at x and its baseline at y, counted from the corner of the picture.
	write(l *label, x, baseline int, c color.NRGBA)
}

// writeMiddle puts l with its capitals centred on y.
func writeMiddle(k ink, l *label, x int, y float64, c color.NRGBA) {
	k.write(l, x, roundInt(y+float64(l.capital)/2), c)
}
