package network

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func shown(t *testing.T) (*Diagram, *renderer) {
	t.Helper()
	test.NewTempApp(t)
	d := New()
	w := test.NewTempWindow(t, d)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(264, 260))
	return d, test.WidgetRenderer(d).(*renderer)
}

// New objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	d, r := shown(t)
	d.Set(growing(0.2))
	before := slices.Clone(r.Objects())
	d.Set(growing(0.7))
	r.Layout(d.Size())
	d.Refresh()
	if !slices.Equal(before, r.Objects()) {
		t.Errorf("the %d objects became %d others", len(before), len(r.Objects()))
	}
}

func TestNothingIsDrawnWithoutANetwork(t *testing.T) {
	d, r := shown(t)
	d.Set(growing(1))
	d.Clear()
	for _, o := range r.Objects() {
		if o.Visible() {
			t.Fatalf("%T is visible, want an empty drawing", o)
		}
	}
}

func TestOnlyAGrowthIsAnimated(t *testing.T) {
	for _, row := range []struct {
		name  string
		shown Picture
		want  bool
	}{
		{"first picture", Picture{}, false},
		{"the stage before", Picture{To: first, Final: third, Stage: 1, Mask: 1}, true},
		{"the same network", growing(0.1), false},
		{"another run", Picture{To: first, Final: second, Stage: 1}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, _ := shown(t)
			d.Set(row.shown)
			d.Set(growing(0.3))
			if got := d.animation != nil; got != row.want {
				t.Errorf("animated: got %v, want %v", got, row.want)
			}
			if d.grown != 1 { // the test driver runs an animation to its end at once
				t.Errorf("got grown %g at the end, want 1", d.grown)
			}
		})
	}
}

func TestColoursFollowTheTheme(t *testing.T) {
	p := palette{fresh: green}
	if got := p.at(fresh, 0.5); got.A != 128 || got.G != green.G {
		t.Errorf("got %v, want green at half opacity", got)
	}
	if got := p.at(fresh, 1); got != green {
		t.Errorf("got %v, want %v", got, green)
	}
}
