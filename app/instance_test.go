package app

import (
	"errors"
	"net"
	"os"
	"testing"
)

func TestOneWindow(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	first, err := takeInstance("/data", "")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	go first.serve(func(run string) { asked <- run })
	if _, err := takeInstance("/data", "abc"); !errors.Is(err, errShown) {
		t.Fatalf("a second start: %v, want that the first window was raised", err)
	}
	if got := <-asked; got != "abc" {
		t.Errorf("the first window was asked for run %q, want abc", got)
	}
	other, err := takeInstance("/other", "")
	if err != nil {
		t.Fatalf("a window on another folder: %v", err)
	}
	other.close()
	first.close()
	again, err := takeInstance("/data", "")
	if err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	again.close()
}

// A window that was killed leaves its socket; the next one takes its place.
func TestDeadWindowIsReplaced(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	path, err := instancePath("/data")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no socket is left: %v", err)
	}
	i, err := takeInstance("/data", "")
	if err != nil {
		t.Fatal(err)
	}
	i.close()
}
