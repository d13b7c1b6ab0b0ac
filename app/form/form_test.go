package form

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestAnEntryLeavesAloneWhatIsTyped(t *testing.T) {
	test.NewTempApp(t)
	var edits []string
	f := NewField(Spec{Key: "train.lr", Label: "learning rate", About: "the peak"}, func(s string) { edits = append(edits, s) })
	w := test.NewTempWindow(t, f)
	f.Put("4e-3", "")
	if len(edits) != 0 {
		t.Fatalf("got edits %q from the program, want none", edits)
	}
	w.Canvas().Focus(f.Input())
	test.Type(f.Input(), "1")
	if len(edits) != 1 {
		t.Fatalf("got edits %q, want the one that was typed", edits)
	}
	typed := f.Text()
	f.Put("0.001", "")
	if got := f.Text(); got != typed {
		t.Errorf("got %q while typing, want %q left alone", got, typed)
	}
	w.Canvas().Unfocus()
	f.Put("0.001", "")
	if got := f.Text(); got != "0.001" {
		t.Errorf("got %q after typing, want what the program shows", got)
	}
}

func TestARefusedFieldIsFramedAndSaysWhy(t *testing.T) {
	test.NewTempApp(t)
	for _, f := range []*Field{
		NewField(Spec{Label: "batch", Key: "train.batch"}, func(string) {}),
		NewField(Spec{Label: "operator", Choices: []string{"msg", "stack"}}, func(string) {}),
	} {
		var help string
		f.OnHelp = func(s string) { help = s }
		w := test.NewTempWindow(t, f)
		f.Put("x", "x is no number")
		if !f.frame.Bad() {
			t.Errorf("%s: no frame around a refused value", f.Spec.Label)
		}
		w.Canvas().Focus(f.Input())
		if want := ": x is no number"; len(help) < len(want) || help[len(help)-len(want):] != want {
			t.Errorf("%s: got help %q, want the reason", f.Spec.Label, help)
		}
		f.Put("x", "")
		if f.frame.Bad() {
			t.Errorf("%s: still framed", f.Spec.Label)
		}
		w.Canvas().Unfocus()
		if help != "" {
			t.Errorf("%s: got help %q after leaving, want none", f.Spec.Label, help)
		}
	}
}

func TestAChoiceReportsOnlyWhatAPersonTakes(t *testing.T) {
	test.NewTempApp(t)
	var got []string
	f := NewField(Spec{Label: "operator", Choices: []string{"msg", "stack"}}, func(s string) { got = append(got, s) })
	f.Put("stack", "")
	f.Put("unheard of", "")
	if len(got) != 0 || f.Text() != "unheard of" {
		t.Errorf("got %q reported and %q shown, want none and what the file says", got, f.Text())
	}
	f.Type("msg")
	if len(got) != 1 || got[0] != "msg" {
		t.Errorf("got %q, want msg", got)
	}
}

func TestOffersFillAFieldWithTheMouse(t *testing.T) {
	test.NewTempApp(t)
	var got []string
	f := NewField(Spec{Label: "learning rate"}, func(s string) { got = append(got, s) })
	offered := []Offer{{"half · 4e-3", "4e-3"}, {"twice · 0.016", "0.016"}}
	f.Offer(func() []Offer { return offered })
	w := test.NewTempWindow(t, f)
	w.Resize(fyne.NewSize(300, 200))
	f.Put("8e-3", "")
	pick := func(label string) bool {
		test.Tap(f.offers)
		top := w.Canvas().Overlays().Top()
		if top == nil {
			t.Fatal("the arrow opens no menu")
		}
		for _, item := range f.entry.menu(offered).Items {
			if item.Label == label && !item.Disabled {
				item.Action()
				w.Canvas().Overlays().Remove(top)
				return true
			}
		}
		return false
	}
	if !pick("twice · 0.016") || f.Text() != "0.016" || len(got) != 1 || got[0] != "0.016" {
		t.Errorf("got %q reported and %q shown, want what was picked", got, f.Text())
	}
	offered = nil
	if pick(noOffers) {
		t.Error("nothing is offered, yet it can be picked")
	}
	f.Enable(false)
	if !f.offers.Disabled() {
		t.Error("a field that is switched off offers")
	}
}

func TestEscapeLeavesTheEntry(t *testing.T) {
	test.NewTempApp(t)
	left := 0
	e := NewEntry(func(string) {})
	e.OnEscape = func() { left++ }
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if left != 1 {
		t.Errorf("got %d, want one", left)
	}
}
