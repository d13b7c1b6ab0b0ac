package curvepage

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/curves"
	"growlab/app/look"
	"growlab/app/words"
	"growlab/trainer/event"
)

// story is the card below the charts that explains a marker: what happened, why one would care, and where to read more.
type story struct {
	object          *fyne.Container
	p               *Page
	at              int // index of the marker on show, -1 for none
	title, where    *look.Line
	what, why       *look.Line
	before, after   *Button
	lens, closeCard *Button
	stage           int // that a growth leads to, for the microscope
}

func newStory(p *Page) *story {
	s := &story{p: p, at: -1}
	s.title = look.NewLine(look.Style{Bold: true}, "")
	s.where = look.NewLine(look.Caption.Fitting(), "")
	s.what, s.why = look.NewLine(look.Style{Fit: true}, ""), look.NewLine(look.Quiet.Fitting(), "")
	s.before = NewButton(p.hints, "", theme.NavigateBackIcon(), "The event before this one (P).\nN and P work on a focused chart.", func() { s.next(-1) })
	s.after = NewButton(p.hints, "", theme.NavigateNextIcon(), "The event after this one (N).\nN and P work on a focused chart.", func() { s.next(1) })
	s.lens = NewButton(p.hints, "Microscope", theme.SearchIcon(), "This growth seen closely: 200 steps before and after it.\nWhat the loss, the logits and the moments did.", func() {
		if p.do.Transition != nil {
			p.do.Transition(s.stage)
		}
	})
	s.closeCard = NewButton(p.hints, "", theme.CancelIcon(), "Close this card.\nEsc does so too.", s.hide)
	for _, b := range []*Button{s.before, s.after, s.closeCard} {
		b.Importance = widget.LowImportance
	}
	head := look.Border(nil, nil, s.title, container.NewHBox(s.lens, s.before, s.after, s.closeCard), container.New(look.Margin(10, 6, 6, 0), s.where))
	text := container.New(look.Column{Space: 1}, head, s.what, s.why)
	s.object = container.NewStack(look.NewPanel(theme.ColorNameHeaderBackground), container.New(look.Margin(12, 8, 4, 8), text))
	s.object.Hide()
	return s
}

// tell shows the story of marker i of the chart.
func (p *Page) tell(i int) { p.story.show(i) }

func (s *story) show(i int) {
	if len(s.p.board.Shown) == 0 {
		return
	}
	r := s.p.board.Shown[0].Run
	notes := r.Notes()
	if i < 0 || i >= len(notes) {
		return
	}
	s.at = i
	told := r.Story(notes[i])
	s.title.Set(told.Title)
	at := r.At(notes[i].Step)
	where := fmt.Sprintf("step %s · %s tokens · %d of %d", words.Thousands(notes[i].Step), words.Count(int64(at.Tokens)), i+1, len(notes))
	s.where.Set(where)
	s.what.Set(told.What)
	why := told.Why
	if told.Source != "" {
		why += "  " + told.Source
	}
	s.why.Set(why)
	g, grew := notes[i].Event.(event.Grew)
	s.stage = g.Stage
	s.lens.Hidden = !grew
	if s.object.Hidden {
		s.object.Show()
	}
	s.p.Object.Refresh()
	s.p.PointAt(notes[i].Step)
}

// next shows the story after the one on show, or before it, skipping checkpoints.
func (s *story) next(by int) {
	if len(s.p.board.Shown) == 0 {
		return
	}
	notes := s.p.board.Shown[0].Run.Notes()
	i := s.at
	if i < 0 && by < 0 {
		i = len(notes)
	}
	for i += by; i >= 0 && i < len(notes); i += by {
		if _, checkpoint := notes[i].Event.(event.Saved); !checkpoint {
			s.show(i)
			return
		}
	}
}

// hide closes the card.
func (s *story) hide() {
	s.at = -1
	if s.object.Visible() {
		s.object.Hide()
		s.p.Object.Refresh()
		s.p.group.PointAt(curves.NewRun("", "").At(0), false)
	}
}

// CloseStory closes the card of an event and reports whether one was open: Esc does so before it fits the view.
func (p *Page) CloseStory() bool {
	open := p.story.object.Visible()
	p.story.hide()
	return open
}
