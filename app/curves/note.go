package curves

import (
	"fmt"
	"math"
	"strings"

	"growlab/app/chart"
	"growlab/app/words"
	"growlab/growth"
	"growlab/trainer/event"
)

// Note is something that happened at a step and is marked on the charts.
type Note struct {
	Step  int64 // after which it happened
	Kind  chart.MarkerKind
	Event event.Event // what it was; the step itself for a spike
	Z     float64     // of a spike: standard deviations above the steps before; infinite for a loss that was no number
}

// tweaks are the verbs of commands that change the course of a run. The others only ask for something.
var tweaks = []string{"set", "grow", "postpone", "extend", "fork", "revert"}

// Story explains a note: what happened and why one would care, a line each, and where to read more.
type Story struct {
	Title, What, Why, Source string
}

// Notes is what is marked, in the order in which it happened; the first is where the first stage begins, if the run has begun.
func (r *Run) Notes() []Note {
	if len(r.Start.Stages) == 0 {
		return r.notes
	}
	return append([]Note{{Kind: chart.StageStart, Event: r.Start}}, r.notes...)
}

// Marker is how n is marked; origin is where the axis counts from.
func (r *Run) Marker(n Note, origin chart.Pos) chart.Marker {
	s := r.Story(n)
	label := s.Title
	if g, ok := n.Event.(event.Grew); ok {
		label = StageLabel(g.Stage, g.To)
	}
	if begin, ok := n.Event.(event.Start); ok && n.Kind == chart.StageStart {
		label = StageLabel(1, begin.Stages[0])
	}
	at := r.At(n.Step)
	if n.Step == 0 {
		at = chart.Pos{}
	}
	detail := s.What
	if s.Why != "" {
		detail += "\n" + s.Why
	}
	return chart.Marker{At: at.Sub(origin), Kind: n.Kind, Label: label, Detail: detail}
}

// StageLabel is the text of the pill where stage n begins: "S2 · 6L × 192 · 2.8M".
func StageLabel(n int, s event.StageInfo) string {
	return fmt.Sprintf("S%d · %s · %s", n, shape(s), words.Count(s.Params))
}

func shape(s event.StageInfo) string { return fmt.Sprintf("%dL × %d", s.Layers, s.Hidden) }

// Story explains n.
func (r *Run) Story(n Note) Story {
	switch e := n.Event.(type) {
	case event.Grew:
		return growthStory(e)
	case event.Saved:
		return savedStory(e)
	case event.Paused:
		return pausedStory(e)
	case event.Command:
		return tweakStory(e)
	case event.Step:
		return spikeStory(n, e)
	case event.Start:
		if n.Kind == chart.StageStart {
			return startStory(e)
		}
		return Story{
			Title: "resumed", What: "Went on from the checkpoint at step " + words.Thousands(e.Resumed) + ".",
			Why: "What had been computed after it is drawn in grey.", Source: "",
		}
	case event.Eval, event.Blocks, event.GPUs, event.Memory, event.Resumed, event.Sampled, event.Shrank, event.Ended:
	}
	return Story{}
}

// Where to read more.
const (
	sourceFLM = "FLM-101B, arXiv:2309.03852, section 2.3"
	sourceMuP = "Tensor Programs V, arXiv:2203.03466"
)

func startStory(e event.Start) Story {
	s := e.Stages[0]
	return Story{
		Title: "stage 1 begins", What: fmt.Sprintf("%s: %d heads, FFN %d, %s parameters, for %s tokens.", shape(s), s.Heads, s.FFN, words.Count(s.Params), words.Count(s.Tokens)),
		Why: "Most tokens are spent while the network is small and a token is cheap.", Source: sourceFLM,
	}
}

