package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Room that Fyne's dialogs take above what they show, for their own title.
const dialogTitle = 28

// Titled is what a dialog without a title of its own shows: Fyne sets titles into the very corner, in the size of text. This one is
// larger, and stands above the left edge of the body.
func Titled(title string, body fyne.CanvasObject) fyne.CanvasObject {
	head := NewLine(Style{Bold: true, Size: theme.SizeNameSubHeadingText}, title)
	return container.New(Margin(6, 6, -dialogTitle, 4), Border(container.New(Margin(0, 0, 0, 12), head), nil, nil, nil, body))
}
