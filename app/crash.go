package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// crashLog is where the Go runtime writes, should the window crash, what every goroutine did. An empty log means that nothing
// happened.
type crashLog struct{ path string }

// watchCrashes has crashes of this process logged in dir. previous is the log that an earlier window left, "" if it ended well.
func watchCrashes(dir string, now time.Time) (l crashLog, previous string, err error) {
	l = crashLog{filepath.Join(dir, "logs", "window-crash.log")}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return l, "", fmt.Errorf("crash log: %w", err)
	}
	if at, err := os.Stat(l.path); err == nil && at.Size() > 0 {
		previous = filepath.Join(dir, "logs", "window-crash-"+now.Format("20060102-150405")+".log")
		if err := os.Rename(l.path, previous); err != nil {
			return l, "", fmt.Errorf("crash log: %w", err)
		}
	}
	f, err := os.Create(l.path)
	if err != nil {
		return l, previous, fmt.Errorf("crash log: %w", err)
	}
	err = debug.SetCrashOutput(f, debug.CrashOptions{})
	return l, previous, errors.Join(err, f.Close())
}

// end removes the log of a window that ended well.
func (l crashLog) end() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // taking it back cannot fail
	if at, err := os.Stat(l.path); err == nil && at.Size() == 0 {
		_ = os.Remove(l.path) // it may stay: it is empty
	}
}
