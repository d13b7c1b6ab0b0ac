package plot

import "fyne.io/fyne/v2"

// FocusGained is for Fyne.
func (c *Chart) FocusGained() {
	c.focused = true
	c.refreshOverlay()
}

// FocusLost is for Fyne.
func (c *Chart) FocusLost() {
	c.focused = false
	c.refreshOverlay()
}

// keyPan is the part of the view that an arrow key moves.
const keyPan = 0.1

// TypedKey is for Fyne.
func (c *Chart) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		if c.OnEscape == nil || !c.OnEscape() {
			c.Fit()
		}
	case fyne.KeyHome:
		c.Fit()
	case fyne.KeyLeft:
		c.moveX(-keyPan)
	case fyne.KeyRight:
		c.moveX(keyPan)
	case fyne.KeyUp:
		c.moveY(keyPan)
	case fyne.KeyDown:
		c.moveY(-keyPan)
	default:
		if c.OnTypedKey != nil {
			c.OnTypedKey(e)
		}
	}
}

func (c *Chart) moveX(part float64) {
	if !c.layout.Empty {
		c.SetView(c.panned(part), c.figure.Y)
	}
}

func (c *Chart) moveY(part float64) {
	if !c.layout.Empty {
		c.SetView(c.figure.X, c.layout.Y.Pan(part, c.figure.LogY))
	}
}

// TypedRune is for Fyne: + and - zoom at the middle along x, ] and [ in height, a digit shows or hides the line of that number, comma
// and full stop move the cursor.
func (c *Chart) TypedRune(r rune) {
	if c.layout.Empty {
		return
	}
	plot := c.layout.Plot
	const step = wheelNotch * wheelNotch
	middle, height := c.layout.XValue(float64(plot.Min.X+plot.Max.X)/2), c.layout.YValue(float64(plot.Min.Y+plot.Max.Y)/2)
	switch {
	case r == '+' || r == '=':
		c.zoomX(middle, step)
	case r == '-':
		c.zoomX(middle, 1/step)
	case r == ']':
		c.zoomY(height, step)
	case r == '[':
		c.zoomY(height, 1/step)
	case r >= '1' && r <= '9':
		c.ToggleLine(int(r - '1'))
	case r == ',':
		c.stepCursor(-1)
	case r == '.':
		c.stepCursor(1)
	case c.OnTypedRune != nil:
		c.OnTypedRune(r)
	}
}

// stepCursor moves the cursor by a point of the first line, or by a pixel where points are closer than pixels.
func (c *Chart) stepCursor(by int) {
	px := float64(c.layout.Plot.Min.X+c.layout.Plot.Max.X) / 2
	if at := float64(c.pointer.at.X * c.dots); c.pointer.over && at >= float64(c.layout.Plot.Min.X) {
		px = min(at, float64(c.layout.Plot.Max.X))
	}
	x := c.layout.XValue(px)
	next, y, ok := c.figure.Neighbour(x, by, c.layout.XValue(px+1)-c.layout.XValue(px))
	if !ok {
		return
	}
	if next < c.layout.X.Lo || next > c.layout.X.Hi {
		c.moveX(float64(by) * keyPan)
	}
	at := fyne.NewPos(float32(c.layout.XPixel(next)+0.01)/c.dots, float32(c.layout.YPixel(y))/c.dots)
	top, bottom := float32(c.layout.Plot.Min.Y)/c.dots, float32(c.layout.Plot.Max.Y-1)/c.dots
	at.Y = max(min(at.Y, bottom), top)
	c.point(at)
}
