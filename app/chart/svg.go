package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
)

// vectors is ink that becomes SVG. What was drawn is in body; open says that a clipped part has to be closed.
type vectors struct {
	size  image.Point
	body  bytes.Buffer
	open  bool
	box   image.Rectangle // of the clipped part
	clips *int            // clipped parts so far in the whole document
}

// WriteSVG writes the picture of f as SVG: the same drawing as WritePNG, point for point. Its text is in the Go fonts where the
// reader has them, else in a sans-serif one squeezed to the same width.
func WriteSVG(w io.Writer, f Figure, t Theme, width, height int) error {
	return Stack{Figures: []Figure{f}}.WriteSVG(w, t, width, height)
}

// writeTo writes the document.
func (v *vectors) writeTo(w io.Writer) error {
	v.end()
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Go, 'Noto Sans', Arial, sans-serif">
%s</svg>
`, v.size.X, v.size.Y, v.size.X, v.size.Y, v.body.Bytes())
	if err != nil {
		return fmt.Errorf("chart: write picture: %w", err)
	}
	return nil
}

func (v *vectors) clear(c color.NRGBA) {
	v.end()
	v.put(`<rect width="%d" height="%d"%s/>`, v.size.X, v.size.Y, filled(c))
}

func (v *vectors) within(box image.Rectangle) {
	v.end()
	v.open, v.box = true, box
	*v.clips++
	v.put(`<clipPath id="c%d"><rect width="%d" height="%d"/></clipPath>`, *v.clips, max(box.Dx(), 0), max(box.Dy(), 0))
	v.put(`<g transform="translate(%d %d)" clip-path="url(#c%d)">`, box.Min.X, box.Min.Y, *v.clips)
}

// end closes the clipped part.
func (v *vectors) end() {
	if v.open {
		v.put("</g>")
		v.open = false
	}
}

func (v *vectors) put(format string, a ...any) { _, _ = fmt.Fprintf(&v.body, format+"\n", a...) } // a Buffer takes everything

func (v *vectors) bar(r image.Rectangle, c color.NRGBA) {
	if !r.Empty() {
		v.put(`<rect x="%d" y="%d" width="%d" height="%d"%s/>`, r.Min.X, r.Min.Y, r.Dx(), r.Dy(), filled(c))
	}
}

func (v *vectors) polyline(points []pt, width float64, c color.NRGBA) {
	var d []byte
	command := byte('M')
	for _, q := range points {
		if !finite(q.x) || !finite(q.y) {
			command = 'M'
			continue
		}
		d = coordinates(append(d, command), q.x, q.y)
		command = 'L'
	}
	if len(d) > 0 {
		v.put(`<path d="%s" fill="none"%s stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"/>`, d, painted("stroke", c), decimal(width))
	}
}

// spans are the columns of a band, each a line of one pixel.
func (v *vectors) spans(points []pt, width float64, c color.NRGBA) {
	var d []byte
	eachSpan(points, func(x, lo, hi float64) {
		d = coordinates(append(d, 'M'), x+0.5, lo-width/2)
		d = strconv.AppendFloat(append(d, 'V'), round1(hi+width/2), 'f', -1, 64)
	}, func(a, b pt) {
		d = coordinates(append(coordinates(append(d, 'M'), a.x, a.y), 'L'), b.x, b.y)
	})
	if len(d) > 0 {
		v.put(`<path d="%s" fill="none"%s stroke-width="1"/>`, d, painted("stroke", c))
	}
}

func (v *vectors) disc(at pt, radius float64, c color.NRGBA) {
	v.put(`<circle cx="%s" cy="%s" r="%s"%s/>`, decimal(at.x), decimal(at.y), decimal(radius), filled(c))
}

func (v *vectors) roundRect(x0, y0, x1, y1, radius float64, c color.NRGBA) {
	v.put(`<rect x="%s" y="%s" width="%s" height="%s" rx="%s"%s/>`,
		decimal(x0), decimal(y0), decimal(max(x1-x0, 0)), decimal(max(y1-y0, 0)), decimal(radius), filled(c))
}

func (v *vectors) convex(corners []pt, c color.NRGBA) {
	var d []byte
	for i, q := range corners {
		d = coordinates(append(d, "ML"[min(i, 1)]), q.x, q.y)
	}
	v.put(`<path d="%sZ"%s/>`, d, filled(c))
}

func (v *vectors) write(l *label, x, baseline int, c color.NRGBA) {
	if l.text == "" {
		return
	}
	open := v.open
	v.end() // text is not clipped
	weight := ""
	if l.style.bold {
		weight = ` font-weight="bold"`
	}
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(l.text)) // a Buffer takes everything
	v.put(`<text x="%d" y="%d" font-size="%s"%s textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>`,
		x, baseline, decimal(l.style.size), weight, l.width, filled(c), text.Bytes())
	if open {
		v.within(v.box)
	}
}

func filled(c color.NRGBA) string { return painted("fill", c) }

// painted is the attribute for a colour and its opacity.
func painted(attribute string, c color.NRGBA) string {
	text := fmt.Sprintf(` %s="#%02x%02x%02x"`, attribute, c.R, c.G, c.B)
	if c.A < 255 {
		text += fmt.Sprintf(` %s-opacity="%s"`, attribute, strconv.FormatFloat(float64(c.A)/255, 'f', 3, 64))
	}
	return text
}

func coordinates(d []byte, x, y float64) []byte {
	d = strconv.AppendFloat(d, round1(x), 'f', -1, 64)
	return strconv.AppendFloat(append(d, ' '), round1(y), 'f', -1, 64)
}

func decimal(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// round1 keeps what a screen could show, a tenth of a pixel within reach of the picture.
func round1(v float64) float64 { return math.Round(min(max(v, -1e5), 1e5)*10) / 10 }
