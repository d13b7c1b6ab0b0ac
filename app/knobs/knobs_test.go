package knobs

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/assets"
	"growlab/growth"
	"growlab/trainer/control"
)

func recipe(t *testing.T) growth.Recipe {
	t.Helper()
	text, err := assets.Recipe("flm-1m")
	if err != nil {
		t.Fatal(err)
	}
	r, err := growth.Parse("flm-1m", text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// courseAt is flm-1m after so many steps of 1,536 tokens.
func courseAt(t *testing.T, steps int64) *Course {
	t.Helper()
	return &Course{Now: recipe(t), Step: steps, Tokens: steps * 1536}
}

func TestStagedEditsAreForeseen(t *testing.T) {
	s := NewStaged()
	s.Follow(courseAt(t, 800))
	s.Set("lr", "0.5x")
	s.Set("clip", "0.5")
	s.Set(keyPostpone, "150k")
	s.Set(keyThreads, "1")
	if f := s.Faults(); len(f) > 0 {
		t.Fatalf("got faults %q", f)
	}
	if s.then.Train.LR != 4e-3 || s.then.Train.Clip != 0.5 {
		t.Errorf("got lr %g and clip %g, want 4e-3 and 0.5", s.then.Train.LR, s.then.Train.Clip)
	}
	if got, was := s.then.Plan().Stages[0].Tokens, s.course.Now.Plan().Stages[0].Tokens; got <= was {
		t.Errorf("got %d tokens of stage 1, want more than %d", got, was)
	}
	var verbs []string
	for _, c := range s.Commands() {
		verbs = append(verbs, c.Verb+" "+c.Detail())
	}
	if want := []string{"set lr=0.5x", "set clip=0.5", "postpone 150000 tokens", "set threads=1"}; !slices.Equal(verbs, want) {
		t.Errorf("got commands %q, want %q", verbs, want)
	}
	if got, want := s.Words()[0], "lr 8e-3 to 0.5x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEditsThatCannotBeAreNamed(t *testing.T) {
	for _, row := range []struct{ key, value, want string }{
		{"lr", "fast", `lr is "fast"`},
		{"batch", "1000", "must be a multiple of context 128"},
		{"ramp", "50k", "no growth is being faded in"},
		{keyPostpone, "x", "is not a number of tokens"},
		{keyExtend, "5", "is less than a step"},
		{keyThreads, "none", "must be a whole number"},
		{"eval.every", "-3", "is not a cadence"},
	} {
		s := NewStaged()
		s.Follow(courseAt(t, 800))
		s.Set(row.key, row.value)
		if got := s.Fault(row.key); !strings.Contains(got, row.want) {
			t.Errorf("%s=%s: got %q, want it to contain %q", row.key, row.value, got, row.want)
		}
		if s.then.Train.LR != 8e-3 {
			t.Errorf("%s=%s: a refused edit changed the forecast", row.key, row.value)
		}
	}
}

func TestSettingWhatIsSoStagesNothing(t *testing.T) {
	s := NewStaged()
	s.Follow(courseAt(t, 10))
	for _, key := range []string{"lr", "weight_decay", "clip", "batch", "eval.every"} {
		s.Set(key, s.Present(key))
	}
	if s.Len() != 0 {
		t.Errorf("got %q staged, want nothing", s.staged())
	}
	s.Set("lr", "1e-3")
	s.Set("lr", "")
	if s.Len() != 0 {
		t.Errorf("got %q staged after taking it back", s.staged())
	}
}

// TestOffers: whatever is offered can be applied, so that a mouse alone can change a run.
func TestOffers(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps int64
		key   string
		want  []string
	}{
		{"rate", 800, "lr", []string{"× 0.25 · 2e-3", "× 0.5 · 4e-3", "× 0.8 · 6.4e-3", "× 1.25 · 0.01", "× 2 · 0.016"}},
		{"clip", 800, "clip", []string{"none · 0", "× 0.5 · 0.5", "× 2 · 2"}},
		{"batch", 800, "batch", []string{"half · 768", "twice · 3,072"}},
		{"ramp in none", 800, "ramp", nil},
		{"ramp", 1600, "ramp", []string{"at once · 0", "half as long · 16,896", "twice as long · 67,584"}},
		{"postponed", 1600, keyPostpone, []string{
			"5 % of this stage · 18,432", "10 % of this stage · 38,400", "25 % of this stage · 98,304", "50 % of this stage · 196,608",
		}},
		{"nothing to postpone", 2000, keyPostpone, nil},
		{"extended", 2000, keyExtend, []string{
			"5 % of the last stage · 12,288", "10 % of the last stage · 26,112", "25 % of the last stage · 66,048", "50 % of the last stage · 132,096",
		}},
		{"evaluations", 800, "eval.every", []string{"twice as often · 49,152", "half as often · 196,608", "never · 0"}},
		{"threads", 800, keyThreads, nil},
	} {
		s := NewStaged()
		s.Follow(courseAt(t, row.steps))
		var got []string
		for _, o := range s.Offers(row.key) {
			got = append(got, o.Label)
			s.Set(row.key, o.Text)
			if f := s.Fault(row.key); f != "" || s.Len() != 1 {
				t.Errorf("%s: %q is offered, and %d staged, refused: %q", row.name, o.Text, s.Len(), f)
			}
			if all := s.Offers(row.key); all[len(all)-1].Text != "" {
				t.Errorf("%s: what was staged cannot be taken back: %v", row.name, all)
			}
			s.Clear()
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestGrowNowSaysWhyNot(t *testing.T) {
	s := NewStaged()
	s.Follow(courseAt(t, 800))
	if why := s.CanGrow(); why != "" {
		t.Errorf("in stage 1: got %q, want that it can grow", why)
	}
	s.Follow(courseAt(t, 1600)) // the ramp of stage 2
	if why := s.CanGrow(); !strings.Contains(why, "still being faded in") {
		t.Errorf("in the ramp: got %q", why)
	}
	if left, on := s.Ramping(); !on || left <= 0 || left > 38_400 {
		t.Errorf("got %d tokens of the ramp left (%v)", left, on)
	}
	s.Follow(courseAt(t, 2000))
	if why := s.CanGrow(); !strings.Contains(why, "nothing to grow into") {
		t.Errorf("in the last stage: got %q", why)
	}
}

func TestTheScheduleEndsWithTheRun(t *testing.T) {
	c := courseAt(t, 800)
	rate, mask := schedule(c.Now, *c, "now")
	if rate.Len() < 100 || rate.Len() > 3*(sight+2)+300 {
		t.Errorf("got %d points, want a few hundred", rate.Len())
	}
	last := rate.At(rate.Len() - 1)
	if total := float64(c.Now.TotalTokens()); last.Tokens != total-1536 {
		t.Errorf("the last point is at %g tokens, want the last step, at %g", last.Tokens, total-1536)
	}
	lowest := 1.0
	for i := range mask.Len() {
		lowest = min(lowest, mask.At(i).Y)
	}
	if lowest != 0 {
		t.Errorf("got a lowest mask of %g, want 0 at a growth", lowest)
	}
	if got := rest(c.Now, *c); len(got) != 3 || got[1].ramped == 0 || got[0].ramped != 0 {
		t.Errorf("got rest %+v", got)
	}
}

type bench struct {
	*Page
	win      fyne.Window
	applied  [][]control.Command
	reverted int
}

func open(t *testing.T, variant string, width, height float32) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(variant))
	b := &bench{}
	b.Page = NewPage(Host{
		Apply:  func(c []control.Command) { b.applied = append(b.applied, c) },
		Revert: func() { b.reverted++ },
		Cancel: func() {},
	})
	b.win = test.NewTempWindow(t, b.Object)
	b.win.SetPadded(false)
	b.win.Resize(fyne.NewSize(width, height))
	return b
}

func TestThePageAppliesWhatIsStaged(t *testing.T) {
	b := open(t, look.Dark, 640, 560)
	if b.page.Visible() || !b.none.Visible() {
		t.Error("knobs are on show without a live run")
	}
	b.Show(courseAt(t, 800), true)
	if !b.page.Visible() || !b.apply.Disabled() || !b.discard.Disabled() || b.grow.Disabled() || !b.revert.Disabled() {
		t.Error("want the page with Grow now alone enabled")
	}
	b.fields["lr"].Type("fast")
	if !b.apply.Disabled() || !strings.Contains(b.state.Text(), `lr is "fast"`) {
		t.Errorf("a bad value can be applied: %q", b.state.Text())
	}
	b.fields["lr"].Type("4e-3")
	if len(b.rates.Figure().Lines) != 2 || !b.then.object.Visible() {
		t.Error("no forecast is on show")
	}
	test.Tap(b.apply)
	if len(b.applied) != 1 || b.applied[0][0].Detail() != "lr=4e-3" {
		t.Fatalf("got %v applied", b.applied)
	}
	b.Wait("Applying…")
	if !b.apply.Disabled() || !b.cancel.Visible() {
		t.Error("it can be applied twice, or not be cancelled")
	}
	b.Applied("", errors.New("the engine refused: no"))
	if b.staged.Len() != 1 || b.state.Text() != "the engine refused: no" {
		t.Errorf("after a refusal: %d staged, %q", b.staged.Len(), b.state.Text())
	}
	b.Applied("Applied.", nil)
	if b.staged.Len() != 0 || b.cancel.Visible() || b.state.Text() != "Applied." {
		t.Errorf("after applying: %d staged, %q", b.staged.Len(), b.state.Text())
	}
	c := courseAt(t, 900)
	c.Edits = 1
	b.Show(c, true)
	test.Tap(b.revert)
	if b.reverted != 1 {
		t.Error("Revert was not asked for")
	}
	test.Tap(b.grow)
	if got := b.applied[len(b.applied)-1]; len(got) != 1 || got[0].Verb != control.Grow {
		t.Errorf("got %v, want grow", got)
	}
}

func TestDiscardTakesBack(t *testing.T) {
	b := open(t, look.Light, 640, 560)
	b.Show(courseAt(t, 800), true)
	b.fields["clip"].Type("2")
	test.Tap(b.discard)
	if b.staged.Len() != 0 || b.fields["clip"].Text() != "1" || len(b.rates.Figure().Lines) != 1 {
		t.Errorf("got %d staged, clip %q, %d lines", b.staged.Len(), b.fields["clip"].Text(), len(b.rates.Figure().Lines))
	}
}

// What is waited for takes no room of its own: buttons stay where the pointer is.
func TestNothingMovesWhileWaiting(t *testing.T) {
	b := open(t, look.Dark, 860, 600)
	b.Show(courseAt(t, 800), true)
	b.fields["lr"].Type("4e-3")
	before := b.page.MinSize()
	b.Wait("Applied at the end of this step…")
	if got := b.page.MinSize(); got != before || !b.cancel.Visible() || b.discard.Visible() {
		t.Errorf("while waiting the page asks for %v, before for %v; cancel shows %v, discard %v", got, before, b.cancel.Visible(), b.discard.Visible())
	}
	b.Applied("Applied.", nil)
	if b.cancel.Visible() || !b.discard.Visible() {
		t.Error("the wait is over, yet it can be cancelled")
	}
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	b := open(t, look.Dark, 640, 560)
	b.Show(courseAt(t, 800), true)
	b.fields["lr"].Type("4e-3")
	pagetest.StaysTheSame(t, b.Object, func() {
		b.Show(courseAt(t, 801), true)
		b.Stage("clip", "3")
	})
}

func TestAmountsMayHaveSeparators(t *testing.T) {
	s := NewStaged()
	s.Follow(&Course{Now: recipe(t)})
	if got, want := s.Present("eval.every"), "98,304"; got != want {
		t.Errorf("got %q on show, want %q", got, want)
	}
	for _, same := range []string{"98304", "98_304", "98,304"} {
		if s.Set("eval.every", same); s.Len() != 0 {
			t.Errorf("%q is staged, though it is so already", same)
		}
	}
	for _, other := range []string{"196608", "196_608", "196,608"} {
		s.Set("eval.every", other)
		if got := s.Fault("eval.every"); got != "" || s.Len() != 1 {
			t.Errorf("%q: %d staged, fault %q; want one without", other, s.Len(), got)
		}
		if got := int64(s.then.Eval.Every); got != 196_608 {
			t.Errorf("%q: comes to %d, want 196608", other, got)
		}
		if got := s.Text("eval.every"); got != "196,608" {
			t.Errorf("%q: the field shows %q", other, got)
		}
		if got, want := s.Words()[0], "eval.every 98,304 to 196,608"; got != want {
			t.Errorf("%q: got %q, want %q", other, got, want)
		}
	}
}
