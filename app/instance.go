package app

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"growlab/trainer/control"
)

// instance is the one window of a user on a data folder and a display. A second one raises the first and ends: two windows would
// fight over preferences, and show the same.
type instance struct {
	listener net.Listener
	lock     *os.File // held for as long as the window is there; the kernel frees it when the process dies
}

// errShown means that a window is open already, and was raised.
var errShown = errors.New("a window is open already")

const (
	instanceWait = 2 * time.Second        // how long the first window may take to answer
	instanceOpen = 10 * time.Second       // how long one that has just been started may take to open
	instanceLook = 100 * time.Millisecond // between two attempts to reach it
)

// instancePath is the socket of the window on a data folder and the display of this process.
func instancePath(dir string) (string, error) {
	path, err := control.Path("window")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(dir + "\x00" + os.Getenv("DISPLAY") + "\x00" + os.Getenv("WAYLAND_DISPLAY")))
	return filepath.Join(filepath.Dir(path), "window-"+hex.EncodeToString(sum[:6])+".sock"), nil
}

// takeInstance becomes the window on dir, or asks the one there is to show the run with the given id, "" for any, and returns
// errShown. What a dead window left is replaced. Of two that start at once, the second waits for the first. A window that does not answer
// is left alone, and ours stands beside it.
func takeInstance(dir, run string) (*instance, error) {
	path, err := instancePath(dir)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the lock of the window: %w", err)
	}
	first := false
	for late := time.Now().Add(instanceOpen); !first && time.Now().Before(late); {
		if first = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil; first {
			break
		}
		if raise(path, run) {
			return nil, errors.Join(errShown, lock.Close())
		}
		time.Sleep(instanceLook)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("the socket of the window: %w", err), lock.Close())
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the socket of the window: %w", err), lock.Close())
	}
	return &instance{l, lock}, nil
}

// raise asks the window at path to show itself, and reports whether it did.
func raise(path, run string) bool {
	c, err := net.DialTimeout("unix", path, instanceWait)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }() // it has been read
	if err := c.SetDeadline(time.Now().Add(instanceWait)); err != nil {
		return false
	}
	if _, err := fmt.Fprintln(c, run); err != nil {
		return false
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && answer == "shown\n"
}

// serve calls show for each further start, with the run asked for, until the instance is closed.
func (i *instance) serve(show func(run string)) {
	for {
		c, err := i.listener.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(instanceWait)) // a socket has deadlines
		if line, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			show(strings.TrimSpace(line))
			_, _ = fmt.Fprintln(c, "shown") // who asked may be gone
		}
		_ = c.Close()
	}
}

func (i *instance) close() {
	_ = i.listener.Close() // removes the socket
	_ = i.lock.Close()     // frees it; the file stays, since one who waits may have it open
}
