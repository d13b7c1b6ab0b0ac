package form

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// Spec describes an input.
type Spec struct {
	Key   string // what it is called in a recipe or an order
	Label string
	// About is a sentence or two on what it does.
	About   string
	Choices []string // of a choice; nil for a text
	Holder  string   // what an empty entry shows, its default
}

// Field is an input under its label. Its widgets stay the same as long as it lives.
type Field struct {
	widget.BaseWidget
	Spec Spec

	// OnHelp runs when a person comes to the field, with what explains it, and with "" when they leave; may be nil.
	OnHelp func(about string)
	// OnLeft runs when the focus has left; may be nil.
	OnLeft func()

	label  *look.Line
	entry  *Entry         // nil for a choice
	choice *Choice        // nil for a text
	offers *widget.Button // opens what is offered; nil for none
	frame  *Frame
	fault  string
}

// NewField is an empty field that reports what a person puts in.
func NewField(s Spec, edited func(text string)) *Field {
	f := &Field{Spec: s, label: look.NewLine(look.Caption.Fitting(), s.Label)}
	if s.Choices != nil {
		f.choice = NewChoice(s.Choices, edited)
		f.choice.PlaceHolder = s.Holder
		f.choice.OnFocus = f.focus
		f.frame = NewFrame(f.choice)
	} else {
		f.entry = NewEntry(edited)
		f.entry.SetPlaceHolder(s.Holder)
		f.entry.OnFocus = f.focus
		f.frame = NewFrame(f.entry)
	}
	f.ExtendBaseWidget(f)
	return f
}

// Put puts in a text and says why it is refused, "" if it is not.
func (f *Field) Put(text, fault string) {
	if f.entry != nil {
		f.entry.Put(text)
	} else {
		f.choice.Put(text)
	}
	f.fault = fault
	f.frame.Mark(fault != "")
}

// Text is what stands in the field.
func (f *Field) Text() string {
	if f.entry != nil {
		return f.entry.Text
	}
	return f.choice.Selected
}

// Type puts a text in as a person would.
func (f *Field) Type(text string) {
	if f.entry != nil {
		f.entry.SetText(text)
	} else {
		f.choice.SetSelected(text)
	}
}

// Input is the entry or the choice, which takes the focus.
func (f *Field) Input() fyne.Focusable {
	if f.entry != nil {
		return f.entry
	}
	return f.choice
}

// Fault is why the text is refused, "" if it is not.
func (f *Field) Fault() string { return f.fault }

// SetHolder changes what an empty entry shows.
func (f *Field) SetHolder(text string) {
	if f.entry != nil && f.entry.PlaceHolder != text {
		f.entry.SetPlaceHolder(text)
	}
}

// Enable lets a person use the field, or not.
func (f *Field) Enable(on bool) {
	var w fyne.Disableable = f.choice
	if f.entry != nil {
		w = f.entry
	}
	if on && w.Disabled() {
		w.Enable()
	} else if !on && !w.Disabled() {
		w.Disable()
	}
	if f.offers != nil {
		look.Enable(f.offers, on)
	}
}

func (f *Field) focus(on bool) {
	f.help(on)
	if !on && f.OnLeft != nil {
		f.OnLeft()
	}
}

// help tells what explains the field.
func (f *Field) help(on bool) {
	if f.OnHelp == nil {
		return
	}
	if !on {
		f.OnHelp("")
		return
	}
	f.OnHelp(f.Help())
}

// Help is what explains the field: why its text is refused, or what it is for.
func (f *Field) Help() string {
	parts := []string{f.Spec.Label}
	if f.Spec.Key != "" && f.Spec.Key != f.Spec.Label {
		parts[0] += " (" + f.Spec.Key + ")"
	}
	if f.fault != "" {
		return strings.Join(append(parts, f.fault), ": ")
	}
	if f.Spec.About == "" {
		return parts[0]
	}
	return strings.Join(append(parts, f.Spec.About), ": ")
}

// MouseIn implements desktop.Hoverable.
func (f *Field) MouseIn(*desktop.MouseEvent) { f.help(true) }

// MouseMoved implements desktop.Hoverable.
func (f *Field) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (f *Field) MouseOut() { f.help(false) }

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(look.Column{Width: 60, Space: 1}, container.New(look.Inset{Left: 2}, f.label), f.frame))
}
