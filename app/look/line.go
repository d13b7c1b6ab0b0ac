package look

import (
	"image/color"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Line is one line of text without the padding of a label, in a colour of the theme.
type Line struct {
	widget.BaseWidget
	style Style
	text  string
}

// Style is how a line looks. The zero style is plain text.
type Style struct {
	Size   fyne.ThemeSizeName  // "" for theme.SizeNameText
	Colour fyne.ThemeColorName // "" for the foreground
	Bold   bool
	Mono   bool
	Right  bool // aligned to the right
	Fit    bool // asks for no width and shortens the text to the width it gets
}

// The styles of text that is not plain: Quiet is secondary, Caption is small, Heading stands above a part.
var (
	Quiet   = Style{Colour: theme.ColorNamePlaceHolder}
	Caption = Style{Colour: theme.ColorNamePlaceHolder, Size: theme.SizeNameCaptionText}
	Heading = Style{Colour: theme.ColorNamePlaceHolder, Size: theme.SizeNameCaptionText, Bold: true}
)

// Fitting is s shortened to the width it gets.
func (s Style) Fitting() Style { s.Fit = true; return s }

// AtRight is s aligned to the right.
func (s Style) AtRight() Style { s.Right = true; return s }

// NewLine is a line of text.
func NewLine(style Style, text string) *Line {
	l := &Line{style: style, text: text}
	l.ExtendBaseWidget(l)
	return l
}

// Set changes the text.
func (l *Line) Set(text string) {
	if l.text != text {
		l.text = text
		l.Refresh()
	}
}

// Text is what the line says, whether it fits or not.
func (l *Line) Text() string { return l.text }

// Paint changes the colour.
func (l *Line) Paint(colour fyne.ThemeColorName) {
	if l.style.Colour != colour {
		l.style.Colour = colour
		l.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{line: l, drawn: canvas.NewText("", color.Transparent)}
	r.objects = []fyne.CanvasObject{r.drawn}
	r.style()
	return r
}

type lineRenderer struct {
	line    *Line
	drawn   *canvas.Text
	objects []fyne.CanvasObject
}

func (r *lineRenderer) Destroy()                     {}
func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *lineRenderer) Layout(size fyne.Size) {
	text := r.line.text
	if r.line.style.Fit {
		text = r.shorten(text, size.Width)
	}
	if r.drawn.Text != text {
		r.drawn.Text = text
		r.drawn.Refresh()
	}
	r.drawn.Resize(size)
}

func (r *lineRenderer) MinSize() fyne.Size {
	min := r.measure(r.line.text)
	if r.line.style.Fit {
		min.Width = 0
	}
	return min
}

func (r *lineRenderer) measure(text string) fyne.Size {
	return fyne.MeasureText(text, r.drawn.TextSize, r.drawn.TextStyle)
}

// shorten returns as much of text as fits into width, with an ellipsis if that is not all.
func (r *lineRenderer) shorten(text string, width float32) string {
	if text == "" || r.measure(text).Width <= width {
		return text
	}
	runes := []rune(text)
	n := sort.Search(len(runes), func(n int) bool { return r.measure(string(runes[:n])+"…").Width > width })
	if n <= 1 {
		return ""
	}
	return string(runes[:n-1]) + "…"
}

func (r *lineRenderer) style() {
	s, t := r.line.style, r.line.Theme()
	colour, size := s.Colour, s.Size
	if colour == "" {
		colour = theme.ColorNameForeground
	}
	if size == "" {
		size = theme.SizeNameText
	}
	r.drawn.Color = t.Color(colour, fyne.CurrentApp().Settings().ThemeVariant())
	r.drawn.TextSize = t.Size(size)
	r.drawn.TextStyle = fyne.TextStyle{Bold: s.Bold, Monospace: s.Mono}
	r.drawn.Alignment = fyne.TextAlignLeading
	if s.Right {
		r.drawn.Alignment = fyne.TextAlignTrailing
	}
}

func (r *lineRenderer) Refresh() {
	r.style()
	r.Layout(r.line.Size())
	r.drawn.Refresh()
}
