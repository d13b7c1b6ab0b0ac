package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// ErrStopped is returned by Train for a run that was stopped by a command and can be resumed.
var ErrStopped = errors.New("the run was stopped; growlab resume goes on with it")

// Signal is the cause of a context that a signal ended.
type Signal syscall.Signal

func (s Signal) Error() string {
	return fmt.Sprintf("the run was stopped (%v); growlab resume goes on with it", syscall.Signal(s))
}

// ExitCode is what a process that ends because of s exits with.
func (s Signal) ExitCode() int { return 128 + int(s) }

// Signals returns a context that the first SIGINT, SIGTERM or SIGHUP ends, with a Signal as cause, after calling first. A
// second one ends the process at once. SIGUSR1 calls save. release takes all that back.
func Signals(parent context.Context, first func(Signal), save func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, syscall.SIGTERM, syscall.SIGUSR1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) { // nohup, or a shell's background job
			signal.Notify(ch, s)
		}
	}
	done := make(chan struct{})
	go func() {
		stopping := false
		for {
			select {
			case got := <-ch:
				s := Signal(got.(syscall.Signal))
				switch {
				case syscall.Signal(s) == syscall.SIGUSR1:
					go save()
				case stopping:
					os.Exit(s.ExitCode())
				default:
					stopping = true
					first(s)
					cancel(s)
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(done)
		cancel(context.Canceled)
	}
}
