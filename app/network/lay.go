package network

import "fmt"

// tint is what a cell or a label stands for; the renderer gives it a colour.
type tint uint8

const (
	text  tint = iota // readable text
	quiet             // secondary text
	ends              // embedding and output matrix
	old               // what was there before the last growth
	fresh             // what the last growth added
	noted             // text about what the last growth added
	ghost             // outline of what is still to come
)

// cell is one rectangle of a drawing.
type cell struct {
	x, y, w, h float32
	tint       tint
	strength   float32 // 0..1, opacity
	hot        bool    // coloured by level instead of tint
	level      float32 // 0..1
}

// label is one line of text; y is its vertical centre.
type label struct {
	x, y float32
	text string
	tint tint
	size float32
	bold bool
}

// Sizes of a drawing, in device-independent pixels.
const (
	titleHeight   = 24
	legendHeight  = 20
	labelWidth    = 72   // of the column that names the rows
	maxBlock      = 40   // a block is at most this high
	detailed      = 17   // from this height on a block shows its heads and its FFN apart
	inset         = 3    // around what is inside a block
	minRow        = 11   // rows lower than this are not named
	frameStrength = 0.22 // of the frame around the parts of a block
	seam          = 1    // between what is old and what is new
)

// outside is the layer of what is in none: the embedding and the output matrix.
const outside = -1

// nowhere is the layer under a pointer that is over none.
const nowhere = -2

// lay places p in a field of w by h. grown in 0..1 is how far the last growth has been drawn: 0 is the network before,
// 1 the network of now. The layer under the pointer is described below the drawing.
func (p Picture) lay(w, h, grown float32, pointed int) (cells []cell, labels []label) {
	if p.To.Layers == 0 || w < 2*labelWidth {
		return nil, nil
	}
	l := p.layout(w, h)
	add := func(layer int, c ...cell) { cells = append(cells, p.heat(layer, c)...) }

	labels = append(labels, label{0, titleHeight/2 - 3, p.Title, text, 13, true})
	add(outside, p.bar(l, titleHeight, l.end, grown)...)
	labels = append(labels, l.name(titleHeight, l.end, "output", quiet))
	bottom := l.bottom()
	for i := range l.rows {
		cells = append(cells, cell{y: bottom - float32(i+1)*(l.block+l.gap), w: l.full, h: l.block, tint: ghost, strength: 1})
	}
	at := bottom // of the block below
	for i := range p.To.Layers {
		isNew := p.isNew(i)
		height := l.block
		if isNew {
			height *= grown
		}
		at -= height + l.gap
		add(i, p.block(l, at, height, isNew, grown)...)
		switch {
		case !isNew:
			labels = append(labels, l.name(at, height, fmt.Sprintf("block %d", i+1), quiet))
		case grown > 0.6: // there is room for the name
			labels = append(labels, l.name(at, height, fmt.Sprintf("block %d new", i+1), noted))
		}
	}
	add(outside, p.bar(l, bottom, l.end, grown)...)
	labels = append(labels, l.name(bottom, l.end, "embed", quiet))

	legendCells, legendLabels := p.legend(bottom+l.end+legendHeight/2+4, pointed)
	return append(cells, legendCells...), append(labels, legendLabels...)
}

// heat gives the cells of a layer their levels.
func (p Picture) heat(layer int, cells []cell) []cell {
	if !p.Heat.on(p.To.Layers) {
		return cells
	}
	lo, hi := p.Heat.span()
	parts := p.Heat.of(layer)
	for i := range cells {
		x := parts.Old
		if cells[i].tint == fresh {
			x = parts.New
		}
		if at := level(x, lo, hi); at != cold {
			cells[i].hot, cells[i].level = true, at
			if cells[i].strength > frameStrength {
				cells[i].strength = 1 // opacity would shift the colours of the scale
			}
		}
	}
	return cells
}

// under is the layer drawn at height y, once growth is done.
func (p Picture) under(w, h, y float32) int {
	if p.To.Layers == 0 || w < 2*labelWidth {
		return nowhere
	}
	l := p.layout(w, h)
	bottom := l.bottom()
	switch {
	case y >= titleHeight && y < titleHeight+l.end || y >= bottom && y < bottom+l.end:
		return outside
	case y >= bottom:
		return nowhere
	}
	if i := int((bottom - y) / (l.block + l.gap)); i < p.To.Layers {
		return i
	}
	return nowhere
}

