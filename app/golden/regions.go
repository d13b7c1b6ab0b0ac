package golden

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
)

// cell is the size of the squares in which differences are gathered.
const cell = 24

// regions names the parts of a picture in which pixels differ, the worst first: "120 in 40x12 at (8,300)".
func regions(off []image.Point) string {
	type region struct {
		box image.Rectangle
		n   int
	}
	var all []region
	for square, n := range squares(off) {
		all = append(all, region{square, n})
	}
	slices.SortFunc(all, func(a, b region) int { // so that joining does not depend on the order of a map
		return cmp.Or(a.box.Min.Y-b.box.Min.Y, a.box.Min.X-b.box.Min.X)
	})
	for joined := true; joined; {
		joined = false
		for i := 0; i < len(all); i++ {
			for k := len(all) - 1; k > i; k-- {
				if all[i].box.Inset(-cell / 2).Overlaps(all[k].box) {
					all[i] = region{all[i].box.Union(all[k].box), all[i].n + all[k].n}
					all = slices.Delete(all, k, k+1)
					joined = true
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b region) int { return b.n - a.n })
	var said []string
	for _, r := range all {
		said = append(said, fmt.Sprintf("%d in %dx%d at %v", r.n, r.box.Dx(), r.box.Dy(), r.box.Min))
	}
	if len(said) > 4 {
		said = append(said[:4], fmt.Sprintf("and %d regions more", len(said)-4))
	}
	return strings.Join(said, ", ")
}

// squares gathers points into boxes around those of each square, with their number.
func squares(off []image.Point) map[image.Rectangle]int {
	boxes, count := map[image.Point]image.Rectangle{}, map[image.Point]int{}
	for _, p := range off {
		at := image.Pt(p.X/cell, p.Y/cell)
		boxes[at] = boxes[at].Union(image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
		count[at]++
	}
	out := map[image.Rectangle]int{}
	for at, box := range boxes {
		out[box] = count[at]
	}
	return out
}

// marked is a faded picture with the given points in red.
func marked(img *image.NRGBA, off []image.Point) *image.NRGBA {
	out := NRGBA(img)
	for i := range out.Pix {
		if i%4 != 3 {
			out.Pix[i] = 0x90 + out.Pix[i]/4
		}
	}
	for _, p := range off {
		out.SetNRGBA(p.X, p.Y, color.NRGBA{0xff, 0, 0x33, 0xff})
	}
	return out
}
