package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"growlab/trainer/event"
)

var plan = event.Start{
	Run: "abc", Recipe: "tiny", Device: "cpu", Tokens: 3000, Steps: 30,
	Stages: []event.StageInfo{
		{Shape: "1L × 16", Params: 100, Tokens: 2000, Steps: 20},
		{Shape: "2L × 24", Params: 300, FromTokens: 2000, Tokens: 1000, Steps: 10, FromStep: 20},
	},
}

// at is a clock that the test turns.
func at(p *progress) func(time.Duration) {
	now := time.Unix(1000, 0)
	p.now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

func stepAt(n int64) event.Step {
	return event.Step{Step: n, Tokens: n * 100, Stage: 1, Loss: 4, Mask: 1, TokensPerSec: 50}
}

func TestLiveLine(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(terminal{Writer: &out, live: true, fd: -1})
	turn := at(p)
	p.show(plan)
	if got := out.String(); got != "run abc: tiny, 2 stages, 3,000 tokens in 30 steps on cpu\n" {
		t.Errorf("the start is %q", got)
	}
	out.Reset()
	turn(time.Second)
	p.show(stepAt(1))
	p.show(stepAt(2)) // too soon for another line
	// 1,900 tokens at 50 a second, then 1,000 at a third of that: 38 s and 60 s.
	want := "stage 1/2 1L × 16  step 1/30  loss 4.000  50 tokens/s  ETA 1m 38s"
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[2K") || !strings.HasSuffix(got, want) || strings.Contains(got, "\n") {
		t.Errorf("the line is %q, want %q at its end", got, want)
	}
	if n := utf8.RuneCountInString(strings.TrimPrefix(out.String(), "\r\x1b[2K")); n > 79 {
		t.Errorf("the line has %d columns, the terminal 80", n)
	}
	out.Reset()
	p.show(event.Grew{Step: 20, From: plan.Stages[0], To: plan.Stages[1], Operator: "msg", Preserves: true, MaxLogit: 5, MaxLogitDiff: 1e-6})
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[2Kgrew 1L × 16 to 2L × 24 at step 20") || !strings.HasSuffix(got, "\n") ||
		!strings.Contains(got, "function preserved") {
		t.Errorf("the growth is %q", got)
	}
	out.Reset()
	turn(time.Second)
	grown := event.Step{Step: 21, Tokens: 2100, Stage: 2, Loss: 4, Mask: 0.25, TokensPerSec: 10}
	p.show(grown)
	if got := out.String(); !strings.HasSuffix(got, "stage 2/2 2L × 24  step 21/30  loss 4.000  10 tokens/s  ETA 1m 30s  mask 0.25") {
		t.Errorf("after the growth the line is %q", got)
	}
	out.Reset()
	p.end()
	p.end()
	if got := out.String(); got != "\r\x1b[2K" {
		t.Errorf("the end is %q", got)
	}
}

func TestLineFitsTheTerminal(t *testing.T) {
	p := newProgress(terminal{Writer: &bytes.Buffer{}, live: true, fd: -1})
	at(p)
	p.show(plan)
	p.show(stepAt(3))
	for width := 20; width < 200; width++ {
		if n := utf8.RuneCountInString(p.fit(width)); n > width {
			t.Errorf("%d columns of %d: %q", n, width, p.fit(width))
		}
	}
	if got := p.fit(10); !strings.HasPrefix(got, "stage 1/2") {
		t.Errorf("on a narrow terminal: %q", got)
	}
}

func TestPlainLines(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(terminal{Writer: &out, fd: -1})
	turn := at(p)
	p.show(plan)
	out.Reset()
	for n := int64(1); n <= 29; n++ {
		turn(time.Second)
		p.show(stepAt(n))
	}
	p.show(event.Step{Step: 30, Tokens: 3000, Stage: 2, Loss: 3, Mask: 1, TokensPerSec: 10})
	if got := strings.Count(out.String(), "\n"); got != 3 { // at 10 s, at 20 s, and at the end
		t.Errorf("%d lines in 29 seconds, want 3:\n%s", got, out.String())
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Errorf("control characters in %q", out.String())
	}
}

func TestMessagesOfEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		e    event.Event
		want string
	}{
		"paused":    {event.Paused{Step: 1234}, "paused at step 1,234"},
		"disk full": {event.Paused{Step: 5, Reason: "the disk is full"}, "paused at step 5: the disk is full"},
		"resumed":   {event.Resumed{Step: 5}, "resumed at step 5"},
		"final":     {event.Eval{Final: true, Loss: 1.5, BitsPerByte: 2.164}, "final validation loss 1.5000 nats per byte, 2.1640 bits per byte"},
		"an eval":   {event.Eval{Loss: 1.5}, ""},
		"broken":    {event.Grew{Preserves: true, MaxLogit: 5, MaxLogitDiff: 0.1}, "FUNCTION NOT PRESERVED"},
		"stack":     {event.Grew{Operator: "stack", MaxLogit: 5, MaxLogitDiff: 0.1}, "as this operator does not promise"},
		"continued": {event.Start{Run: "r", Resumed: 70, Stages: plan.Stages[:1]}, "1 stage, 0 tokens in 0 steps on , resumed at step 70"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			newProgress(terminal{Writer: &out, fd: -1}).show(tt.e)
			if got := out.String(); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestColours(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		off  bool
		want bool
	}{
		"no terminal":     {nil, false, false},
		"forced":          {map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		"forced 0":        {map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		"NO_COLOR wins":   {map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false, false},
		"--no-color wins": {map[string]string{"CLICOLOR_FORCE": "1"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv("CLICOLOR_FORCE", "")
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			got := openTerminal(&bytes.Buffer{}, tt.off).paint(red, "x")
			if want := map[bool]string{true: "\x1b[31mx\x1b[0m", false: "x"}[tt.want]; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestJudged: of a run with a teacher the terminal tells how many propositions are judged rightly, of others nothing.
func TestJudged(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(terminal{Writer: &out})
	p.show(event.Eval{Loss: 1.5, Final: true, BitsPerByte: 2.1, Labels: 200, LabelAccuracy: 0.825})
	p.show(event.Eval{Loss: 1.5, Final: true, BitsPerByte: 2.1})
	if got := strings.Join(p.parts(), "|"); strings.Contains(got, "labels") {
		t.Errorf("the line says %q of a run without a teacher", got)
	}
	if got := out.String(); strings.Count(got, "labels") != 1 || !strings.Contains(got, "bits per byte, labels 82.5 %") {
		t.Errorf("it said %q", got)
	}
}

// TestGPUsInTheLine: the last measurement stands at the end of the line, and several ranks at the start of the run.
func TestGPUsInTheLine(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(terminal{Writer: &out, live: true, fd: -1})
	turn := at(p)
	start := plan
	start.Ranks, start.Device = 2, "cuda H100"
	p.show(start)
	if !strings.Contains(out.String(), "on 2 ranks, each on cuda H100\n") {
		t.Errorf("the start is %q", out.String())
	}
	p.show(event.GPUs{GPUs: []event.GPU{{Utilization: new(98)}}})
	turn(time.Second)
	p.show(stepAt(1))
	if got := out.String(); !strings.HasSuffix(got, "ETA 1m 38s  GPU 98 %") {
		t.Errorf("the line is %q", got)
	}
}
