package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// painter fills anti-aliased shapes into the rectangle box of dst. A shape is first gathered as coverage, one byte a
// pixel, its parts joined by max: joins and caps of a polyline come out round with no geometry for them, and a translucent
// line does not darken where it crosses itself. Only the rows that a column touched are then composited and cleared, so
// that the cost follows the ink. Coordinates are relative to box. dst is opaque.
type painter struct {
	dst    *image.RGBA
	box    image.Rectangle
	w, h   int
	cover  []uint8 // column-major: cover[x*h+y], all zero between shapes
	lo, hi []int   // touched rows of each column, lo >= hi if none
}

// clear fills the picture.
func (p *painter) clear(c color.NRGBA) {
	draw.Draw(p.dst, p.dst.Rect, image.NewUniform(c), image.Point{}, draw.Src)
}

// within makes p paint into box of dst.
func (p *painter) within(box image.Rectangle) {
	p.box = box.Intersect(p.dst.Rect)
	p.w, p.h = p.box.Dx(), p.box.Dy()
	if n := p.w * p.h; cap(p.cover) < n {
		p.cover = make([]uint8, n)
	} else {
		p.cover = p.cover[:n]
	}
	if cap(p.lo) < p.w {
		p.lo, p.hi = make([]int, p.w), make([]int, p.w)
	}
	p.lo, p.hi = p.lo[:p.w], p.hi[:p.w]
	for x := range p.lo {
		p.lo[x], p.hi[x] = p.h, 0
	}
}

func (p *painter) touch(x, y0, y1 int) {
	p.lo[x], p.hi[x] = min(p.lo[x], y0), max(p.hi[x], y1)
}

// polyline strokes the line through points; width is in pixels. A point that is not a number interrupts the line.
func (p *painter) polyline(points []pt, width float64, c color.NRGBA) {
	for i := 1; i < len(points); i++ {
		if math.IsNaN(points[i].x) || math.IsNaN(points[i-1].x) {
			continue
		}
		if a, b, ok := p.clip(points[i-1], points[i], width+2); ok {
			p.segment(a, b, float32(width/2))
		}
	}
	p.flush(c)
}

// clip cuts the segment to the box widened by pad: coordinates far outside would lose their precision (Liang and Barsky,
// ACM Trans. Graphics 3(1), 1984).
func (p *painter) clip(a, b pt, pad float64) (pt, pt, bool) {
	d := pt{b.x - a.x, b.y - a.y}
	t0, t1 := 0.0, 1.0
	for _, e := range [4][2]float64{
		{-d.x, a.x + pad},
		{d.x, float64(p.w) + pad - a.x},
		{-d.y, a.y + pad},
		{d.y, float64(p.h) + pad - a.y},
	} {
		switch step, room := e[0], e[1]; {
		case step == 0 && room < 0:
			return a, b, false
		case step < 0:
			t0 = max(t0, room/step)
		case step > 0:
			t1 = min(t1, room/step)
		}
	}
	if !(t0 <= t1) {
		return a, b, false
	}
	return pt{a.x + t0*d.x, a.y + t0*d.y}, pt{a.x + t1*d.x, a.y + t1*d.y}, true
}

// segment covers the pixels within r of the segment from a to b, with an edge one pixel soft.
func (p *painter) segment(a, b pt, r float32) {
	ax, ay, bx, by := float32(a.x), float32(a.y), float32(b.x), float32(b.y)
	reach := r + 1
	y0, y1 := clamp(min(ay, by)-reach, p.h), clamp(max(ay, by)+reach+1, p.h)
	x0, x1 := clamp(min(ax, bx)-reach, p.w), clamp(max(ax, bx)+reach+1, p.w)
	dx, dy := bx-ax, by-ay
	length := sqrt(dx*dx + dy*dy)
	if length < 1e-3 {
		dx, dy, length = 1e-3, 0, 1e-3
	}
	ux, uy := dx/length, dy/length
	half := reach / max(ux, -ux, 1e-30) // of the line's height in a column
	for x := x0; x < x1; x++ {
		cx := float32(x) + 0.5 - ax
		ya, yb := y0, y1
		if dx != 0 { // only the rows near the line in this column
			mid := ay + cx*uy/ux
			ya, yb = max(ya, clamp(mid-half-1, p.h)), min(yb, clamp(mid+half+2, p.h))
		}
		if ya >= yb {
			continue
		}
		column := p.cover[x*p.h+ya : x*p.h+yb]
		for i := range column {
			cy := float32(ya+i) + 0.5 - ay
			var d float32
			switch along := cx*ux + cy*uy; {
			case along < 0:
				d = sqrt(cx*cx + cy*cy)
			case along > length:
				d = sqrt((cx-dx)*(cx-dx) + (cy-dy)*(cy-dy))
			default:
				d = cx*uy - cy*ux
				d = max(d, -d)
			}
			if v := (r + 0.5 - d) * 255; v > 0 {
				column[i] = max(column[i], uint8(min(v, 255)))
			}
		}
		p.touch(x, ya, yb)
	}
}

// spans draws one vertical span for each column that has points: right for noise that is denser than the pixels, and much
// cheaper. Columns without points are bridged by a segment.
func (p *painter) spans(points []pt, width float64, c color.NRGBA) {
	eachSpan(points, func(x, lo, hi float64) {
		if x >= 0 && x < float64(p.w) {
			p.span(int(x), float32(lo-width/2), float32(hi+width/2))
		}
	}, func(from, to pt) {
		if a, b, ok := p.clip(from, to, width+2); ok {
			p.segment(a, b, float32(width/2))
		}
	})
	p.flush(c)
}

