package golden

import (
	"image"
	"image/color"
	"image/draw"
)

// NRGBA is a copy of a picture, from (0, 0).
func NRGBA(img image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
	switch img := img.(type) {
	case *image.NRGBA:
		for y := range out.Rect.Dy() {
			from := img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y)
			copy(out.Pix[y*out.Stride:(y+1)*out.Stride], img.Pix[from:])
		}
	case *image.Paletted:
		unpalette(out, img)
	default:
		draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	}
	return out
}

// unpalette is what draw.Draw does, twenty times as fast.
func unpalette(out *image.NRGBA, img *image.Paletted) {
	colours := make([]color.NRGBA, 256)
	for i, c := range img.Palette {
		colours[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	for y := range out.Rect.Dy() {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y):]
		for x := range out.Rect.Dx() {
			c := colours[row[x]]
			at := out.Pix[out.PixOffset(x, y):]
			at[0], at[1], at[2], at[3] = c.R, c.G, c.B, c.A
		}
	}
}
