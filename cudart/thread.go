package cudart

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// ErrClosed means that a thread was closed before the work came.
var ErrClosed = errors.New("the GPU's thread is closed")

// Thread is one goroutine locked to one OS thread, on which all calls to one GPU are made: CUDA keeps the current
// context and the capture mode per OS thread.
type Thread struct {
	work  chan job
	ended chan struct{}
	once  sync.Once
}

type job struct {
	run  func() error
	done chan<- result
}

type result struct {
	err    error
	panic  any // re-raised where Do was called
	stack  []byte
	exited bool // f called runtime.Goexit, as a test's FailNow does
}

// NewThread starts a thread. Close ends it.
func NewThread() *Thread {
	t := &Thread{work: make(chan job), ended: make(chan struct{})}
	go t.loop()
	return t
}

// loop never unlocks: a thread with CUDA state on it ends with its goroutine and serves no other.
func (t *Thread) loop() {
	runtime.LockOSThread()
	defer t.Close() // runtime.Goexit in a job ends the thread
	for {
		select {
		case j := <-t.work:
			j.do()
		case <-t.ended:
			return
		}
	}
}

// do answers in every case, so that nobody waits for a thread that is gone.
func (j job) do() {
	r := result{exited: true}
	defer func() {
		if p := recover(); p != nil {
			r = result{panic: p, stack: debug.Stack()}
		}
		j.done <- r
	}()
	r = result{err: j.run()}
}

// Do runs f on the thread and returns its error; a panic of f goes on in the caller, and so does runtime.Goexit, which also ends
// the thread. Calls from several goroutines run one after the other. f must not call Do of the same thread: that would wait for itself.
// A call costs two switches between OS threads, so a whole step of training goes into one.
func (t *Thread) Do(f func() error) error {
	done := make(chan result, 1)
	select {
	case <-t.ended:
		return ErrClosed
	case t.work <- job{f, done}:
	}
	r := <-done
	if r.panic != nil {
		panic(fmt.Sprintf("%v\n\non the GPU's thread:\n%s", r.panic, r.stack))
	}
	if r.exited {
		runtime.Goexit()
	}
	return r.err
}

// Close ends the thread after the work under way. It may be called twice.
func (t *Thread) Close() { t.once.Do(func() { close(t.ended) }) }
