//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// engineLock is the advisory lock of the one engine that may write a run: flock on the path of the run file + ".lock".
// The kernel drops it when the process dies. The lock file holds the engine's process id and goes with the lock.
type engineLock struct{ file *os.File }

const lockSuffix = ".lock"

// errLooked means that nobody but Busy, which takes a shared lock for an instant, kept a lock from being taken.
var errLooked = errors.New("somebody looks whether an engine is there")

// takeLock takes the lock of the run file at path or says who holds it. An engine that ends just now is waited for, and whoever looks
// for a longer time: on a busy machine an instant can take a while.
func takeLock(path string) (engineLock, error) {
	const tries, looks, pause = 5, 1000, 20 * time.Millisecond
	for try, look := 1, 1; ; {
		l, err := tryLock(path)
		switch {
		case errors.Is(err, errLooked) && look < looks:
			look++
		case errors.Is(err, ErrBusy) && try < tries:
			try++
		default:
			return l, err
		}
		time.Sleep(pause)
	}
}

func tryLock(path string) (engineLock, error) {
	name := path + lockSuffix
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return engineLock{}, unwritable(path, err)
	}
	err = flock(file, syscall.LOCK_EX)
	if err == nil && !isAt(file, name) {
		err = syscall.EWOULDBLOCK // the engine before us removed the file between our open and our lock
	}
	if err == nil {
		err = writePID(file)
	}
	if err == nil {
		return engineLock{file}, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) && flock(file, syscall.LOCK_SH) == nil {
		return engineLock{}, errors.Join(fmt.Errorf("lock %s: %w", name, errLooked), file.Close())
	}
	holder := readPID(file)
	if e := file.Close(); e != nil {
		err = errors.Join(err, e)
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return engineLock{}, fmt.Errorf("lock %s: %w", name, err)
	}
	who := "another engine"
	if holder != 0 {
		who = fmt.Sprintf("another engine (process %d)", holder)
	}
	return engineLock{}, faultf(ErrBusy, nil, "%s is writing %s: stop it or wait for its end", who, path)
}

// release removes the lock file while the lock is still held, then gives the lock up.
func (l engineLock) release() error {
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}

// Busy reports whether an engine is writing the run file at path, and its process id (0 if it has not said yet).
func Busy(path string) (pid int, busy bool) {
	if real, err := locate(path); err == nil {
		path = real
	}
	file, err := os.Open(path + lockSuffix)
	if err != nil {
		return 0, false
	}
	defer file.Close() //nolint:errcheck // opened for reading
	if flock(file, syscall.LOCK_SH) == nil {
		return 0, false // Close drops the shared lock
	}
	return readPID(file), true
}

func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isAt reports whether the open file is the one that name names.
func isAt(file *os.File, name string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(held, named)
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func readPID(file *os.File) int {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
