package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"growlab/trainer/event"
)

const (
	// keep is how many events a subscriber may be behind. The run file lags by less, so whoever has read the file
	// finds the event that follows here.
	keep = 8192
	// stall is how long one write to a subscriber may take.
	stall = 10 * time.Second
	// lastWords is how long Close waits for subscribers to take what was published, and for answers to go out.
	lastWords = 2 * time.Second
)

// ErrTaken is wrapped by Listen when a live engine serves the run.
var ErrTaken = errors.New("another engine works on this run")

// Server is the engine's end.
type Server struct {
	run      string
	path     string
	lock     *os.File
	http     *http.Server
	events   *ring
	requests chan Request
	ending   chan struct{} // closed by Close
	served   chan error

	mu     sync.Mutex
	status Status

	closing sync.Once
	closed  error
}

// Listen opens the control socket of a run. What a dead engine left is replaced; a live one is ErrTaken.
func Listen(run string) (*Server, error) { return listen(run, keep) }

func listen(run string, keep int) (*Server, error) {
	path, err := Path(run)
	if err != nil {
		return nil, err
	}
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("control: run %s: %w", run, err)
	}
	l, err := bind(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control: run %s: %w", run, err), release(lock))
	}
	s := &Server{
		run: run, path: path, lock: lock,
		events:   newRing(keep),
		requests: make(chan Request),
		ending:   make(chan struct{}),
		served:   make(chan error, 1),
		status:   Status{Run: run, PID: os.Getpid()},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/command", s.serveCommand)
	mux.HandleFunc("GET /v1/events", s.serveEvents)
	mux.HandleFunc("GET /v1/status", s.serveStatus)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: stall, MaxHeaderBytes: 16 << 10}
	go func() { s.served <- s.http.Serve(l) }()
	return s, nil
}

// bind listens at path, where the caller's lock makes any socket present a dead one.
func bind(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// acquire takes the lock file at path, which the kernel frees if the process dies.
func acquire(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrTaken
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// The one that held it before us removed the file: then ours is a lock on nothing.
		ours, err1 := f.Stat()
		there, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(ours, there) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// release removes the lock file while it is still held, and lets it go.
func release(f *os.File) error {
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// Path is the socket's.
func (s *Server) Path() string { return s.path }

// Requests are the commands that wait. A trainer receives from it between steps, without waiting, and answers each. A
// command whose sender gave up before is not delivered.
func (s *Server) Requests() <-chan Request { return s.requests }

// Publish hands an event to all subscribers. It never waits for them.
func (s *Server) Publish(e event.Event) {
	line, err := event.Marshal(e)
	if err != nil {
		line = nil // JSON has no NaN: a diverged loss is in the file, and Ended says so
	} else {
		line = append(line, '\n')
	}
	s.mu.Lock()
	s.status.note(e)
	s.events.append(line) // under mu, so that Status.Events is the number of the next event
	s.mu.Unlock()
}

// Status is what GET /v1/status answers.
func (s *Server) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Close refuses the commands that wait, lets subscribers take what was published, and removes the socket.
func (s *Server) Close() error {
	s.closing.Do(func() { s.closed = s.shutdown() })
	return s.closed
}

func (s *Server) shutdown() error {
	close(s.ending)
	s.events.close()
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	err := s.http.Shutdown(ctx) // removes the socket
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close() // someone does not listen
	}
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, release(s.lock))
}

// serveCommand hands the command to the trainer and waits for its answer.
func (s *Server) serveCommand(w http.ResponseWriter, r *http.Request) {
	c, err := DecodeCommand(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	err = s.Do(r.Context(), c)
	switch {
	case r.Context().Err() != nil: // nobody waits for the answer
	case err != nil:
		refuse(w, http.StatusConflict, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// Do gives the trainer a command, as one that comes over the socket, and waits for its answer.
func (s *Server) Do(ctx context.Context, c Command) error {
	answer := make(chan error, 1)
	select {
	case s.requests <- NewRequest(c, func(err error) { answer <- err }):
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ending:
		return errEnding
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ending:
		select {
		case err := <-answer: // "stop" is answered, and then the engine ends
			return err
		default:
			return errEnding
		}
	}
}

// pidHeader names the process that streams events, which counts them from its own start.
const pidHeader = "Growlab-Pid"

var errEnding = errors.New("the engine is ending")

// refusal is the body of every answer that is not a success.
type refusal struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(refusal{err.Error()}) // the client is gone; nobody to tell
}

func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.Status()) // the client is gone; nobody to tell
}

// serveEvents streams the events from number ?from=N of this process on, or, without it, those to come.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	at := s.events.end()
	if q := r.URL.Query().Get("from"); q != "" {
		n, err := strconv.ParseInt(q, 10, 64)
		if err != nil || n < 0 {
			refuse(w, http.StatusBadRequest, fmt.Errorf("from is %q; it must be the number of an event", q))
			return
		}
		at = n
	}
	if _, _, ok, _ := s.events.from(at); !ok {
		refuse(w, http.StatusGone, fmt.Errorf("event %d is not at hand", at))
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set(pidHeader, strconv.Itoa(os.Getpid()))
	rc := http.NewResponseController(w)
	send := func(line []byte) error {
		if err := rc.SetWriteDeadline(time.Now().Add(stall)); err != nil {
			return err
		}
		_, err := w.Write(line)
		return err
	}
	for first := true; ; first = false {
		lines, changed, ok, closed := s.events.from(at)
		if !ok {
			panic(http.ErrAbortHandler) // too slow: a broken stream, so that the reader knows it missed something
		}
		for _, line := range lines {
			if err := send(line); err != nil {
				return
			}
		}
		at += int64(len(lines))
		if first || len(lines) > 0 {
			if err := rc.Flush(); err != nil {
				return
			}
		}
		if closed {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
