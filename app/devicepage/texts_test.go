package devicepage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// textsOf are the texts of o and of all in it.
func (p *Page) textsOf(o fyne.CanvasObject) (all []string) {
	switch o := o.(type) {
	case *fyne.Container:
		for _, inner := range o.Objects {
			all = append(all, p.textsOf(inner)...)
		}
	case *container.Scroll:
		all = p.textsOf(o.Content)
	case *look.Line:
		all = []string{o.Text()}
	case *widget.Label:
		all = []string{o.Text}
	case *gauge:
		all = []string{o.name.Text(), o.text.Text()}
	}
	return all
}