func growthStory(g event.Grew) Story {
	s := Story{
		Title: fmt.Sprintf("growth to stage %d", g.Stage),
		What:  fmt.Sprintf("Grown from %s to %s by %s; loss %.4f before, %.4f after, on the frozen batch.", shape(g.From), shape(g.To), g.Operator, g.LossBefore, g.LossAfter),
		Why:   "The larger network computes what the small one did, so nothing learnt is lost.", Source: growthSource(g.Operator),
	}
	switch {
	case !g.Preserves:
		s.Why = "This operator does not promise to keep the function: a jump of the loss is expected."
	case !g.Kept():
		s.Why = "The function was to stay, and the logits moved by more than rounding explains."
	case g.RampTokens > 0:
		s.Why = fmt.Sprintf("Nothing learnt is lost: the new part is faded in by a mask over %s tokens.", words.Count(g.RampTokens))
	}
	return s
}

// growthSource is where the operator comes from, and the plan that it is a part of.
func growthSource(operator string) string {
	if op, err := growth.Lookup(operator); err == nil {
		return op.Source + "; " + sourceFLM
	}
	return sourceFLM // an operator of another version
}

func savedStory(e event.Saved) Story {
	why := map[string]string{
		"cadence":    "Saved every so often: a crash costs no more than since then.",
		"transition": "Saved right after a growth, at mask 0: the small network is still in it.",
		"edit":       "Saved before a change, so that it can be undone.",
		"pause":      "Saved when the run was paused.",
		"asked":      "Saved because someone asked.",
		"end":        "Saved at the end.",
	}[e.Reason]
	return Story{
		Title: "checkpoint", What: fmt.Sprintf("Everything to go on from step %s, %s.", words.Thousands(e.Step), words.Size(e.Bytes)),
		Why: strings.TrimSpace(why + " Runs can be forked here."),
	}
}

func pausedStory(e event.Paused) Story {
	if e.Reason == "" {
		return Story{Title: "paused", What: "Someone paused the run here.", Why: "Pauses count in wall time, not in active time."}
	}
	return Story{Title: "paused", What: "The run waited: " + e.Reason + ".", Why: "Pauses count in wall time, not in active time."}
}

func tweakStory(e event.Command) Story {
	s := Story{Title: strings.TrimSpace(e.Verb + " " + e.Detail)}
	switch key, _, _ := strings.Cut(e.Detail, "="); {
	case e.Verb == "grow":
		s.What, s.Why, s.Source = "Someone asked to grow now.", "The stage ended early; the plan after it was shifted.", sourceFLM
	case e.Verb == "postpone":
		s.What, s.Why, s.Source = "Someone put the next growth off by "+e.Detail+".", "The present stage goes on for longer.", sourceFLM
	case e.Verb == "extend":
		s.What, s.Why = "Someone made the run longer by "+e.Detail+".", "The last stage goes on; the schedule of the learning rate is stretched."
	case e.Verb != "set":
		s.What = "The run was changed: " + e.Detail + "."
	case strings.HasPrefix(key, "lr"):
		s.What, s.Why, s.Source = "Someone changed the learning rate: "+e.Detail+".", "A step down often lowers the loss at once, a step up raises it at first.", sourceMuP
	default:
		s.What, s.Why = "Someone changed a setting: "+e.Detail+".", "It holds from here on, and stands in the journal."
	}
	return s
}

func spikeStory(n Note, e event.Step) Story {
	s := Story{
		Title: "loss spike", What: fmt.Sprintf("Loss %.4f at step %s, %.1f standard deviations above the %d steps before.", e.Loss, words.Thousands(e.Step), n.Z, SpikeWindow),
		Why: "One is often a hard batch. Several in a row call for a lower learning rate.", Source: "FLM-101B, arXiv:2309.03852, section 3",
	}
	if math.IsInf(n.Z, 1) {
		s.Title, s.What = "loss is no number", fmt.Sprintf("The loss of step %s is %v.", words.Thousands(e.Step), e.Loss)
		s.Why = "The run has diverged: go back to a checkpoint with a lower learning rate."
	}
	return s
}
