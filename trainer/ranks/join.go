package ranks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// greeting is how long one connection may take to say who it is.
	greeting = 10 * time.Second
	// maxHello bounds, in bytes, what a stranger can make us read.
	maxHello = 64 << 10
	// Between two attempts to reach rank 0, which may start later.
	retryFirst, retryMost = 50 * time.Millisecond, time.Second
)

// protocol changes when messages do.
const protocol = "growlab ranks 1"

// hello is what a rank says when it comes.
type hello struct {
	Protocol string `json:"protocol"`
	Job      string `json:"job"`
	Token    string `json:"token"` // of the meeting file
	Size     int    `json:"size"`
	Rank     int    `json:"rank"`
	Host     string `json:"host"`
	PID      int    `json:"pid"`
}

// welcome is rank 0's answer.
type welcome struct {
	Host  string `json:"host"`
	Again string `json:"again,omitempty"` // a refusal that may end: it was meant for another
	Error string `json:"error,omitempty"` // a refusal for good
}

// Join meets the other ranks and returns when all are there; nil, without error, for a process alone. Its error names the ranks that
// have not come.
func (w World) Join(ctx context.Context) (*Group, error) {
	if w.Alone() {
		return nil, nil
	}
	limit := cmp.Or(w.Timeout, DefaultTimeout)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var g *Group
	var err error
	if w.Rank == 0 {
		g, err = w.receive(ctx, limit)
	} else {
		g, err = w.visit(ctx, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", w, err)
	}
	return g, nil
}

func (w World) hello(token string) hello {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return hello{Protocol: protocol, Job: w.Job, Token: token, Size: w.Size, Rank: w.Rank, Host: host, PID: os.Getpid()}
}

// reception is rank 0 while the others come.
type reception struct {
	me hello

	mu      sync.Mutex
	guests  map[int]*guest
	changed chan struct{} // holds a token when there is something new
	clash   error         // two processes say that they are the same rank
	over    bool
}

type guest struct {
	hello
	conn net.Conn
}

// receive listens until all have come. The listener is closed then, and on failure.
func (w World) receive(ctx context.Context, limit time.Duration) (_ *Group, err error) {
	l, token, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	r := &reception{me: w.hello(token), guests: map[int]*guest{}, changed: make(chan struct{}, 1)}
	go r.accept(l)
	err = r.wait(ctx, w, limit)
	err = errors.Join(err, l.Close(), w.closeFile())
	guests := r.end()
	if err != nil {
		for _, g := range guests {
			_ = json.NewEncoder(g.conn).Encode(welcome{Host: r.me.Host, Error: err.Error()}) // as a courtesy
			_ = g.conn.Close()
		}
		return nil, err
	}
	return r.group()
}

// group tells all that they are welcome.
func (r *reception) group() (*Group, error) {
	links := make([]*link, r.me.Size-1)
	for rank, g := range r.guests {
		if err := json.NewEncoder(g.conn).Encode(welcome{Host: r.me.Host}); err != nil {
			return nil, fmt.Errorf("rank %d on %s: %w", rank, g.Host, err)
		}
		links[rank-1] = newLink(rank, g.Host, g.conn)
	}
	return newGroup(0, r.me.Size, links), nil
}

// end lets nobody in any more.
func (r *reception) end() map[int]*guest {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	return r.guests
}

// wait returns when all have come.
func (r *reception) wait(ctx context.Context, w World, limit time.Duration) error {
	for {
		r.mu.Lock()
		clash, missing := r.clash, r.missing()
		r.mu.Unlock()
		if clash != nil || len(missing) == 0 {
			return clash
		}
		select {
		case <-r.changed:
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%s did not come within %v: see what they printed, and whether they reach %s; %s sets how long to wait",
				rankList(missing), limit, w.meeting(), EnvTimeout)
		}
	}
}

func (r *reception) missing() (all []int) {
	for rank := 1; rank < r.me.Size; rank++ {
		if r.guests[rank] == nil {
			all = append(all, rank)
		}
	}
	return all
}

// accept greets who comes, until the listener is closed.
func (r *reception) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			if !r.greet(c) {
				_ = c.Close() // a stranger
			}
		}()
	}
}

// greet reads who it is and reports whether it stays.
func (r *reception) greet(c net.Conn) bool {
	if err := c.SetDeadline(time.Now().Add(greeting)); err != nil {
		return false
	}
	var h hello
	if err := readJSON(c, &h); err != nil {
		return false
	}
	answer := r.admit(h, c)
	if answer == (welcome{}) {
		return c.SetDeadline(time.Time{}) == nil
	}
	answer.Host = r.me.Host
	_ = json.NewEncoder(c).Encode(answer) // it will come again, or hear it when the meeting fails
	return false
}

