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
func (f *Field) Offer(list func() []Offer) {
	f.offers = widget.NewButtonWithIcon("", theme.MenuDropDownIcon(), func() {
		c := fyne.CurrentApp().Driver().CanvasForObject(f.entry)
		if c == nil {
			return
		}
		c.Unfocus() // what is taken replaces what was being typed
		widget.ShowPopUpMenuAtRelativePosition(f.menu(list()), c, fyne.NewPos(0, f.entry.Size().Height), f.entry)
	})
	f.offers.Importance = widget.LowImportance
	f.entry.ActionItem = f.offers
}

func (f *Field) menu(list []Offer) *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, o := range list {
		menu.Items = append(menu.Items, fyne.NewMenuItem(o.Label, func() { f.Type(o.Text) }))
	}
	if len(list) == 0 {
		none := fyne.NewMenuItem(noOffers, nil)
		none.Disabled = true
		menu.Items = append(menu.Items, none)
	}
	return menu
}
