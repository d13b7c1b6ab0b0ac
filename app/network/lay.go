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
	titleHeight  = 24
	legendHeight = 20
	labelWidth   = 72 // of the column that names the rows
	maxBlock     = 40 // a block is at most this high
	detailed     = 17 // from this height on a block shows its heads and its FFN apart
	inset        = 3  // around what is inside a block
	minRow       = 11 // rows lower than this are not named
)

// lay places p in a field of w by h. grown in 0..1 is how far the last growth has been drawn: 0 is the network before,
// 1 the network of now.
func (p Picture) lay(w, h, grown float32) (cells []cell, labels []label) {
	if p.To.Layers == 0 || w < 2*labelWidth {
		return nil, nil
	}
	l := p.layout(w, h)
	add := func(c ...cell) { cells = append(cells, c...) }

	labels = append(labels, label{0, titleHeight/2 - 3, p.Title, text, 13, true})
	y := float32(titleHeight)
	add(p.bar(l, y, l.end, grown)...)
	labels = append(labels, l.name(y, l.end, "output", quiet))
	y = titleHeight + l.end + l.gap
	bottom := y + float32(l.rows)*(l.block+l.gap)

	for i := range l.rows {
		add(cell{0, bottom - float32(i+1)*(l.block+l.gap), l.full, l.block, ghost, 1})
	}
	at := bottom // of the block below
	for i := range p.To.Layers {
		isNew := p.isNew(i)
		height := l.block
		if isNew {
			height *= grown
		}
		at -= height + l.gap
		add(p.block(l, at, height, isNew, grown)...)
		switch {
		case !isNew:
			labels = append(labels, l.name(at, height, fmt.Sprintf("block %d", i+1), quiet))
		case grown > 0.6: // there is room for the name
			labels = append(labels, l.name(at, height, fmt.Sprintf("block %d new", i+1), noted))
		}
	}
	add(p.bar(l, bottom, l.end, grown)...)
	labels = append(labels, l.name(bottom, l.end, "embed", quiet))

	legendCells, legendLabels := p.legend(bottom + l.end + legendHeight/2 + 4)
	return append(cells, legendCells...), append(labels, legendLabels...)
}

// layout is the geometry that all rows share.
type layout struct {
	full, block, end, gap float32 // width of the final network; heights of a block, of the two ends, of the space between
	rows                  int     // blocks of the final network
	final                 Shape
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
	cells := []cell{{0, y, was, height, ends, 0.6}}
	if is > was {
		cells = append(cells, cell{was, y, is - was, height, fresh, 0.55 * p.strength()})
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
		frame = 0.22
	}
	var cells []cell
	if was > 0 {
		cells = append(cells, cell{0, y, was, height, old, frame})
	}
	if is > was {
		cells = append(cells, cell{was, y, is - was, height, fresh, frame * p.strength()})
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
		c := cell{inset + float32(i)*pitch, y, pitch - space, height, old, 0.95}
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
		return []cell{{inset, y, to, height, old, 0.6}}
	}
	if isNew {
		return []cell{{inset, y, to, height, fresh, 0.6 * p.strength()}}
	}
	was := float32(p.From.FFN) * scale
	cells := []cell{{inset, y, was, height, old, 0.6}}
	if to > was {
		cells = append(cells, cell{inset + was, y, (to - was) * grown, height, fresh, 0.6 * p.strength()})
	}
	return cells
}

// legend explains the two colours.
func (p Picture) legend(y float32) ([]cell, []label) {
	swatch := func(x float32, t tint, strength float32) cell { return cell{x, y - 5, 10, 10, t, strength} }
	caption := func(x float32, s string) label { return label{x, y, s, quiet, 11, false} }
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
