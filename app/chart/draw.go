package chart

import (
	"image"
	"image/draw"
	"image/png"
	"io"
)

// Draw fills dst with the picture of f. scale is device pixels per logical one: text of 12 is 24 pixels high at scale 2.
func Draw(dst *image.RGBA, f Figure, t Theme, scale float64) {
	draw.Draw(dst, dst.Bounds(), image.NewUniform(t.Background), image.Point{}, draw.Src)
}

// WritePNG writes the picture of f as PNG, width x height logical pixels at the given scale.
func WritePNG(w io.Writer, f Figure, t Theme, width, height int, scale float64) error {
	dst := image.NewRGBA(image.Rect(0, 0, int(float64(width)*scale), int(float64(height)*scale)))
	Draw(dst, f, t, scale)
	return png.Encode(w, dst)
}
