package app

import (
	"fmt"
	"strings"

	"growlab/app/session"
	"growlab/app/words"
)

// What the second button of the header does.
type toggle int

const (
	toggleNone   toggle = iota // nothing to pause or resume
	togglePause                // a running engine: wait between two steps
	toggleGoOn                 // a paused engine: go on
	toggleRevive               // no engine: start one from the last checkpoint
)

// controls says what the buttons of the header offer. They follow what the engine says, not what was pressed.
type controls struct {
	train  bool // a new run may be started
	toggle toggle
	wait   bool // a command is on its way: the button is not to be pressed again
	stop   bool
}

// controlsOf are the controls for a selected run in the given state; pending is the command on its way, "" for none.
func controlsOf(state, pending string, resumable bool) controls {
	c := controls{train: pending != pendingStart, wait: pending != ""}
	switch state {
	case session.Running:
		c.toggle, c.stop = togglePause, pending == ""
	case session.Paused:
		c.toggle, c.stop = toggleGoOn, pending == ""
	default:
		if resumable {
			c.toggle = toggleRevive
		}
	}
	return c
}

// What the window waits for.
const (
	pendingStart  = "starting"
	pendingPause  = "pausing"
	pendingResume = "resuming"
	pendingStop   = "stopping"
)

// progress is what the bar of the header shows.
type progress struct {
	left, right string
	segments    []float64 // token budgets of the stages, in order
	fraction    float64
	bad         bool // the left text tells a failure
}

// progressOf describes a run; pending is the command on its way.
func progressOf(v *runView, info session.Info, pending string) progress {
	p := progress{fraction: v.fraction()}
	for _, s := range v.start.Stages {
		p.segments = append(p.segments, float64(s.Tokens))
	}
	state := v.state(info)
	switch {
	case pending != "":
		p.left = pendingText(pending, info)
		p.right = stepText(v)
	case info.Lost != "":
		p.left, p.bad = "No connection · "+stageText(v), true
		p.right = stepText(v)
	case state == session.Running && v.last.Step == 0:
		p.left = "Preparing data and engine…"
	case state == session.Running:
		p.left = stageText(v) + " · " + stepText(v)
		p.right = paceText(v)
	case state == session.Paused:
		p.left = "Paused · " + stageText(v)
		p.right = stepText(v)
	default:
		p.left, p.bad = endText(v, info, state)
		p.right = stepText(v)
		if v.ended.State == session.Done {
			p.right = words.Thousands(v.ended.Step) + " steps in " + words.Seconds(v.ended.Seconds)
		}
	}
	return p
}

func pendingText(pending string, info session.Info) string {
	switch pending {
	case pendingStart:
		return "Starting…"
	case pendingResume:
		return "Resuming " + info.Name + "…"
	case pendingStop:
		return "Stopping: finishing the step and saving a checkpoint…"
	}
	return "Pausing: finishing the step and saving a checkpoint…"
}

func stageText(v *runView) string {
	n, s := v.stage()
	if n == 0 {
		return "Stage 1"
	}
	if m := v.mask(); m < 1 { // the side has the shape, and there is no room for both
		return fmt.Sprintf("Stage %d of %d · growing, mask %.2f", n, len(v.start.Stages), m)
	}
	return fmt.Sprintf("Stage %d of %d · %s", n, len(v.start.Stages), shape(s))
}

func stepText(v *runView) string {
	if v.last.Step == 0 {
		return ""
	}
	return fmt.Sprintf("step %s of %s", words.Thousands(v.last.Step), words.Thousands(v.start.Steps))
}

func paceText(v *runView) string {
	parts := []string{words.Rate(v.tokensPerSecond())}
	if left := v.remaining(); left > 0 {
		parts = append(parts, words.Duration(left)+" left")
	}
	return strings.Join(parts, " · ")
}

// endText says how a run that is not live ended.
func endText(v *runView, info session.Info, state string) (text string, bad bool) {
	switch state {
	case session.Done:
		if v.ended.State != session.Done {
			return "Done", false
		}
		text = fmt.Sprintf("Done · validation loss %.4f", v.ended.Loss)
		if len(v.start.Stages) > 1 { // one that never grew is its own twin
			text += fmt.Sprintf(" · %s saved vs. its twin", words.Saving(v.ended.FLOPsSaved))
		}
		return text, false
	case session.Stopped:
		return "Stopped with a checkpoint · Resume goes on", false
	case session.Interrupted:
		return "Interrupted: its engine is gone · Resume goes on from the last checkpoint", true
	case session.Failed:
		return "Failed · Resume goes on from the last checkpoint", true
	}
	return state, false
}