// layout is the geometry that all rows share.
type layout struct {
	full, block, end, gap float32 // width of the final network; heights of a block, of the two ends, of the space between
	rows                  int     // blocks of the final network
	final                 Shape
}

// bottom is where the blocks stand.
func (l layout) bottom() float32 {
	return titleHeight + l.end + l.gap + float32(l.rows)*(l.block+l.gap)
}

func (p Picture) layout(w, h float32) layout {
	final := p.Final.max(p.To)
	room := (h - titleHeight - legendHeight - 6) / (float32(final.Layers) + 1)
	l := layout{full: w - labelWidth, rows: final.Layers, final: final}
	l.gap = min(max(room*0.14, min(1, room*0.3)), 4)
	l.block = min(room-l.gap, maxBlock)
	l.end = min(l.block/2, 11)
	return l
}

func (l layout) name(y, height float32, s string, t tint) label {
	if l.block < minRow && t != noted || height < 6 {
		s = ""
	}
	return label{l.full + 8, y + height/2, s, t, 11, false}
}

// hidden is where the hidden width was and is, in pixels.
func (p Picture) hidden(l layout, grown float32) (was, is float32) {
	scale := l.full / float32(l.final.Hidden)
	to := float32(p.To.Hidden) * scale
	if p.From.Layers == 0 {
		return to, to
	}
	was = float32(p.From.Hidden) * scale
	return was, was + (to-was)*grown
}

// strength is the opacity of what is new: never invisible, full when the mask is.
func (p Picture) strength() float32 { return 0.3 + 0.7*float32(p.Mask) }

func (p Picture) isNew(layer int) bool {
	for _, n := range p.NewLayers {
		if n == layer {
			return true
		}
	}
	return false
}

// bar is the embedding or the output matrix: as wide as the residual stream.
func (p Picture) bar(l layout, y, height, grown float32) []cell {
	was, is := p.hidden(l, grown)
	cells := []cell{{y: y, w: was, h: height, tint: ends, strength: 0.6}}
	if is > was+seam {
		cells = append(cells, cell{x: was + seam, y: y, w: is - was - seam, h: height, tint: fresh, strength: 0.55 * p.strength()})
	}
	return cells
}

// block is one transformer block: its hidden width as a frame and, if there is room, its heads above its FFN.
func (p Picture) block(l layout, y, height float32, isNew bool, grown float32) []cell {
	was, is := p.hidden(l, grown)
	if isNew {
		_, is = p.hidden(l, 1)
		was = 0
	}
	detail := l.block >= detailed
	frame := float32(0.85)
	if detail {
		frame = frameStrength
	}
	var cells []cell
	if was > 0 {
		cells = append(cells, cell{y: y, w: was, h: height, tint: old, strength: frame})
	}
	if is > was+seam {
		left := was
		if was > 0 {
			left += seam
		}
		cells = append(cells, cell{x: left, y: y, w: is - left, h: height, tint: fresh, strength: frame * p.strength()})
	}
	if !detail || height < detailed {
		return cells
	}
	strip := (height - 3*inset) / 2
	cells = append(cells, p.heads(l, y+inset, strip, isNew, grown)...)
	return append(cells, p.ffn(l, y+2*inset+strip, strip, isNew, grown)...)
}

// heads is a row with one cell for each attention head.
func (p Picture) heads(l layout, y, height float32, isNew bool, grown float32) []cell {
	pitch := (l.full - 2*inset) / float32(l.final.Heads)
	space := min(2, pitch/4)
	cells := make([]cell, p.To.Heads)
	for i := range cells {
		c := cell{x: inset + float32(i)*pitch, y: y, w: pitch - space, h: height, tint: old, strength: 0.95}
		if isNew || p.From.Layers > 0 && i >= p.From.Heads {
			c.tint, c.strength = fresh, 0.95*p.strength()
			if !isNew {
				c.strength *= grown
			}
		}
		cells[i] = c
	}
	return cells
}

