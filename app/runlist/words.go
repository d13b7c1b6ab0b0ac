package runlist

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"growlab/app/session"
	"growlab/app/words"
)

// State is the second line of a run in the list.
func State(info session.Info) string {
	text := state(info)
	if info.Fork != nil {
		text += fmt.Sprintf(" · fork at %s", words.Thousands(info.Fork.Step))
	}
	if info.Tags != "" {
		text += " · " + info.Tags
	}
	return text
}

func state(info session.Info) string {
	done := ""
	if info.PlanTokens > 0 {
		done = words.Percent(float64(info.Tokens) / float64(info.PlanTokens))
	}
	if info.Lost != "" {
		return "no connection · " + done
	}
	switch info.State {
	case session.Running:
		if info.Step == 0 {
			return "starting"
		}
		return "training · " + done
	case session.Paused:
		return "paused · " + done
	case session.Stopped:
		return "stopped at " + done
	case session.Interrupted:
		return "interrupted at " + done
	case session.Failed:
		return "failed: " + words.OneLine(info.Error, 80)
	}
	if at := words.When(info.Created); at != "" {
		return info.State + " · " + at
	}
	return info.State
}

// Loss is the number beside a run in the list: on held-out text if known.
func Loss(info session.Info) string {
	switch {
	case info.ValLoss > 0:
		return fmt.Sprintf("%.3f", info.ValLoss)
	case info.Loss > 0:
		return fmt.Sprintf("%.3f", info.Loss)
	}
	return ""
}

// colourOf is the colour of the dot; the state is also told in words.
func colourOf(state string) fyne.ThemeColorName {
	switch state {
	case session.Running:
		return theme.ColorNameSuccess
	case session.Paused, session.Interrupted:
		return theme.ColorNameWarning
	case session.Failed:
		return theme.ColorNameError
	case session.Done:
		return theme.ColorNamePrimary
	}
	return theme.ColorNameDisabled
}