// eachSpan calls span for each column of pixels that has points, and bridge for gaps of more than a column.
func eachSpan(points []pt, span func(x, lo, hi float64), bridge func(from, to pt)) {
	for i := 0; i < len(points); {
		x := math.Floor(points[i].x)
		lo, hi := points[i].y, points[i].y
		if i > 0 {
			before := points[i-1]
			if x-math.Floor(before.x) <= 1 { // meet half-way
				lo, hi = min(lo, (before.y+lo)/2), max(hi, (before.y+hi)/2)
			} else {
				bridge(before, points[i])
			}
		}
		for ; i < len(points) && math.Floor(points[i].x) == x; i++ {
			lo, hi = min(lo, points[i].y), max(hi, points[i].y)
		}
		span(x, lo, hi)
	}
}

// span covers rows lo to hi of column x.
func (p *painter) span(x int, lo, hi float32) {
	lo, hi = max(lo, 0), min(hi, float32(p.h))
	y0, y1 := clamp(lo, p.h), clamp(hi+1, p.h)
	if y0 >= y1 {
		return
	}
	for y := y0; y < y1; y++ {
		if v := min(float32(y)+1, hi) - max(float32(y), lo); v > 0 {
			q := &p.cover[x*p.h+y]
			*q = max(*q, uint8(v*255))
		}
	}
	p.touch(x, y0, y1)
}

// shape covers the pixels of r by distance, which is negative inside and in pixels.
func (p *painter) shape(x0, y0, x1, y1 float64, distance func(x, y float64) float64) {
	xa, xb := clamp(float32(x0)-1, p.w), clamp(float32(x1)+2, p.w)
	ya, yb := clamp(float32(y0)-1, p.h), clamp(float32(y1)+2, p.h)
	if ya >= yb {
		return
	}
	for x := xa; x < xb; x++ {
		for y := ya; y < yb; y++ {
			if v := 0.5 - distance(float64(x)+0.5, float64(y)+0.5); v > 0 {
				q := &p.cover[x*p.h+y]
				*q = max(*q, uint8(min(v, 1)*255))
			}
		}
		p.touch(x, ya, yb)
	}
}

// disc fills a circle.
func (p *painter) disc(at pt, radius float64, c color.NRGBA) {
	p.shape(at.x-radius, at.y-radius, at.x+radius, at.y+radius, func(x, y float64) float64 {
		return math.Hypot(x-at.x, y-at.y) - radius
	})
	p.flush(c)
}

// roundRect fills a rectangle with rounded corners.
func (p *painter) roundRect(x0, y0, x1, y1, radius float64, c color.NRGBA) {
	cx, cy := (x0+x1)/2, (y0+y1)/2
	hx, hy := (x1-x0)/2-radius, (y1-y0)/2-radius
	p.shape(x0, y0, x1, y1, func(x, y float64) float64 {
		ex, ey := math.Abs(x-cx)-hx, math.Abs(y-cy)-hy
		return math.Hypot(max(ex, 0), max(ey, 0)) + min(max(ex, ey), 0) - radius
	})
	p.flush(c)
}

// convex fills the convex polygon with the given corners in clockwise order on screen.
func (p *painter) convex(corners []pt, c color.NRGBA) {
	lo, hi := corners[0], corners[0]
	for _, q := range corners {
		lo, hi = pt{min(lo.x, q.x), min(lo.y, q.y)}, pt{max(hi.x, q.x), max(hi.y, q.y)}
	}
	p.shape(lo.x, lo.y, hi.x, hi.y, func(x, y float64) float64 {
		d := math.Inf(-1)
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			d = max(d, ((b.y-a.y)*(x-a.x)-(b.x-a.x)*(y-a.y))/math.Hypot(b.x-a.x, b.y-a.y))
		}
		return d
	})
	p.flush(c)
}

// flush composites the gathered coverage in colour c and clears it.
func (p *painter) flush(c color.NRGBA) {
	for x := range p.lo {
		y0, y1 := p.lo[x], p.hi[x]
		if y0 >= y1 {
			continue
		}
		column := p.cover[x*p.h+y0 : x*p.h+y1]
		o := p.dst.PixOffset(p.box.Min.X+x, p.box.Min.Y+y0)
		for i, v := range column {
			if v != 0 {
				over(p.dst.Pix[o:o+4:o+4], c, uint32(v))
				column[i] = 0
			}
			o += p.dst.Stride
		}
		p.lo[x], p.hi[x] = p.h, 0
	}
}

// bar fills whole pixels: grid lines stay sharp.
func (p *painter) bar(r image.Rectangle, c color.NRGBA) {
	r = r.Intersect(image.Rect(0, 0, p.w, p.h)).Add(p.box.Min)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		o := p.dst.PixOffset(r.Min.X, y)
		for range r.Dx() {
			over(p.dst.Pix[o:o+4:o+4], c, 255)
			o += 4
		}
	}
}

// over composites c at the given coverage (0 to 255) onto an opaque pixel.
func over(pixel []uint8, c color.NRGBA, cover uint32) {
	a := per255(uint32(c.A) * cover)
	rest := 255 - a
	pixel[0] = uint8(per255(uint32(c.R)*a + uint32(pixel[0])*rest))
	pixel[1] = uint8(per255(uint32(c.G)*a + uint32(pixel[1])*rest))
	pixel[2] = uint8(per255(uint32(c.B)*a + uint32(pixel[2])*rest))
	pixel[3] = 255
}

// per255 is v/255 rounded, for v up to 255².
func per255(v uint32) uint32 {
	v += 128
	return (v + v>>8) >> 8
}

func sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }

// clamp rounds v down into 0…n; NaN gives 0.
func clamp(v float32, n int) int {
	if !(v > 0) {
		return 0
	}
	if v > float32(n) {
		return n
	}
	return int(v)
}
