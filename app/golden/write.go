package golden

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
)

// flat is how many colours of a picture a golden keeps as they are: those of fields and lines. The others are mostly the edges of
// letters, and take far more room in a file than they are worth to an eye.
const flat = 24

// frugal is a picture of at most 256 colours, with every channel within 18 of 255 of what it was; if that cannot be, it is img.
func frugal(img *image.NRGBA) image.Image {
	count := map[color.NRGBA]int{}
	for i := 0; i < len(img.Pix); i += 4 {
		count[at(img, i)]++
	}
	colours := make([]color.NRGBA, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.NRGBA) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return number(a) - number(b) // no order of a map in a file
	})
	index, palette := map[color.NRGBA]uint8{}, color.Palette{}
	for i, c := range colours {
		kept := c
		if i >= flat {
			kept = color.NRGBA{eighth(c.R), eighth(c.G), eighth(c.B), eighth(c.A)}
		}
		k := slices.Index(palette, color.Color(kept))
		if k < 0 {
			if len(palette) == 256 {
				return img
			}
			k = len(palette)
			palette = append(palette, kept)
		}
		index[c] = uint8(k)
	}
	out := image.NewPaletted(img.Rect, palette)
	for i := range out.Pix {
		out.Pix[i] = index[at(img, 4*i)]
	}
	return out
}

func at(img *image.NRGBA, i int) color.NRGBA {
	return color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}
}

func number(c color.NRGBA) int { return int(c.R)<<24 | int(c.G)<<16 | int(c.B)<<8 | int(c.A) }

// eighth is the nearest of eight levels.
func eighth(level uint8) uint8 { return uint8((int(level)*7 + 127) / 255 * 255 / 7) }

// Write writes a picture as a small PNG.
func Write(path string, img image.Image) error {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, img); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
