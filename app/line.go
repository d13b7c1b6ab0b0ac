package app

import (
	"image/color"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// line is one line of text without the padding of a label, in a colour of the theme.
type line struct {
	widget.BaseWidget
	style lineStyle
	text  string
}

// lineStyle is how a line looks. The zero style is plain text.
type lineStyle struct {
	size   fyne.ThemeSizeName  // "" for theme.SizeNameText
	colour fyne.ThemeColorName // "" for the foreground
	bold   bool
	mono   bool
	right  bool // aligned to the right
	fit    bool // asks for no width and shortens the text to the width it gets
}

var (
	quietLine   = lineStyle{colour: theme.ColorNamePlaceHolder}
	captionLine = lineStyle{colour: theme.ColorNamePlaceHolder, size: theme.SizeNameCaptionText}
	headingLine = lineStyle{colour: theme.ColorNamePlaceHolder, size: theme.SizeNameCaptionText, bold: true}
)

func (s lineStyle) fitting() lineStyle { s.fit = true; return s }
func (s lineStyle) atRight() lineStyle { s.right = true; return s }

func newLine(style lineStyle, text string) *line {
	l := &line{style: style, text: text}
	l.ExtendBaseWidget(l)
	return l
}

// set changes the text.
func (l *line) set(text string) {
	if l.text != text {
		l.text = text
		l.Refresh()
	}
}

// paint changes the colour.
func (l *line) paint(colour fyne.ThemeColorName) {
	if l.style.colour != colour {
		l.style.colour = colour
		l.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (l *line) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{line: l, drawn: canvas.NewText("", color.Transparent)}
	r.objects = []fyne.CanvasObject{r.drawn}
	r.style()
	return r
}

type lineRenderer struct {
	line    *line
	drawn   *canvas.Text
	objects []fyne.CanvasObject
}

func (r *lineRenderer) Destroy()                     {}
func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *lineRenderer) Layout(size fyne.Size) {
	text := r.line.text
	if r.line.style.fit {
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
	if r.line.style.fit {
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
	colour, size := s.colour, s.size
	if colour == "" {
		colour = theme.ColorNameForeground
	}
	if size == "" {
		size = theme.SizeNameText
	}
	r.drawn.Color = t.Color(colour, fyne.CurrentApp().Settings().ThemeVariant())
	r.drawn.TextSize = t.Size(size)
	r.drawn.TextStyle = fyne.TextStyle{Bold: s.bold, Monospace: s.mono}
	r.drawn.Alignment = fyne.TextAlignLeading
	if s.right {
		r.drawn.Alignment = fyne.TextAlignTrailing
	}
}

func (r *lineRenderer) Refresh() {
	r.style()
	r.Layout(r.line.Size())
	r.drawn.Refresh()
}
