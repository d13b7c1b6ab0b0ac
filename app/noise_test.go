package app

import (
	"bytes"
	"log"
	"testing"
)

func TestNoiseFilterDropsOneMessage(t *testing.T) {
	var out bytes.Buffer
	l := log.New(&noiseFilter{out: &out}, "", 0)
	for _, line := range []string{
		"Fyne error:  failed to watch theme settings", "  Cause: exec: \"dbus-launch\": executable file not found", "  At: app_xdg.go:152",
		"Fyne error:  Preferences load error:", "  Cause: EOF", "  At: preferences.go:105",
		"Fyne error:  Preferences load error:", "  Cause: invalid character", "  At: preferences.go:105",
		"systray error: failed to register: The name org.kde.StatusNotifierWatcher was not provided by any .service files",
		"Fyne error:  window creation error", "  Cause: no context", "  At: window.go:1",
	} {
		l.Println(line)
	}
	if got, want := out.String(), "Fyne error:  Preferences load error:\n  Cause: invalid character\n  At: preferences.go:105\nFyne error:  window creation error\n  Cause: no context\n  At: window.go:1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