// ffn is a bar as long as the feed-forward layer is wide.
func (p Picture) ffn(l layout, y, height float32, isNew bool, grown float32) []cell {
	scale := (l.full - 2*inset) / float32(l.final.FFN)
	to := float32(p.To.FFN) * scale
	if p.From.Layers == 0 {
		return []cell{{x: inset, y: y, w: to, h: height, tint: old, strength: 0.6}}
	}
	if isNew {
		return []cell{{x: inset, y: y, w: to, h: height, tint: fresh, strength: 0.6 * p.strength()}}
	}
	was := float32(p.From.FFN) * scale
	cells := []cell{{x: inset, y: y, w: was, h: height, tint: old, strength: 0.6}}
	if to > was+seam {
		cells = append(cells, cell{x: inset + was + seam, y: y, w: max((to-was)*grown-seam, 0), h: height, tint: fresh, strength: 0.6 * p.strength()})
	}
	return cells
}

// legend explains the colours, or what is under the pointer.
func (p Picture) legend(y float32, pointed int) ([]cell, []label) {
	swatch := func(x float32, t tint, strength float32) cell {
		return cell{x: x, y: y - 5, w: 10, h: 10, tint: t, strength: strength}
	}
	caption := func(x float32, s string) label { return label{x, y, s, quiet, 11, false} }
	if pointed >= outside && pointed < p.To.Layers {
		return nil, []label{{0, y, p.describe(pointed), text, 11, false}}
	}
	if p.Heat.on(p.To.Layers) {
		return p.scale(y), p.scaleLabels(y)
	}
	if p.From.Layers == 0 {
		return []cell{swatch(0, old, 1)}, []label{caption(15, "heads and FFN of each block")}
	}
	added := "added by growth"
	if p.Mask < 1 {
		added = fmt.Sprintf("added, mask %.2f", p.Mask)
	}
	return []cell{swatch(0, old, 1), swatch(100, fresh, p.strength())},
		[]label{caption(15, fmt.Sprintf("from stage %d", p.Stage-1)), caption(115, added)}
}

// The scale of heat in the legend.
const (
	scaleLeft  = 44
	scaleCells = 24
	scaleCell  = 4
)

func (p Picture) scale(y float32) []cell {
	cells := make([]cell, scaleCells)
	for i := range cells {
		cells[i] = cell{
			x: scaleLeft + float32(i*scaleCell), y: y - 5, w: scaleCell, h: 10, strength: 1, hot: true, level: float32(i) / (scaleCells - 1),
		}
	}
	return cells
}

func (p Picture) scaleLabels(y float32) []label {
	lo, hi := p.Heat.span()
	return []label{{0, y, short(lo), quiet, 11, false}, {scaleLeft + scaleCells*scaleCell + 8, y, short(hi) + "  " + p.Heat.Name, quiet, 11, false}}
}

// describe says in one line what a row of the drawing is.
func (p Picture) describe(layer int) string {
	name := "embedding, output"
	if layer != outside {
		name = fmt.Sprintf("block %d", layer+1)
	}
	if p.Heat.on(p.To.Layers) {
		parts := p.Heat.of(layer)
		switch {
		case parts.New == 0:
			return name + ": " + short(parts.Old)
		case parts.Old == 0:
			return name + ", all new: " + short(parts.New)
		}
		return name + ": old " + short(parts.Old) + ", new " + short(parts.New)
	}
	grew := func(from, to int, isNew bool) string {
		if isNew || p.From.Layers == 0 || from == to {
			return fmt.Sprint(to)
		}
		return fmt.Sprintf("%d+%d", from, to-from)
	}
	if layer == outside {
		return name + ": width " + grew(p.From.Hidden, p.To.Hidden, false)
	}
	isNew := p.isNew(layer)
	if isNew {
		name += " new"
	}
	return fmt.Sprintf("%s: width %s, heads %s, FFN %s", name, grew(p.From.Hidden, p.To.Hidden, isNew),
		grew(p.From.Heads, p.To.Heads, isNew), grew(p.From.FFN, p.To.FFN, isNew))
}
