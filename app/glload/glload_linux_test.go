//go:build linux && cgo

package glload

import (
	"strings"
	"testing"
)

func TestAvailableSaysWhatIsMissing(t *testing.T) {
	for _, row := range []struct {
		name, display, wayland, want string
	}{
		{"no screen", "", "", "DISPLAY is not set: there is no screen"},
		{"Wayland without XWayland", "", "wayland-0", "no XWayland"},
		{"nobody answers", ":9753", "", "no X server answers at DISPLAY=:9753"},
		{"not a display", "nonsense", "", "no X server answers at DISPLAY=nonsense"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("DISPLAY", row.display)
			t.Setenv("WAYLAND_DISPLAY", row.wayland)
			err := Available()
			if err == nil {
				t.Fatalf("got nil, want an error about %q", row.want)
			}
			// A test machine may lack the libraries themselves; that is said first and is as good an answer.
			lacks := row.display != "" && strings.Contains(err.Error(), "is missing; install")
			if !strings.Contains(err.Error(), row.want) && !lacks {
				t.Errorf("got %q, want it to contain %q", err, row.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line", err)
			}
		})
	}
}
