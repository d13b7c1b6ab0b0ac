package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// banner is the strip above the pages that tells what went wrong and offers what can be done about it.
type banner struct {
	object  *fyne.Container
	text    *widget.Label
	act     *widget.Button
	dismiss *widget.Button
	around  fyne.CanvasObject // laid out anew when the strip comes or goes
	key     string            // of the trouble on show; "" for none
	dropped string            // of the trouble that was dismissed
}

func newBanner(dismissed func()) *banner {
	b := &banner{text: widget.NewLabel(""), act: widget.NewButton("", nil), dismiss: widget.NewButtonWithIcon("", theme.CancelIcon(), nil)}
	b.text.Wrapping = fyne.TextWrapWord
	b.dismiss.Importance = widget.LowImportance
	b.dismiss.OnTapped = func() {
		b.dropped = b.key
		b.hide()
		dismissed()
	}
	field := look.NewPanel(look.Trouble)
	mark := container.New(look.Inset{Left: 8, Top: 7}, container.NewVBox(widget.NewIcon(theme.NewErrorThemedResource(theme.ErrorIcon()))))
	buttons := container.NewVBox(container.NewHBox(b.act, b.dismiss))
	b.object = container.New(look.Margin(6, 6, 6, 0), container.NewStack(field, container.New(look.InsetAll(3), look.Border(nil, nil, mark, buttons, b.text))))
	b.object.Hide()
	return b
}

// tell shows a trouble; action names what the button does, "" for no button. A trouble that was dismissed stays away
// until another one came.
func (b *banner) tell(text, action string, act func()) {
	if key := text + action; key != b.key && key != b.dropped {
		b.key, b.dropped = key, ""
		b.text.SetText(text)
		b.act.SetText(action)
		b.act.Hidden = action == ""
		b.object.Show()
		b.around.Refresh() // gives the text its width
		b.around.Refresh() // and the strip the height that the text takes at that width
	}
	b.act.OnTapped = act
}

func (b *banner) hide() {
	if b.key != "" {
		b.key = ""
		b.object.Hide()
		b.around.Refresh()
	}
}
