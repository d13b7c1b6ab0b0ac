package app

import (
	"fmt"
	"strconv"

	"growlab/app/microscope"
	"growlab/app/session"
	"growlab/app/words"
	"growlab/trainer/event"
)

// shape writes a stage as its short shape, 5L × 96.
func shape(s event.StageInfo) string {
	if s.Shape != "" {
		return s.Shape
	}
	return fmt.Sprintf("%dL × %d", s.Layers, s.Hidden)
}

// logOf is the line of the journal for an event; steps have none.
func logOf(e event.Event) (logLine, bool) {
	switch e := e.(type) {
	case event.Step, event.Blocks, event.GPUs, event.Memory:
		return logLine{}, false
	case event.Start:
		return startLine(e), true
	case event.Eval:
		text := fmt.Sprintf("validation loss %.4f, %.4f bits per byte", e.Loss, e.BitsPerByte)
		if e.Final {
			text = "final " + text
		}
		return logLine{step: e.Step, kind: "evaluated", text: fmt.Sprintf("%s, on %s tokens", text, words.Count(e.EvalTokens))}, true
	case event.Grew:
		bad := microscope.Judge(e) == microscope.Broken
		return logLine{e.Step, "grew", fmt.Sprintf("%s to %s by %s, %s, took %s",
			shape(e.From), shape(e.To), e.Operator, microscope.LogitsMoved(e), short(e.Seconds)), bad}, true
	case event.Saved:
		return logLine{step: e.Step, kind: "saved", text: fmt.Sprintf("checkpoint (%s), %s in %s", e.Reason, words.Size(e.Bytes), short(e.Seconds))}, true
	case event.Sampled:
		return logLine{step: e.Step, kind: "sampled", text: words.OneLine(e.Prompt+e.Text, 200)}, true
	case event.Paused:
		return pausedLine(e), true
	case event.Resumed:
		return logLine{step: e.Step, kind: "resumed", text: "the run goes on"}, true
	case event.Command:
		text := e.Verb
		if e.Detail != "" {
			text += ": " + e.Detail
		}
		return logLine{step: e.Step, kind: "command", text: text}, true
	case event.Shrank:
		return logLine{step: e.Step, kind: "memory", text: fmt.Sprintf("stage %d takes %d sequences at a time instead of %d: %s", e.Stage, e.To, e.From, e.Reason)}, true
	case event.Ended:
		return endedLine(e), true
	}
	return logLine{}, false
}

func startLine(e event.Start) logLine {
	if e.Resumed > 0 {
		return logLine{step: e.Resumed, kind: "resumed", text: fmt.Sprintf("from the checkpoint at step %s, on %s", words.Thousands(e.Resumed), e.Device)}
	}
	return logLine{kind: "started", text: fmt.Sprintf("%s: %d stages, %s tokens, %s steps, seed %s, on %s",
		e.Recipe, len(e.Stages), words.Count(e.Tokens), words.Thousands(e.Steps), strconv.FormatUint(e.Seed, 10), e.Device)}
}

func pausedLine(e event.Paused) logLine {
	if e.Reason == "" {
		return logLine{step: e.Step, kind: "paused", text: "as asked"}
	}
	return logLine{step: e.Step, kind: "paused", text: e.Reason, bad: true}
}

func endedLine(e event.Ended) logLine {
	switch e.State {
	case session.Failed:
		return logLine{step: e.Step, kind: "failed", text: e.Error, bad: true}
	case session.Done:
		text := fmt.Sprintf("validation loss %.4f, %.4f bits per byte, %s", e.Loss, e.BitsPerByte, words.FLOPs(e.FLOPs))
		if e.FLOPs != e.TwinFLOPs { // one that never grew is its own twin
			text += fmt.Sprintf(", %s fewer than the twin", words.Saving(e.FLOPsSaved))
		}
		return logLine{step: e.Step, kind: "done", text: text}
	}
	return logLine{step: e.Step, kind: e.State, text: "a checkpoint is kept; the run can be resumed"}
}

// short writes a time span that is often below a second.
func short(s float64) string {
	if s < 0.9995 {
		return strconv.FormatFloat(1000*s, 'f', 0, 64) + " ms"
	}
	if s < 9.95 {
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	}
	return words.Seconds(s)
}
