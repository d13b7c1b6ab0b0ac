// Package pagetest holds the pages of the window to what a person has looked at. Page draws one with fixed data, dark and light, in
// windows of 1100 x 700 and 1920 x 1080 and on a screen with twice the pixels, and compares pictures and markup with goldens; it
// checks that refreshing makes no new objects, and that nothing is cut, covered, too pale or too small to hit.
//
// Goldens are the same on every machine: fonts are those that Fyne embeds (a character that they lack fails), times are UTC, animations
// are at their end, and pictures may differ by rounding. Under the race detector nothing is drawn, and the rest is checked once.
package pagetest

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"growlab/app/golden"
	"growlab/app/look"
)

// Page is a page with fixed data in a window of the test driver.
type Page struct {
	Window  fyne.Window
	Of      fyne.CanvasObject // what is looked at; nil for all that the window shows
	Refresh func()            // brings what a live run brings, but no new rows; nil for what Of brings itself
	Settle  func()            // waits until what is drawn is complete after a change of size; may be nil
}

// Room is what the window leaves to a page.
type Room struct {
	Small, Large fyne.Size // in windows of 1100 x 700 and of 1920 x 1080
}

// The rooms of the window, as a test of package app finds them.
var (
	Window = Room{fyne.NewSize(1100, 700), fyne.NewSize(1920, 1080)} // all of it
	Middle = Room{fyne.NewSize(610, 590), fyne.NewSize(1430, 970)}   // a page of a run between the list and the side
	Wide   = Room{fyne.NewSize(889, 590), fyne.NewSize(1709, 970)}   // a page of a run beside the list only
	List   = Room{fyne.NewSize(204, 623), fyne.NewSize(204, 1003)}   // the list of runs
	Whole  = Room{fyne.NewSize(889, 623), fyne.NewSize(1709, 1003)}  // what stands in place of the pages of a run
)

// field is one way to look at a page.
type field struct {
	name  string
	large bool
	scale float32
	drawn bool // has a golden picture
}

// fields are looked at one after another, so that layouts also have to grow and to shrink.
func fields(all bool) []field {
	f := []field{{"1100", false, 1, true}, {"1920", true, 1, all}}
	if all {
		f = append(f, field{"1100-2x", false, 2, true})
	}
	return f
}

// Check looks at the page that build makes in a theme. Its goldens are testdata/name-THEME-WIDTH.png and testdata/name.xml.
func Check(t *testing.T, name string, room Room, build func(t *testing.T, theme string) Page) {
	t.Helper()
	check(t, name, room, build, true)
}

// CheckState looks at another state of a page, with pictures in the small window only; all else is as Check does.
func CheckState(t *testing.T, name string, room Room, build func(t *testing.T, theme string) Page) {
	t.Helper()
	check(t, name, room, build, false)
}

func check(t *testing.T, name string, room Room, build func(t *testing.T, theme string) Page, all bool) {
	t.Helper()
	for _, theme := range []string{look.Dark, look.Light} {
		if raced && theme != look.Dark {
			continue
		}
		t.Run(name+"-"+theme, func(t *testing.T) {
			p := build(t, theme)
			for _, f := range fields(all) {
				p.fit(room, f)
				if f.drawn && !raced {
					golden.Check(t, p.picture(f.scale), name+"-"+theme+"-"+f.name+".png")
				}
				if f.scale == 1 {
					p.inspect(t, f.name)
				}
			}
			p.fit(room, field{scale: 1})
			if theme == look.Dark {
				golden.Text(t, p.markup(), name+".xml")
			}
			p.checkRefresh(t, room)
			p.checkSize(t, room)
		})
	}
}

// CheckAt checks the page in a window of another size as Check does, without goldens: nothing is cut, covered, too pale or too small to hit.
func (p Page) CheckAt(t testing.TB, name string, size fyne.Size) {
	t.Helper()
	p.fit(Room{Small: size}, field{scale: 1})
	p.inspect(t, name)
}

// Start begins an application in a theme; what is drawn is made after it.
func Start(t testing.TB, theme string) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(theme))
}

// Show shows an object alone in a window of the test driver.
func Show(t testing.TB, size fyne.Size, object fyne.CanvasObject) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, object)
	w.SetPadded(false)
	w.Resize(size)
	return w
}

// Times on show are local, and goldens are compared. Whole test programs run in UTC, since goroutines that a test leaves behind read the zone.
func init() { time.Local = time.UTC } //nolint:reassign // see above

// fit gives the page its room.
func (p Page) fit(room Room, f field) {
	size := room.Small
	if f.large {
		size = room.Large
	}
	p.Window.Canvas().(software.WindowlessCanvas).SetScale(f.scale)
	p.Window.Resize(size.AddWidthHeight(1, 0)) // text that wraps knows its height when it knows its width
	p.Window.Resize(size)
	if p.Settle != nil {
		p.Settle()
	}
}

// checkRefresh fails if refreshing or laying out makes new objects: Fyne would see another minimal size, lay out and repaint for ever.
func (p Page) checkRefresh(t *testing.T, room Room) {
	t.Helper()
	refresh := p.Refresh
	if refresh == nil {
		refresh = p.root().Refresh
	}
	StaysTheSame(t, p.root(), func() {
		refresh()
		p.fit(room, field{scale: 1})
	})
}

// checkSize fails if the page asks for more than the room it has in a small window.
func (p Page) checkSize(t testing.TB, room Room) {
	t.Helper()
	if min := p.Window.Content().MinSize(); min.Width > room.Small.Width || min.Height > room.Small.Height {
		t.Errorf("the page asks for %v, and has %v in a window of 1100 x 700", min, room.Small)
	}
}

// root is what is looked at.
func (p Page) root() fyne.CanvasObject {
	if p.Of != nil {
		return p.Of
	}
	return p.Window.Content()
}

func (p Page) markup() string {
	if p.Of != nil {
		return test.RenderObjectToMarkup(p.Of)
	}
	return test.RenderToMarkup(p.Window.Canvas())
}
