package pagetest

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/sfnt"
)

// embedded reports whether a character is in the fonts that Fyne embeds. For others it asks the machine, and draws a box where that
// has none either.
func embedded(r rune, style fyne.TextStyle) bool {
	if r < ' ' {
		return true
	}
	face := theme.DefaultTextFont()
	switch {
	case style.Monospace:
		face = theme.DefaultTextMonospaceFont()
	case style.Bold:
		face = theme.DefaultTextBoldFont()
	case style.Italic:
		face = theme.DefaultTextItalicFont()
	}
	return hasGlyph(face, r) || hasGlyph(theme.DefaultSymbolFont(), r)
}

var fonts struct {
	sync.Mutex
	parsed map[string]*sfnt.Font
}

func hasGlyph(font fyne.Resource, r rune) bool {
	fonts.Lock()
	defer fonts.Unlock()
	f := fonts.parsed[font.Name()]
	if f == nil {
		var err error
		if f, err = sfnt.Parse(font.Content()); err != nil {
			panic(err) // Fyne draws with it
		}
		if fonts.parsed == nil {
			fonts.parsed = map[string]*sfnt.Font{}
		}
		fonts.parsed[font.Name()] = f
	}
	index, err := f.GlyphIndex(nil, r)
	return err == nil && index != 0
}
