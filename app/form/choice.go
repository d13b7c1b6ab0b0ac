package form

import "fyne.io/fyne/v2/widget"

// Choice is a selector of one of a few texts.
type Choice struct {
	widget.Select

	// OnFocus runs after the focus came (true) or left; may be nil.
	OnFocus func(bool)

	quiet bool // the program changes the choice
}

// NewChoice offers options and reports to chosen what a person takes.
func NewChoice(options []string, chosen func(string)) *Choice {
	c := &Choice{}
	c.Options = options
	c.ExtendBaseWidget(c)
	c.OnChanged = func(text string) {
		if !c.quiet {
			chosen(text)
		}
	}
	return c
}

// Put selects a text, which need not be an option: what a file says is shown even where it is wrong.
func (c *Choice) Put(text string) {
	if c.Selected == text {
		return
	}
	c.quiet = true
	defer func() { c.quiet = false }()
	c.Selected = text
	c.Refresh()
}

// FocusGained implements fyne.Focusable.
func (c *Choice) FocusGained() {
	c.Select.FocusGained()
	if c.OnFocus != nil {
		c.OnFocus(true)
	}
}

// FocusLost implements fyne.Focusable.
func (c *Choice) FocusLost() {
	c.Select.FocusLost()
	if c.OnFocus != nil {
		c.OnFocus(false)
	}
}
