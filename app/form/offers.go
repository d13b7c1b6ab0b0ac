package form

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Offer is a text that a person can take instead of typing one.
type Offer struct {
	Label string // in the menu
	Text  string // for the field
}

// noOffers stands in the menu where there is none.
const noOffers = "nothing to offer now"

// Offer puts an arrow into the field that opens a menu of what list returns then, so that a mouse alone can fill it. To be called
// before the field is shown, and on one of text.
func (f *Field) Offer(list func() []Offer) { f.offers = f.entry.Offer(list) }

// Offer puts the arrow into an entry; see Field.Offer.
func (e *Entry) Offer(list func() []Offer) *widget.Button {
	arrow := widget.NewButtonWithIcon("", theme.MenuDropDownIcon(), func() {
		c := fyne.CurrentApp().Driver().CanvasForObject(e)
		if c == nil {
			return
		}
		c.Unfocus() // what is taken replaces what was being typed
		widget.ShowPopUpMenuAtRelativePosition(e.menu(list()), c, fyne.NewPos(0, e.Size().Height), e)
	})
	arrow.Importance = widget.LowImportance
	e.ActionItem = arrow
	return arrow
}

func (e *Entry) menu(list []Offer) *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, o := range list {
		menu.Items = append(menu.Items, fyne.NewMenuItem(o.Label, func() { e.SetText(o.Text) }))
	}
	if len(list) == 0 {
		none := fyne.NewMenuItem(noOffers, nil)
		none.Disabled = true
		menu.Items = append(menu.Items, none)
	}
	return menu
}
