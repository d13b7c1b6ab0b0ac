package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"growlab/trainer/control"
)

// forward is an ssh that forwards the engine's socket to one here. It ends when its input does, as it does when this process dies.
type forward struct {
	line        *line
	here, there string // sockets
	cmd         *exec.Cmd
	stdin       io.Closer
	ended       chan struct{}
}

const (
	forwardWait  = 20 * time.Second      // how long a forwarded socket may take to answer
	forwardRetry = 50 * time.Millisecond // between two looks at it
	forwardDeaf  = 20                    // how often it may take a connection and drop it
)

// open forwards the socket there and waits until the engine answers through it.
func (r *remote) open(ctx context.Context, there string) (*control.Client, error) {
	f := &forward{line: r.line, here: r.socket(), there: there, ended: make(chan struct{})}
	f.cmd = r.ssh(context.Background(), forwardArgs(f.here, there), "exec cat")
	var err error
	if f.stdin, err = f.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("forward the socket of %s: %w", r.name(), err)
	}
	if err := f.cmd.Start(); err != nil {
		return nil, fmt.Errorf("forward the socket of %s: %w", r.name(), err)
	}
	go func() {
		_ = f.cmd.Wait() // that it ended is all there is to know
		close(f.ended)
	}()
	client, err := f.dial(ctx, r.id)
	if err != nil {
		f.close()
		return nil, fmt.Errorf("forward the socket of %s: %w", r.name(), err)
	}
	r.mu.Lock()
	old := r.forward
	r.forward = f
	r.mu.Unlock()
	if old != nil {
		old.close()
	}
	return client, nil
}

// dial tries until the engine answers. A machine that forwards no sockets takes each connection and drops it.
func (f *forward) dial(ctx context.Context, run string) (*control.Client, error) {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, forwardWait)
	defer cancel()
	for dropped := 0; ; {
		client, err := control.DialPath(ctx, run, f.here)
		if err == nil {
			return client, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
			dropped++
		}
		if dropped == forwardDeaf {
			return nil, &lineError{fmt.Sprintf("%s does not let the engine's socket through ssh; AllowStreamLocalForwarding must be on in its sshd_config", f.line.host), false}
		}
		select {
		case <-time.After(forwardRetry):
		case <-f.ended:
			return nil, &lineError{"the connection to " + f.line.host + " broke", false}
		case <-ctx.Done():
			if err := outer.Err(); err != nil {
				return nil, err
			}
			return nil, &lineError{"the engine's socket does not answer through the ssh to " + f.line.host, false}
		}
	}
}

func (f *forward) close() {
	_ = f.stdin.Close() // cat ends, and ssh with it
	f.line.unforward(f.here, f.there)
	select {
	case <-f.ended:
	case <-time.After(closeWait):
		_ = f.cmd.Process.Kill() // it may have ended now
	}
}
