package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"growlab/trainer/control"
	"growlab/trainer/event"
)

const (
	redraw     = 100 * time.Millisecond // of the live line, at most
	plainEvery = 10 * time.Second       // between plain lines
)

// progress shows a run's events on a terminal: one updating line with the present step, and a line of its own for each
// thing worth keeping. Where lines cannot be rewritten, the step is a plain line every ten seconds.
type progress struct {
	mu    sync.Mutex // messages come from other goroutines than events
	term  terminal
	now   func() time.Time
	start event.Start
	last  event.Step
	eval  event.Eval // the last
	loss  float64    // training loss, averaged
	rate  float64    // tokens/s, averaged
	gpus  event.GPUs // the last measurement
	drawn bool       // a live line stands on the terminal
	shown time.Time
}

func newProgress(t terminal) *progress { return &progress{term: t, now: time.Now} }

// show takes one event.
func (p *progress) show(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case event.Start:
		p.begin(e)
	case event.Step:
		p.step(e)
	case event.Eval:
		p.eval = e
		if e.Final {
			p.say("final validation loss %s nats per byte, %s bits per byte%s", fixed(e.Loss, 4), fixed(e.BitsPerByte, 4), judged(", ", e))
		}
	case event.Grew:
		p.say("%s", grewSentence(e))
		if len(e.Plan) > 0 {
			p.start.Replan(e.Plan)
			p.say("stage %d ended early; the run now has %s tokens in %s steps", e.Stage-1, grouped(p.start.Tokens), grouped(p.start.Steps))
		}
	case event.Paused:
		reason := e.Reason
		if reason == "" {
			reason = "growlab's window, or another program of yours, can resume it"
		}
		p.say("%s at step %s: %s", p.term.paint(yellow, "paused"), grouped(e.Step), reason)
	case event.Resumed:
		p.say("resumed at step %s", grouped(e.Step))
	case event.Command:
		p.command(e)
	case event.Shrank:
		p.say("stage %d does not fit with %s sequences at a time; it takes %s, and as many tokens a step as before (%s)",
			e.Stage, grouped(int64(e.From)), grouped(int64(e.To)), e.Reason)
	case event.GPUs:
		p.gpus = e
	case event.Blocks, event.Memory, event.Saved, event.Sampled, event.Ended:
	}
}

// command shows one that changed the course of the run.
func (p *progress) command(e event.Command) {
	switch e.Verb {
	case control.Set, control.Postpone, control.Extend:
	default:
		return
	}
	plan := ""
	if len(e.Plan) > 0 {
		p.start.Replan(e.Plan)
		plan = fmt.Sprintf("; the run now has %s tokens in %s steps", grouped(p.start.Tokens), grouped(p.start.Steps))
	}
	p.say("%s %s at step %s%s", e.Verb, e.Detail, grouped(e.Step), plan)
}

func (p *progress) begin(e event.Start) {
	p.start = e
	device := e.Device
	if e.Ranks > 1 {
		device = fmt.Sprintf("%d ranks, each on %s", e.Ranks, e.Device)
	}
	what := fmt.Sprintf("run %s: %s, %d stages, %s tokens in %s steps on %s",
		p.term.paint(bold, e.Run), e.Recipe, len(e.Stages), grouped(e.Tokens), grouped(e.Steps), device)
	if len(e.Stages) == 1 {
		what = strings.Replace(what, "1 stages", "1 stage", 1)
	}
	if e.Resumed > 0 {
		what += fmt.Sprintf(", resumed at step %s", grouped(e.Resumed))
	}
	p.say("%s", what)
	p.shown = p.now()
}

// step averages over about 20 steps, so that the line can be read.
func (p *progress) step(e event.Step) {
	const keep = 0.95
	if p.last.Step == 0 {
		p.loss = e.Loss
	}
	if p.last.Stage != e.Stage {
		p.rate = e.TokensPerSec
	}
	p.loss = keep*p.loss + (1-keep)*e.Loss
	p.rate = keep*p.rate + (1-keep)*e.TokensPerSec
	p.last = e
	now := p.now()
	switch {
	case p.term.live && (now.Sub(p.shown) >= redraw || e.Step == p.start.Steps):
		p.draw(p.fit(p.term.width() - 1))
		p.shown = now
	case !p.term.live && (now.Sub(p.shown) >= plainEvery || e.Step == p.start.Steps):
		p.say("%s", strings.Join(p.parts(), "  "))
		p.shown = now
	}
}

