package chart

import (
	"image/color"
	"math"
	"testing"
)

// linear is c in linear light, 0 to 1.
func linear(c color.NRGBA) [3]float64 {
	f := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return [3]float64{f(c.R), f(c.G), f(c.B)}
}

func contrast(a, b color.NRGBA) float64 {
	l := func(c color.NRGBA) float64 {
		v := linear(c)
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2] + 0.05
	}
	return max(l(a), l(b)) / min(l(a), l(b))
}

// lab is CIE L*a*b* (D65) of linear sRGB.
func lab(v [3]float64) [3]float64 {
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x := f((0.4124*v[0] + 0.3576*v[1] + 0.1805*v[2]) / 0.9505)
	y := f(0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2])
	z := f((0.0193*v[0] + 0.1192*v[1] + 0.9505*v[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// Complete colour blindness of each kind in linear sRGB (Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009).
var sights = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func seen(c color.NRGBA, m [3][3]float64) [3]float64 {
	v, out := linear(c), [3]float64{}
	for i := range out {
		out[i] = min(max(m[i][0]*v[0]+m[i][1]*v[1]+m[i][2]*v[2], 0), 1)
	}
	return lab(out)
}

func TestPalettes(t *testing.T) {
	for name, theme := range map[string]Theme{"dark": Dark(), "light": Light()} {
		if got := contrast(theme.Background, theme.Foreground); got < 7 {
			t.Errorf("%s: text has contrast %.1f, want at least 7 (WCAG AAA)", name, got)
		}
		for i, c := range theme.Series {
			if got := contrast(theme.Background, c); got < 3 {
				t.Errorf("%s: line %d has contrast %.2f, want at least 3 (WCAG, graphics)", name, i, got)
			}
		}
		for sight, m := range sights {
			for i := range theme.Series {
				for j := range i {
					a, b := seen(theme.Series[i], m), seen(theme.Series[j], m)
					got := math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
					// the first four serve two runs with train and validation each; 2.3 is just noticeable
					want := 12.0
					if i < 4 {
						want = 20
					}
					if got < want {
						t.Errorf("%s, %s: lines %d and %d differ by %.1f, want at least %.0f (CIE76)", name, sight, i, j, got, want)
					}
				}
			}
		}
		if theme.Color(2) != theme.Color(2+len(theme.Series)) || theme.Color(-1) != theme.Series[len(theme.Series)-1] {
			t.Errorf("%s: colours do not wrap around", name)
		}
	}
	if len(Dark().Series) != len(Light().Series) {
		t.Error("the palettes differ in length: a run would change its hue with the theme")
	}
}
