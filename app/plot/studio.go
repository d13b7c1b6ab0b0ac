package plot

import (
	"image"
	"math"
	"time"

	"growlab/app/chart"
)

// slowFrame is how long a frame may take on the goroutine of the window: one of sixty in a second.
const slowFrame = 16 * time.Millisecond

// studio makes the pictures of a chart, and only when they would differ from the one on show. One that takes longer than slow is
// made on a goroutine of its own: meanwhile the picture before it is shown, and the window answers.
type studio struct {
	slow  time.Duration
	queue func(func()) // runs a function on the goroutine of the window

	front, back *image.RGBA // what is shown, and what the next picture is drawn on; reused from frame to frame
	took        time.Duration
	busy        bool // a goroutine draws on back
	stale       bool // what front shows, or what is being drawn, is out of date
}

// draw is the picture at device pixels, for Fyne's raster.
func (c *Chart) draw(w, h int) image.Image {
	fits := c.front != nil && c.front.Rect.Dx() == w && c.front.Rect.Dy() == h
	switch {
	case fits && (c.busy || !c.stale):
		return c.front
	case fits && c.took > c.slow:
		c.drawBehind()
		return c.front
	}
	if !fits {
		c.front = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if c.layout.Size() != c.front.Rect.Max {
		c.arrangeFor(w, h)
	}
	c.took = paintOn(c.front, &c.layout, c.colors())
	c.stale = false
	c.frames++
	return c.front
}

func paintOn(on *image.RGBA, l *chart.Layout, t chart.Theme) time.Duration {
	began := time.Now()
	l.Draw(on, t)
	return time.Since(began)
}

// drawBehind draws on another goroutine and shows the picture when it is done.
func (c *Chart) drawBehind() {
	size := c.front.Rect.Max
	if c.back == nil || c.back.Rect.Max != size {
		c.back = image.NewRGBA(c.front.Rect)
	}
	c.busy, c.stale = true, false
	on, f, t, dots, queue := c.back, clone(c.figure), c.colors(), c.dots, c.queue
	go func() {
		l := chart.Arrange(f, size.X, size.Y, float64(dots))
		took := paintOn(on, &l, t)
		queue(func() { c.show(on, l, took) })
	}()
}

// behind reports whether the chart draws on another goroutine: its layout is then that of the picture on show, until the next one
// comes.
func (c *Chart) behind() bool {
	size := c.Size()
	return c.front != nil && c.took > c.slow && c.front.Rect.Dx() == int(math.Round(float64(size.Width*c.dots))) &&
		c.front.Rect.Dy() == int(math.Round(float64(size.Height*c.dots)))
}

// xRange is what the chart shows along x, or will as soon as it is drawn.
func (c *Chart) xRange() chart.Range {
	if c.figure.X.Auto() || c.figure.X.Lo >= c.figure.X.Hi {
		return c.layout.X
	}
	return c.figure.X
}

// show takes a picture that a goroutine has drawn, and asks for the next one if it is out of date already.
func (c *Chart) show(picture *image.RGBA, l chart.Layout, took time.Duration) {
	c.busy, c.took = false, took
	c.frames++
	if c.front == nil || c.front.Rect != picture.Rect { // the chart has another size by now, and was drawn in it
		return
	}
	c.front, c.back = picture, c.front
	c.layout = l
	if c.rend == nil {
		return
	}
	c.rend.raster.Refresh()
	c.rend.overlay()
	c.repoint()
	if c.stale {
		c.drawBehind()
	}
}
