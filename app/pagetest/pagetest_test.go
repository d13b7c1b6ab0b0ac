package pagetest

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
)

// witness stands in for a test that may fail.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, a ...any) { w.said = append(w.said, fmt.Sprintf(format, a...)) }

// text is a text at a place, with the size that it takes.
func text(s string, x, y float32) *canvas.Text {
	t := canvas.NewText(s, color.White)
	t.TextSize = 13
	t.Resize(t.MinSize())
	t.Move(fyne.NewPos(x, y))
	return t
}

func rectangle(c color.Color, x, y, width, height float32) *canvas.Rectangle {
	r := canvas.NewRectangle(c)
	r.Resize(fyne.NewSize(width, height))
	r.Move(fyne.NewPos(x, y))
	return r
}

func button(x, y, width, height float32) *widget.Button {
	b := widget.NewButton("", func() {})
	b.Resize(fyne.NewSize(width, height))
	b.Move(fyne.NewPos(x, y))
	return b
}

func TestWhatIsWrongIsFound(t *testing.T) {
	black := color.NRGBA{A: 0xff}
	for _, row := range []struct {
		name string
		o    func() []fyne.CanvasObject
		want string // "" for nothing
	}{
		{"nothing wrong", func() []fyne.CanvasObject {
			return []fyne.CanvasObject{text("one", 10, 10), text("two", 10, 40), button(10, 60, 80, 20)}
		}, ""},
		{"beyond the edge", func() []fyne.CanvasObject { return []fyne.CanvasObject{text("a text", 280, 10)} }, `"a text" is cut`},
		{"wider than its field", func() []fyne.CanvasObject {
			narrow := text("a text", 10, 10)
			narrow.Resize(fyne.NewSize(20, 18))
			return []fyne.CanvasObject{narrow}
		}, `"a text" leaves its field`},
		{"wider than its label", func() []fyne.CanvasObject {
			l := widget.NewLabel("a label that is too long")
			l.Resize(fyne.NewSize(60, 30))
			return []fyne.CanvasObject{l}
		}, `"a label that is too long" leaves what says it`},
		{"to be scrolled to", func() []fyne.CanvasObject {
			s := container.NewVScroll(container.NewVBox(text("one", 0, 0), rectangle(black, 0, 0, 10, 10), layout.NewSpacer(), text("two", 0, 0)))
			s.Resize(fyne.NewSize(100, 20))
			return []fyne.CanvasObject{s}
		}, ""},
		{"over each other", func() []fyne.CanvasObject {
			return []fyne.CanvasObject{text("below", 10, 10), text("above", 14, 14)}
		}, `"below" (`},
		{"over each other with a field in between", func() []fyne.CanvasObject {
			return []fyne.CanvasObject{text("below", 10, 10), rectangle(black, 0, 0, 100, 50), text("above", 14, 14)}
		}, ""},
		{"white on grey", func() []fyne.CanvasObject {
			return []fyne.CanvasObject{rectangle(color.NRGBA{0x99, 0x99, 0x99, 0xff}, 0, 0, 100, 50), text("pale", 10, 10)}
		}, `"pale" is pale: its contrast is 2.8 : 1, want 4.5`},
		{"white on a shade of grey", func() []fyne.CanvasObject {
			return []fyne.CanvasObject{rectangle(black, 0, 0, 100, 50), rectangle(color.NRGBA{0xff, 0xff, 0xff, 0x99}, 0, 0, 100, 50), text("pale", 10, 10)}
		}, `"pale" is pale: its contrast is 2.8 : 1`},
		{"no such character", func() []fyne.CanvasObject { return []fyne.CanvasObject{text("\u2713 ok", 10, 10)} }, `which is not in the embedded fonts`},
		{"a small button", func() []fyne.CanvasObject { return []fyne.CanvasObject{button(10, 10, 80, 12)} }, "is hard to hit"},
		{"a button out of reach", func() []fyne.CanvasObject { return []fyne.CanvasObject{button(400, 10, 80, 30)} }, "cannot be reached"},
		{"hidden", func() []fyne.CanvasObject {
			b := button(400, 10, 80, 30)
			b.Hide()
			return []fyne.CanvasObject{b}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			Start(t, look.Dark)
			p := Page{Window: Show(t, fyne.NewSize(300, 100), container.NewWithoutLayout(row.o()...))}
			w := &witness{TB: t}
			p.inspect(w, "1100")
			if got := strings.Join(w.said, "; "); (got == "") != (row.want == "") || !strings.Contains(got, row.want) || len(w.said) > 1 {
				t.Errorf("got %q, want %q alone", got, row.want)
			}
		})
	}
}

func TestNewObjectsAreFound(t *testing.T) {
	Start(t, look.Dark)
	box := container.NewVBox(widget.NewLabel("one"))
	tabs := look.NewTabs()
	tabs.Append("first", box)
	Show(t, fyne.NewSize(300, 100), tabs)
	for _, row := range []struct {
		name string
		do   func()
		bad  bool
	}{
		{"nothing", func() {}, false},
		{"another layout", func() { tabs.Resize(fyne.NewSize(280, 100)) }, false},
		{"another text", func() { box.Objects[0].(*widget.Label).SetText("two") }, false},
		{"another label", func() { box.Objects[0] = widget.NewLabel("one") }, true},
		{"one more", func() { box.Add(widget.NewLabel("two")) }, true},
	} {
		w := &witness{TB: t}
		StaysTheSame(w, tabs, row.do)
		if got := len(w.said) > 0; got != row.bad {
			t.Errorf("%s: failed %v (%q), want %v", row.name, got, w.said, row.bad)
		}
	}
}

func TestLargePagesAreFound(t *testing.T) {
	Start(t, look.Dark)
	r := canvas.NewRectangle(color.White)
	r.SetMinSize(fyne.NewSize(620, 100))
	p := Page{Window: Show(t, Middle.Small, r)}
	w := &witness{TB: t}
	p.checkSize(w, Wide)
	if len(w.said) > 0 {
		t.Errorf("got %q for what fits", w.said)
	}
	p.checkSize(w, Middle)
	if len(w.said) != 1 {
		t.Errorf("got %q for what is 10 wider than its room", w.said)
	}
}
