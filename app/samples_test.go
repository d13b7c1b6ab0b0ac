package app

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/trainer/event"
)

// writer is a machine of runs whose networks write a sentence.
type writer struct {
	*fakeSessions
	sentence []string
	hold     chan struct{} // waited for before the last piece; nil for not at all
}

func (f *writer) Sample(ctx context.Context, id string, a session.Ask, piece func(string)) (event.Sampled, error) {
	for i, s := range f.sentence {
		if i == len(f.sentence)-1 && f.hold != nil {
			select {
			case <-f.hold:
			case <-ctx.Done():
				return event.Sampled{}, ctx.Err()
			}
		}
		piece(s)
	}
	return event.Sampled{Step: 1600, Stage: 1, Prompt: a.Prompt, Text: strings.Join(f.sentence, ""), Temperature: a.Temperature}, nil
}

// texts are the texts on the page of samples.
func (b *bench) texts() (all []string) {
	for _, o := range pagetest.Tree(b.samples.Object) {
		if r, ok := o.(*widget.RichText); ok && r.Visible() {
			all = append(all, r.String())
		}
	}
	return all
}

func (b *bench) readsText(want string) {
	b.t.Helper()
	b.until("the text "+want, func() bool {
		return slices.ContainsFunc(b.texts(), func(s string) bool { return strings.Contains(s, want) })
	})
}

func TestAskedTextComesInPieces(t *testing.T) {
	fake := &writer{fakeSessions: at(1610), sentence: []string{" let there", " be light", "."}, hold: make(chan struct{})}
	b := openWith(t, fake.fakeSessions, fake)
	b.shown(1610)
	b.tabs.SelectIndex(slices.Index(b.pageNames(), "samples"))
	tap(t, b.button("Write"))
	b.readsText("And God said let there be light")
	close(fake.hold)
	b.until("the end of the text", b.canWrite)
	b.readsText("be light.")
}

func TestWritingStops(t *testing.T) {
	fake := &writer{fakeSessions: at(1610), sentence: []string{" let there", " be light"}, hold: make(chan struct{})}
	b := openWith(t, fake.fakeSessions, fake)
	b.shown(1610)
	b.tabs.SelectIndex(slices.Index(b.pageNames(), "samples"))
	tap(t, b.button("Write"))
	b.readsText("let there")
	tap(t, buttonIn(b.samples.Object, "Stop")) // not that of the run
	b.until("the button to write again", b.canWrite)
}

// canWrite reports whether a text can be asked for.
func (b *bench) canWrite() bool {
	return slices.ContainsFunc(pagetest.Tree(b.samples.Object), func(o fyne.CanvasObject) bool {
		button, ok := o.(*widget.Button)
		return ok && button.Text == "Write" && !button.Disabled()
	})
}

func TestSamplesMoveWithTheCursor(t *testing.T) {
	b := open(t, at(1610))
	b.shown(1610)
	b.tabs.SelectIndex(slices.Index(b.pageNames(), "samples"))
	var told []int64
	b.cursor.follow(func(step int64) { told = append(told, step) })
	b.cursor.tell(300)
	b.readsText("e the the hath")
	if !slices.Equal(told, []int64{300}) {
		t.Errorf("followers were told %v, want what was told once", told)
	}
}

func TestSamplesOfAnotherRunBeside(t *testing.T) {
	b := open(t, at(1610).withRun(session.Done, script("twin")))
	b.shown(1610)
	b.sampleBeside("twin")
	b.until("the samples of the twin", func() bool { return len(b.samples.texts) == 8 })
	b.tabs.SelectIndex(slices.Index(b.pageNames(), "samples"))
	got := slices.DeleteFunc(b.texts(), func(s string) bool { return !strings.Contains(s, "unto the children") })
	if len(got) != 2 {
		t.Errorf("%d samples are on show, want 2", len(got))
	}
	b.choose("twin")
	if b.samples.other != "" {
		t.Errorf("run %q is beside itself", b.samples.other)
	}
}

// The drawing is coloured by the last measurement of the present stage only.
func TestHeatIsOfThePresentStage(t *testing.T) {
	norms := func(stage, layers int) event.Blocks {
		e := event.Blocks{Step: 100, Stage: stage}
		for l := -1; l < layers; l++ {
			e.Blocks = append(e.Blocks, event.BlockNorms{Layer: l, Old: event.PartNorms{Params: 4, Weight: 8, Grad: 2, Update: 0.08}})
		}
		return e
	}
	v := newRunView()
	v.apply(append(upTo(script("r"), 100), norms(1, 3)))
	for i, want := range []float64{0, 1, 4, 0.01} {
		h := pictureOf(v, colourings[i]).Heat
		if want == 0 {
			if h.Name != "" {
				t.Errorf("%s: coloured by %q", colourings[i].title, h.Name)
			}
			continue
		}
		if len(h.Blocks) != 3 || math.Abs(h.Blocks[2].Old-want) > 1e-12 || math.Abs(h.Ends.Old-want) > 1e-12 || h.Blocks[0].New != 0 {
			t.Errorf("%s: got %+v, want %g", colourings[i].title, h, want)
		}
	}
	v.apply([]event.Event{growthTo(2)})
	if h := pictureOf(v, colourings[1]).Heat; h.Name != "" {
		t.Errorf("after the growth: coloured by numbers of the network before: %+v", h)
	}
}
