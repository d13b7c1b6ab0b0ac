package app

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"growlab/trainer/event"
)

// thousands writes n with separators: 12,345.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// scaled writes x in three digits with a prefix of one of the units, each 1000 times the one before: 163k, 1.01M.
func scaled(x float64, units ...string) string {
	unit := 0
	for math.Abs(x) >= 999.5 && unit < len(units)-1 {
		x, unit = x/1000, unit+1
	}
	digits := 0
	if unit > 0 && math.Abs(x) < 99.95 {
		digits = 1
		if math.Abs(x) < 9.995 {
			digits = 2
		}
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + units[unit]
}

func count(n int64) string { return scaled(float64(n), "", "k", "M", "B", "T") }
func flops(x float64) string {
	return scaled(x, " FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP", " EFLOP")
}
func size(bytes int64) string  { return scaled(float64(bytes), " B", " kB", " MB", " GB", " TB") }
func rate(perS float64) string { return scaled(perS, "", "k", "M") + " tokens/s" }

// percent is how much is done: it says 100 only of the whole.
func percent(x float64) string { return strconv.Itoa(int(math.Floor(100*x+1e-9))) + " %" }

// saving is a share of compute to three digits.
func saving(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }
func fixed(x float64) string  { return strconv.FormatFloat(x, 'f', 4, 64) }

// duration writes d as a person says it: 8 s, 1 min 52 s, 11 min, 2 h 5 min, 3 days.
func duration(d time.Duration) string {
	s := int64(math.Round(d.Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 10*60 && s%60 != 0:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 60*60:
		return fmt.Sprintf("%d min", (s+30)/60)
	case s < 10*60*60 && s/60%60 != 0:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	case s < 48*60*60:
		return fmt.Sprintf("%d h", (s+1800)/3600)
	}
	return fmt.Sprintf("%d days", (s+12*3600)/(24*3600))
}

func seconds(s float64) string { return duration(time.Duration(s * float64(time.Second))) }

// when writes a moment as a list of runs does, in local time; "" if it is not known.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 15:04")
}

// oneLine is text for a place with little room: what is not printable becomes a space, and runs of spaces shrink to one.
func oneLine(text string, most int) string {
	words := strings.Fields(strings.Map(printable, strings.ToValidUTF8(text, "\uFFFD")))
	runes := []rune(strings.Join(words, " "))
	if len(runes) > most {
		return strings.TrimRight(string(runes[:most]), " ") + "…"
	}
	return string(runes)
}

// shownText is generated text made safe to draw: an untrained network writes any bytes.
func shownText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// Judgement of a transition.
type judgement int

const (
	preserved    judgement = iota // equal to rounding
	nearly                        // more than rounding explains
	broken                        // an operator that promises to preserve did not
	notPromised                   // the operator does not promise it
	nothingToSay                  // no logits were measured
)

// nearlyLevel is the difference, as a part of the largest logit, up to which more than rounding is still not much.
func nearlyLevel(g event.Grew) float64 { return max(1e-3, 2*g.Rounding()) }

// relative is the largest logit difference as a part of the largest logit.
func relative(g event.Grew) float64 {
	if g.MaxLogit > 0 {
		return g.MaxLogitDiff / g.MaxLogit
	}
	return g.MaxLogitDiff
}

func judge(g event.Grew) judgement {
	r := relative(g)
	switch {
	case !g.Preserves:
		return notPromised
	case math.IsNaN(r):
		return nothingToSay
	case r <= g.Rounding():
		return preserved
	case r <= nearlyLevel(g):
		return nearly
	}
	return broken
}

// precisionOf names the precision whose rounding a transition is judged by.
func precisionOf(g event.Grew) string {
	if g.Precision == "bf16" {
		return "bfloat16"
	}
	return "float32"
}

// verdict says in words what a transition did to the function that the network computes.
func verdict(g event.Grew) string {
	change := fmt.Sprintf("the loss on the frozen batch went from %.4f to %.4f (%+.4f)", g.LossBefore, g.LossAfter, g.LossAfter-g.LossBefore)
	switch judge(g) {
	case preserved:
		if g.MaxLogitDiff == 0 {
			return "Function preserved exactly. On one frozen batch the larger network gives the same logits bit for bit."
		}
		return fmt.Sprintf("Function preserved. On one frozen batch the larger network gives the same logits to %s of the largest one: "+
			"%s rounding, no more.", share(relative(g)), precisionOf(g))
	case nearly:
		return fmt.Sprintf("Nearly preserved. The logits moved by up to %s of the largest one, more than %s rounding explains; %s.",
			share(relative(g)), precisionOf(g), change)
	case broken:
		return fmt.Sprintf("Not preserved, although %s promises it: the logits moved by up to %s of the largest one and %s.",
			g.Operator, share(relative(g)), change)
	case notPromised:
		return fmt.Sprintf("Not preserving by design: operator %s changes what the network computes; %s.", g.Operator, change)
	case nothingToSay:
	}
	return "No verdict: the logits were not finite."
}

// logitsMoved says by how much a transition moved the logits.
func logitsMoved(g event.Grew) string {
	if g.MaxLogitDiff == 0 {
		return "logits unchanged"
	}
	return fmt.Sprintf("logits moved by at most %.1e", g.MaxLogitDiff)
}

// share writes a small ratio as one part in many, or as a percentage once it is large.
func share(r float64) string {
	if r < 1e-3 {
		return "1 part in " + count(int64(math.Round(1/r)))
	}
	return strconv.FormatFloat(100*r, 'g', 2, 64) + " %"
}
