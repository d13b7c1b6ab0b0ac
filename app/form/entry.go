package form

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Entry is a line of text that leaves alone what a person is typing: Put waits until the focus has left.
type Entry struct {
	widget.Entry

	// OnEdited runs after a person changed the text.
	OnEdited func(text string)
	// OnFocus runs after the focus came (true) or left; may be nil.
	OnFocus func(bool)
	// OnEscape runs at Esc; may be nil.
	OnEscape func()

	focused bool
	quiet   bool // the program changes the text
}

// NewEntry is an empty entry that reports to edited.
func NewEntry(edited func(string)) *Entry {
	e := &Entry{OnEdited: edited}
	e.ExtendBaseWidget(e)
	e.OnChanged = func(text string) {
		if !e.quiet && e.OnEdited != nil {
			e.OnEdited(text)
		}
	}
	return e
}

// Put puts a text in, unless a person is typing there.
func (e *Entry) Put(text string) {
	if !e.focused {
		e.replace(text)
	}
}

// replace puts in the text without reporting it.
func (e *Entry) replace(text string) {
	if e.Text == text {
		return
	}
	e.quiet = true
	defer func() { e.quiet = false }()
	e.SetText(text)
}

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(true)
	}
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.focused = false
	e.Entry.FocusLost()
	if e.OnFocus != nil {
		e.OnFocus(false)
	}
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		if e.OnEscape != nil {
			e.OnEscape()
		}
		return
	}
	e.Entry.TypedKey(key)
}