// judged says, after a separator, how many propositions the network judges rightly; it says nothing without a teacher.
func judged(separator string, e event.Eval) string {
	if e.Labels == 0 {
		return ""
	}
	return separator + "labels " + percent(e.LabelAccuracy)
}

// parts are the pieces of the line, the most telling first.
func (p *progress) parts() []string {
	e := p.last
	shape := ""
	if e.Stage >= 1 && e.Stage <= len(p.start.Stages) {
		shape = " " + p.start.Stages[e.Stage-1].Shape
	}
	parts := []string{
		fmt.Sprintf("stage %d/%d%s", e.Stage, len(p.start.Stages), shape),
		fmt.Sprintf("step %s/%s", grouped(e.Step), grouped(p.start.Steps)),
		"loss " + fixed(p.loss, 3),
	}
	if p.eval.Loss > 0 {
		parts = append(parts, "val "+fixed(p.eval.Loss, 3)+judged(", ", p.eval))
	}
	parts = append(parts, scaled(p.rate)+" tokens/s", "ETA "+clock(p.eta()))
	if e.Mask < 1 {
		parts = append(parts, fmt.Sprintf("mask %.2f", e.Mask))
	}
	if g := p.gpus.String(); g != "" {
		parts = append(parts, g)
	}
	return parts
}

// fit joins as many parts as have room in width columns, with a bar if that has room too.
func (p *progress) fit(width int) string {
	parts := p.parts()
	for len(parts) > 1 && columns(parts) > width {
		parts = parts[:len(parts)-1]
	}
	line := strings.Join(parts, "  ")
	room := width - utf8.RuneCountInString(line) - 2
	for _, n := range []int{24, 16, 8} { // few lengths, so that it does not change with every digit
		if n <= room && p.start.Tokens > 0 {
			full := min(n, int(float64(n)*float64(p.last.Tokens)/float64(p.start.Tokens)))
			return p.term.paint(green, strings.Repeat("━", full)) + p.term.paint(dim, strings.Repeat("─", n-full)) + "  " + line
		}
	}
	return line
}

func columns(parts []string) int { return utf8.RuneCountInString(strings.Join(parts, "  ")) }

// eta guesses the time left. A larger network is slower: the rate of later stages is the present one times the ratio of
// parameters, which is close while matrices dominate.
func (p *progress) eta() time.Duration {
	if p.rate <= 0 || p.last.Stage < 1 || p.last.Stage > len(p.start.Stages) {
		return -1
	}
	here := float64(p.start.Stages[p.last.Stage-1].Params)
	var s float64
	for i, stage := range p.start.Stages[p.last.Stage-1:] {
		left := stage.Tokens
		if i == 0 {
			left = stage.FromTokens + stage.Tokens - p.last.Tokens
		}
		s += float64(max(left, 0)) / p.rate * float64(stage.Params) / here
	}
	return seconds(s)
}

// draw rewrites the live line.
func (p *progress) draw(line string) {
	_, _ = fmt.Fprintf(p.term, "\r\x1b[2K%s", line) // progress may be lost
	p.drawn = true
}

// say prints a line that stays, above the live one.
func (p *progress) say(format string, a ...any) {
	p.clear()
	_, _ = fmt.Fprintf(p.term, format+"\n", a...) // progress may be lost
}

// message prints a sentence above the live line.
func (p *progress) message(sentence string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say("%s", sentence)
}

// end removes the live line, so that other text can follow.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// clear removes the live line.
func (p *progress) clear() {
	if p.drawn {
		_, _ = fmt.Fprint(p.term, "\r\x1b[2K") // progress may be lost
		p.drawn = false
	}
}

// grewSentence tells a transition with its proof.
func grewSentence(e event.Grew) string {
	return fmt.Sprintf("grew %s to %s at step %s by %s: loss %s to %s, max |logit diff| %.1e (of %.1f), %s; moments: %s carried, %s new",
		e.From.Shape, e.To.Shape, grouped(e.Step), e.Operator, fixed(e.LossBefore, 6), fixed(e.LossAfter, 6), e.MaxLogitDiff, e.MaxLogit, proof(e),
		grouped(e.MomentsCarried), grouped(e.MomentsNew))
}

// proof says whether the function was kept, and whether that was promised.
func proof(e event.Grew) string {
	switch {
	case e.Kept() && e.Precision == "bf16" && e.MaxLogitDiff > 0:
		return "function preserved to the rounding of bf16"
	case e.Kept():
		return "function preserved"
	case e.Preserves:
		return "FUNCTION NOT PRESERVED, which this operator promises"
	}
	return "function not preserved, as this operator does not promise it"
}
