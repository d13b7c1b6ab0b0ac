package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"growlab/trainer/event"
)

// ErrNoEngine is wrapped when no engine works on the run.
var ErrNoEngine = errors.New("no engine works on it")

// ErrBehind is wrapped by Events when the events asked for are not at hand any more; the run file has them.
var ErrBehind = errors.New("the events asked for are only in the run file")

// RefusedError is the engine's sentence on a command that it did not accept.
type RefusedError struct{ Sentence string }

func (e *RefusedError) Error() string { return e.Sentence }

// Client is the other end of a Server.
type Client struct {
	run  string
	path string
	http http.Client
}

// Dial finds the engine that works on a run.
func Dial(ctx context.Context, run string) (*Client, error) {
	paths, err := candidates(run)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if !owned(filepath.Dir(path)) {
			continue
		}
		c, err := DialPath(ctx, run, path)
		if e := ctx.Err(); e != nil {
			return nil, fmt.Errorf("control: run %s: %w", run, e)
		}
		if err == nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("run %s: %w", run, ErrNoEngine)
}

// DialPath is Dial by the path of a socket, which may be one that is forwarded from another machine.
func DialPath(ctx context.Context, run, path string) (*Client, error) {
	c := &Client{run: run, path: path}
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
		DisableKeepAlives: true, // a kept connection would hold up the server's Close
	}
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	if st.Run != run { // a digest may stand for two ids
		return nil, fmt.Errorf("run %s: %w: its socket is of run %s", run, ErrNoEngine, st.Run)
	}
	return c, nil
}

// Path is the socket's.
func (c *Client) Path() string { return c.path }

// Send gives a command and waits until the trainer has taken it, between two steps. A RefusedError says why it would not.
func (c *Client) Send(ctx context.Context, cmd Command) error {
	if err := cmd.Validate(); err != nil {
		return &RefusedError{err.Error()}
	}
	body, err := json.Marshal(cmd)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	resp, err := c.do(ctx, http.MethodPost, "/v1/command", bytes.NewReader(body))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Status asks where the engine stands.
func (c *Client) Status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, "/v1/status", nil)
	if err != nil {
		return Status{}, err
	}
	var s Status
	err = json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&s)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return Status{}, fmt.Errorf("control: run %s: status: %w", c.run, err)
	}
	return s, nil
}

// Events streams what the engine process emits, from its event number from on (0 is the first since it started); Now is
// from now on. The channel closes when the engine ends or dies, when the reader is too slow, or with ctx; the run file
// tells which. pid is the process that the numbers belong to: another than Status named has begun to count anew.
func (c *Client) Events(ctx context.Context, from int64) (events <-chan event.Event, pid int, err error) {
	url := "/v1/events"
	if from != Now {
		url += "?from=" + strconv.FormatInt(from, 10)
	}
	resp, err := c.do(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	pid, err = strconv.Atoi(resp.Header.Get(pidHeader))
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("control: run %s: %w", c.run, err), resp.Body.Close())
	}
	ch := make(chan event.Event, 64)
	go func() {
		defer close(ch)
		defer func() { _ = resp.Body.Close() }() // only read from
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(make([]byte, 64<<10), 64<<20)
		for lines.Scan() {
			e, err := event.Unmarshal(lines.Bytes())
			if err != nil {
				return // a newer engine speaks of things we do not know; the file is read by its own version
			}
			select {
			case ch <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ch, pid, nil
}

// Now as Events' argument asks for the events to come.
const Now int64 = -1

// do sends a request and turns every answer but success into an error.
func (c *Client) do(ctx context.Context, method, url string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://growlab"+url, body)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if e := ctx.Err(); e != nil {
			return nil, fmt.Errorf("run %s: %w", c.run, e)
		}
		return nil, fmt.Errorf("run %s: %w (%w)", c.run, ErrNoEngine, err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	var r refusal
	err = json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&r)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("control: run %s: %s: %w", c.run, resp.Status, err)
	}
	if resp.StatusCode == http.StatusGone {
		return nil, fmt.Errorf("run %s: %w: %s", c.run, ErrBehind, r.Error)
	}
	return nil, &RefusedError{r.Error}
}
