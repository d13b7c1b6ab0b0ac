package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"growlab/app/session"
)

// crashEnv makes this binary a window that crashes in a goroutine, with its log in the folder named.
const crashEnv = "GROWLAB_TEST_CRASH"

func crash(dir string) {
	if _, _, err := watchCrashes(dir, time.Now()); err != nil {
		panic(err)
	}
	go func() { panic("the abacus fell") }()
	time.Sleep(5 * time.Minute) // it crashes before
}

func TestCrashIsLogged(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+dir)
	if err := cmd.Run(); err == nil {
		t.Fatal("it did not crash")
	}
	now := time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)
	l, previous, err := watchCrashes(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "logs", "window-crash-20261123-123000.log"); previous != want {
		t.Fatalf("the crash before is in %q, want %q", previous, want)
	}
	text, err := os.ReadFile(previous)
	if err != nil || !strings.Contains(string(text), "the abacus fell") || !strings.Contains(string(text), "crash_test.go") {
		t.Errorf("%v; the log says\n%s", err, text)
	}
	l.end()
	if _, previous, err := watchCrashes(dir, now); err != nil || previous != "" {
		t.Errorf("after a window that ended well: %q, %v", previous, err)
	}
	l.end()
	if left, err := filepath.Glob(filepath.Join(dir, "logs", "window-crash.log")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// The next window says where the log is, also once it shows a run.
func TestCrashIsOffered(t *testing.T) {
	b := open(t, newFake())
	b.welcomeBack("/data/growlab/logs/window-crash-1.log", nil)
	b.put(session.Info{ID: "one", Name: "one", State: session.Done})
	b.choose("one")
	const want = "The window crashed the last time; runs were not touched. What it did is in /data/growlab/logs/window-crash-1.log"
	if !b.banner.object.Visible() || b.banner.text.Text != want {
		t.Errorf("the strip says %q, want %q", b.banner.text.Text, want)
	}
	test.Tap(b.banner.dismiss)
	if b.banner.object.Visible() {
		t.Error("it stays when it was read")
	}
}