// admit takes a guest in, or says why not.
func (r *reception) admit(h hello, c net.Conn) welcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.over:
		return welcome{Again: "all ranks are there already"}
	case h.Protocol != protocol:
		return welcome{Error: fmt.Sprintf("rank 0 is of another version of growlab (%q, here %q)", protocol, h.Protocol)}
	case h.Token != r.me.Token || h.Job != r.me.Job:
		return welcome{Again: fmt.Sprintf("the process that listens there belongs to another job (%q, this is %q)", r.me.Job, h.Job)}
	case h.Size != r.me.Size:
		return welcome{Error: fmt.Sprintf("rank 0 is one of %d, this one of %d", r.me.Size, h.Size)}
	case h.Rank < 1 || h.Rank >= r.me.Size:
		return welcome{Error: fmt.Sprintf("there is a rank 0 already, on %s (process %d)", r.me.Host, r.me.PID)}
	}
	if old := r.guests[h.Rank]; old != nil {
		if old.Host != h.Host || old.PID != h.PID {
			r.clash = fmt.Errorf("two processes say that they are rank %d: %d on %s and %d on %s", h.Rank, old.PID, old.Host, h.PID, h.Host)
			r.tell()
			return welcome{Error: r.clash.Error()}
		}
		_ = old.conn.Close() // it has come again, so it gave the old connection up
	}
	r.guests[h.Rank] = &guest{h, c}
	r.tell()
	return welcome{}
}

func (r *reception) tell() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// visit goes to rank 0, again and again until it is there.
func (w World) visit(ctx context.Context, limit time.Duration) (*Group, error) {
	var last error
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		g, err := w.call(ctx)
		var refused *refusedError
		if err == nil || errors.As(err, &refused) {
			return g, err
		}
		if ctx.Err() == nil || last == nil {
			last = err // the one that the end of ctx made says less
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, context.Cause(ctx)
			}
			return nil, fmt.Errorf("rank 0 did not answer within %v: %w", limit, last)
		}
	}
}

// refusedError is a refusal for good.
type refusedError struct{ sentence string }

func (e *refusedError) Error() string { return e.sentence }

// call tries once.
func (w World) call(ctx context.Context) (*Group, error) {
	places, token := []string{net.JoinHostPort(w.Address, strconv.Itoa(w.Port))}, ""
	if w.File != "" {
		var err error
		if places, token, err = readMeeting(w.File); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, place := range places {
		g, err := w.callAt(ctx, place, token)
		if err == nil {
			return g, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (w World) callAt(ctx context.Context, place, token string) (_ *Group, err error) {
	d := net.Dialer{Timeout: greeting, KeepAliveConfig: keepAlive}
	c, err := d.DialContext(ctx, "tcp", place)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = c.Close()
		}
	}()
	unwatch := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // ends what waits below
	defer unwatch()
	if err := json.NewEncoder(c).Encode(w.hello(token)); err != nil {
		return nil, err
	}
	var answer welcome // comes when all are there
	if err := readJSON(c, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	switch {
	case answer.Error != "":
		return nil, &refusedError{answer.Error}
	case answer.Again != "":
		return nil, errors.New(answer.Again)
	}
	if !unwatch() {
		return nil, ctx.Err()
	}
	return newGroup(w.Rank, w.Size, []*link{newLink(0, answer.Host, c)}), nil
}

// readJSON reads one line, byte by byte: what follows it is not ours.
func readJSON(c net.Conn, v any) error {
	var line []byte
	var b [1]byte
	for len(line) < maxHello {
		if _, err := c.Read(b[:]); err != nil {
			return err
		}
		if b[0] == '\n' {
			return json.Unmarshal(line, v)
		}
		line = append(line, b[0])
	}
	return fmt.Errorf("a greeting of more than %d bytes", maxHello)
}

// keepAlive finds out within two minutes that a machine is gone without a word.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 6}

// rankList names ranks: "rank 2", "ranks 1, 5-7 and 9".
func rankList(all []int) string {
	var parts []string
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		part := strconv.Itoa(all[i])
		if j > i {
			part += "-" + strconv.Itoa(all[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	if len(all) == 1 {
		return "rank " + parts[0]
	}
	if n := len(parts); n > 1 {
		return "ranks " + strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return "ranks " + parts[0]
}
