// Pictures have no races, and drawing them is slow under the detector.
//
//go:build !race

package app

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"growlab/app/golden"
	"growlab/app/look"
	"growlab/app/session"
)

func TestScreenshot(t *testing.T) {
	for _, row := range []struct {
		name          string
		fake          *fakeSessions
		options       Options
		shot          Shot
		width, height int
		background    color.NRGBA
		colours       int
	}{
		{"a run, dark", at(1610), Options{Theme: look.Dark}, Shot{Width: 1280, Height: 800}, 1280, 800, color.NRGBA{0x16, 0x17, 0x1c, 255}, 200},
		{"a run, light, twice as fine", at(1610), Options{Theme: look.Light}, Shot{Width: 1100, Height: 700, Scale: 2}, 2200, 1400, color.NRGBA{255, 255, 255, 255}, 200},
		{"transitions", at(1610), Options{Theme: look.Dark}, Shot{Width: 1100, Height: 700, Page: "transitions"}, 1100, 700, color.NRGBA{0x16, 0x17, 0x1c, 255}, 100},
		{"presets", at(1610), Options{Theme: look.Light}, Shot{Width: 1100, Height: 700, Page: "presets"}, 1100, 700, color.NRGBA{255, 255, 255, 255}, 100},
		{"no run", newFake(), Options{Theme: look.Light}, Shot{Width: 1100, Height: 700}, 1100, 700, color.NRGBA{255, 255, 255, 255}, 100},
		{
			"a run of three", at(1610).withRun(session.Done, script("first")),
			Options{Theme: look.Dark, Open: "first"},
			Shot{Width: 1100, Height: 700},
			1100, 700,
			color.NRGBA{0x16, 0x17, 0x1c, 255},
			200,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.options.Sessions = row.fake
			var out bytes.Buffer
			if err := Screenshot(&out, row.options, row.shot); err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(&out)
			if err != nil {
				t.Fatal(err)
			}
			if got := img.Bounds(); got != image.Rect(0, 0, row.width, row.height) {
				t.Errorf("got %v, want %d x %d", got, row.width, row.height)
			}
			seen := map[color.NRGBA]int{}
			for _, p := range pixels(img) {
				seen[p]++
			}
			if len(seen) < row.colours {
				t.Errorf("got %d colours, want at least %d", len(seen), row.colours)
			}
			if share := float64(seen[row.background]) / float64(row.width*row.height); share < 0.3 {
				t.Errorf("got the background on %.0f %% of the picture, want at least 30 %%", 100*share)
			}
		})
	}
}

func pixels(img image.Image) []color.NRGBA {
	n := golden.NRGBA(img)
	all := make([]color.NRGBA, 0, len(n.Pix)/4)
	for i := 0; i < len(n.Pix); i += 4 {
		all = append(all, color.NRGBA{n.Pix[i], n.Pix[i+1], n.Pix[i+2], n.Pix[i+3]})
	}
	return all
}

func TestScreenshotRefusesWhatIsNotThere(t *testing.T) {
	for _, row := range []struct {
		name    string
		options Options
		shot    Shot
		want    string
	}{
		{"theme", Options{Theme: "blue"}, Shot{Width: 1280, Height: 800}, `theme "blue": there are system, dark and light`},
		{"size", Options{}, Shot{Width: 10, Height: 10}, "not 10 x 10"},
		{"page", Options{}, Shot{Width: 1280, Height: 800, Page: "weights"}, `page "weights"`},
		{"run", Options{Open: "gone"}, Shot{Width: 1280, Height: 800}, `there is no run "gone"`},
	} {
		row.options.Sessions = at(100)
		err := Screenshot(&bytes.Buffer{}, row.options, row.shot)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want it to contain %q", row.name, err, row.want)
		}
	}
}

func TestRunSaysWhyNoWindowOpens(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	err := Run(Options{Sessions: newFake()})
	if err == nil {
		t.Fatal("got no error without a screen")
	}
	for _, want := range []string{"the window cannot open", "DISPLAY is not set", "growlab train"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to contain %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line", err)
	}
}
