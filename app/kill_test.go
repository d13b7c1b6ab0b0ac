//go:build xvfb

package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/store"
	"growlab/trainer/control"
)

// TestKilledWindowLeavesTheRun starts a run in the window of the binary that GROWLAB_BIN names, kills the window, and sees the run go
// on; a new window finds it again.
func TestKilledWindowLeavesTheRun(t *testing.T) {
	bin := os.Getenv("GROWLAB_BIN")
	if bin == "" {
		t.Skip("GROWLAB_BIN names no binary; make window does")
	}
	s := newScreen(t)
	dir := t.TempDir()
	for _, name := range []string{".config", ".cache", "run"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GROWLAB_HOME", filepath.Join(dir, "growlab"))
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run"))
	window := func(args ...string) *exec.Cmd {
		c := exec.Command(bin, append([]string{"gui"}, args...)...)
		c.Env = append(os.Environ(), "DISPLAY="+s.display, "HOME="+dir, "XDG_CONFIG_HOME="+dir+"/.config", "XDG_CACHE_HOME="+dir+"/.cache", "WAYLAND_DISPLAY=")
		c.Stderr = os.Stderr
		start(t, c)
		return c
	}
	first := window("--train", "flm-1m")
	s.wait(t, 150)
	home, err := session.Open()
	if err != nil {
		t.Fatal(err)
	}
	run := stepsAfter(t, home, 5)
	t.Cleanup(func() {
		if pid, busy := store.Busy(run.File); busy && pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	})
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed
	run = stepsAfter(t, home, run.Step+20)
	if run.State != session.Running {
		t.Fatalf("after the window was killed the run is %s", run.State)
	}
	second := window()
	s.wait(t, 150)
	if err := home.Send(t.Context(), run.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Error(err)
	}
	closeWindow(t, second)
}

// stepsAfter waits until the only run is past a step.
func stepsAfter(t *testing.T, home *session.Home, step int64) session.Info {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if infos, err := home.Runs(); err == nil && len(infos) == 1 && infos[0].Step > step {
			return infos[0]
		}
	}
	t.Fatalf("after three minutes the run is not past step %d", step)
	return session.Info{}
}
