package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// fonts are the two weights of the Go font family (BSD licence; Bigelow & Holmes), parsed once.
var fonts = sync.OnceValue(func() [2]*opentype.Font {
	var out [2]*opentype.Font
	for i, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic(fmt.Sprintf("chart: embedded font: %v", err))
		}
		out[i] = f
	}
	return out
})

// style is a weight and a size in device pixels.
type style struct {
	bold bool
	size float64
}

// label is a text drawn once: its coverage, to be composited in any colour.
type label struct {
	text    string
	style   style
	mask    *image.Alpha
	width   int // advance
	ascent  int // of the mask's top above the baseline
	capital int // height of a capital above the baseline
}

// typesetter caches faces and labels. A picture that is redrawn shows mostly the labels it showed before.
type typesetter struct {
	faces  map[style]font.Face
	labels map[style]map[string]*label
	count  int
}

// maxLabels bounds the cache; a window shows about fifty.
const maxLabels = 2000

func (t *typesetter) label(s style, text string) *label {
	if l := t.labels[s][text]; l != nil {
		return l
	}
	if t.labels == nil || t.count >= maxLabels {
		t.labels, t.count = map[style]map[string]*label{}, 0
	}
	if t.labels[s] == nil {
		t.labels[s] = map[string]*label{}
	}
	l := render(t.face(s), text)
	l.text, l.style = text, s
	t.labels[s][text] = l
	t.count++
	return l
}

func (t *typesetter) face(s style) font.Face {
	if f := t.faces[s]; f != nil {
		return f
	}
	weight := 0
	if s.bold {
		weight = 1
	}
	f, err := opentype.NewFace(fonts()[weight], &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(fmt.Sprintf("chart: font face of %g pixels: %v", s.size, err))
	}
	if t.faces == nil {
		t.faces = map[style]font.Face{}
	}
	t.faces[s] = f
	return f
}

func render(f font.Face, text string) *label {
	m := f.Metrics()
	advance := font.MeasureString(f, text).Ceil()
	ascent := m.Ascent.Ceil()
	mask := image.NewAlpha(image.Rect(0, 0, advance+2, ascent+m.Descent.Ceil()))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: f, Dot: fixed.P(0, ascent)}
	d.DrawString(text)
	return &label{mask: mask, width: advance, ascent: ascent, capital: m.CapHeight.Round()}
}

// write puts l on the picture.
func (p *painter) write(l *label, x, baseline int, c color.NRGBA) {
	r := l.mask.Rect.Add(image.Pt(x, baseline-l.ascent))
	draw.DrawMask(p.dst, r, image.NewUniform(c), image.Point{}, l.mask, image.Point{}, draw.Over)
}

func roundInt(v float64) int { return int(math.Round(v)) }
