package session_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// wire passes connections on to a socket until it is cut.
type wire struct {
	path string // where it listens

	mu    sync.Mutex
	to    string // "" takes connections and drops them
	conns []net.Conn
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{path: filepath.Join(t.TempDir(), "wire")}
	l, err := net.Listen("unix", w.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.Close() // the test is over
		w.cut("")
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.pass(c)
		}
	}()
	return w
}

func (w *wire) pass(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	far, err := net.Dial("unix", w.to)
	if err != nil {
		_ = c.Close() // as ssh does
		return
	}
	w.conns = append(w.conns, c, far)
	carry := func(a, b net.Conn) {
		_, _ = io.Copy(a, b) // until either side closes
		_, _ = a.Close(), b.Close()
	}
	go carry(c, far)
	go carry(far, c)
}

// cut ends all connections, and has those to come lead to another place.
func (w *wire) cut(to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
	for _, c := range w.conns {
		_ = c.Close() // it may be
	}
	w.conns = nil
}

// lineTold is what Home.Line was told.
type lineTold struct {
	id  string
	why error
}

// watchOverWire is a run on the other machine that is followed here over a wire, and has come to step ten.
func (m machines) watchOverWire(t *testing.T) (f *followed, w *wire, told chan lineTold) {
	t.Helper()
	w = newWire(t)
	t.Setenv("FAKE_SSH_VIA", w.path)
	far := m.startThere(t)
	path, err := filepath.Glob(filepath.Join(os.Getenv("FAKE_SSH_RUN"), "growlab", far.ID+".sock"))
	if err != nil || len(path) != 1 {
		t.Fatalf("found sockets %v, %v", path, err)
	}
	w.cut(path[0])
	told = make(chan lineTold, 10)
	m.here.Line = func(id string, why error) { told <- lineTold{id, why} }
	info, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	events, err := m.here.Watch(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	f = &followed{t: t, events: events}
	f.until("ten steps", stepFrom(10))
	return f, w, told
}

func stepFrom(n int64) func(event.Event) bool {
	return func(e event.Event) bool {
		s, ok := e.(event.Step)
		return ok && s.Step >= n
	}
}

// untilTold takes events until there is news of the connection.
func (f *followed) untilTold(told <-chan lineTold) lineTold {
	f.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case news := <-told:
			return news
		case batch, open := <-f.events:
			if !open {
				f.t.Fatal("the events ended")
			}
			for _, e := range batch {
				f.note(e)
			}
		case <-late:
			f.t.Fatal("a minute passed without news of the connection")
		}
	}
}

// sever has every ssh from now on fail with what it says.
func sever(t *testing.T, w *wire, says string) {
	t.Helper()
	if err := os.WriteFile(os.Getenv("FAKE_SSH_DOWN"), []byte(says), 0o600); err != nil {
		t.Fatal(err)
	}
	w.cut("")
}

// mend undoes sever.
func mend(t *testing.T, w *wire, engine string) {
	t.Helper()
	w.cut(engine)
	if err := os.Remove(os.Getenv("FAKE_SSH_DOWN")); err != nil {
		t.Fatal(err)
	}
}

func TestAConnectionThatBreaksIsMadeAgain(t *testing.T) {
	m := twoMachines(t)
	f, w, told := m.watchOverWire(t)
	engine := w.to
	sever(t, w, "ssh: connect to host box port 22: Connection refused\n")
	broke := f.untilTold(told)
	if broke.why == nil || broke.why.Error() != "connect to host box port 22: Connection refused" {
		t.Fatalf("was told %v", broke.why)
	}
	infos, err := m.here.Runs()
	if err != nil || len(infos) != 1 || infos[0].Lost != broke.why.Error() || infos[0].ID != broke.id {
		t.Errorf("listed %+v, %v; want the run as lost", infos, err)
	}
	if err := m.here.Send(t.Context(), broke.id, control.Command{Verb: control.Pause}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a command got %v", err)
	}
	mend(t, w, engine)
	if back := f.untilTold(told); back.why != nil || back.id != broke.id {
		t.Fatalf("was told %v of %s, want that it is back", back.why, back.id)
	}
	seen := f.steps[len(f.steps)-1]
	f.until("more steps", stepFrom(seen+20))
	if err := m.here.Send(t.Context(), broke.id, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	f.until("the end", func(e event.Event) bool { _, ok := e.(event.Ended); return ok })
	for batch := range f.events {
		t.Errorf("came after the end: %v", batch)
	}
	for i, s := range f.steps {
		if s != int64(i+1) {
			t.Fatalf("step %d came in place %d: each once and in order, as if nothing had happened", s, i+1)
		}
	}
	if starts := f.kinds["start"]; starts != 1 {
		t.Errorf("%d starts came, want 1", starts)
	}
}

// onlyRun is the run that is listed here.
func (m machines) onlyRun(t *testing.T) session.Info {
	t.Helper()
	infos, err := m.here.Runs()
	if err != nil || len(infos) != 1 {
		t.Fatalf("listed %+v, %v, want one run", infos, err)
	}
	return infos[0]
}

// A break that only a person can mend is not tried again and again: some machines lock out who knocks too often.
func TestAConnectionThatIsRefusedIsGivenUp(t *testing.T) {
	m := twoMachines(t)
	f, w, told := m.watchOverWire(t)
	id := m.onlyRun(t).ID
	engine := w.to
	sever(t, w, "me@box: Permission denied (publickey).\n")
	for range f.events { // ends
	}
	far := m.here.Far(id)
	if err := far.Lost(); err == nil || !strings.Contains(err.Error(), "box lets nobody in without asking") || m.onlyRun(t).Lost != err.Error() {
		t.Errorf("it is lost because of %v, and listed as %q", err, m.onlyRun(t).Lost)
	}
	if len(told) != 0 {
		t.Errorf("was told of a break that passes: %v", <-told)
	}
	if _, err := m.here.Watch(t.Context(), id); err == nil {
		t.Error("it is watched again")
	}
	mend(t, w, engine)
	if _, err := m.here.Attach(t.Context(), id); err != nil || far.Lost() != nil {
		t.Errorf("attached again: %v, and lost because of %v", err, far.Lost())
	}
	if err := m.here.Send(t.Context(), id, control.Command{Verb: control.Stop}); err != nil {
		t.Error(err)
	}
}

// A run that nobody watches is asked for now and then, so that the list says how it stands.
func TestAFarRunThatNobodyWatchesIsRenewed(t *testing.T) {
	m := twoMachines(t)
	far := m.startThere(t)
	info, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	session.RenewAtOnce(t)
	if err := m.here.Send(t.Context(), info.ID, control.Command{Verb: control.Stop}); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		infos, err := m.here.Runs()
		if err != nil || time.Now().After(late) {
			t.Fatalf("got %+v, %v, want that run %s has stopped", infos, err, far.ID)
		}
		if infos[0].State == session.Stopped {
			return
		}
	}
}

// What the shell there says to everybody does no harm, and a person's own way to share connections is left alone.
func TestAttachThroughOtherPeoplesSettings(t *testing.T) {
	m := twoMachines(t)
	m.doneThere(t)
	for _, host := range []string{"noisy", "shared"} {
		info, err := m.here.Attach(t.Context(), host+":far")
		if err != nil {
			t.Fatal(err)
		}
		events, err := m.here.Watch(t.Context(), info.ID)
		if err != nil {
			t.Fatal(err)
		}
		f := &followed{t: t, events: events}
		f.until("the end", func(e event.Event) bool { _, ok := e.(event.Ended); return ok })
		if e, err := m.here.Sample(t.Context(), info.ID, session.Ask{Prompt: "it's", Tokens: 2}, func(string) {}); err != nil || e.Prompt != "it's" {
			t.Errorf("%s: sampled %+v, %v", host, e, err)
		}
		if n := m.here.Weight(info); n == 0 {
			t.Errorf("%s: it weighs nothing", host)
		}
		copied, err := m.here.Far(info.ID).Copy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(copied.File); err != nil || !strings.HasPrefix(string(text), "SQLite format 3") {
			t.Errorf("%s: the copy begins with %.20q, %v", host, text, err)
		}
	}
	log, err := os.ReadFile(os.Getenv("FAKE_SSH_LOG"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		theirs, asks := strings.Contains(line, " shared "), strings.Contains(line, "BatchMode=no")
		if theirs && strings.Contains(line, "ControlPath") || asks {
			t.Errorf("ssh was told %s", line)
		}
	}
}

// Only what a person does at a terminal may ask there, and only while that is done.
func TestOnlyAttachMayAsk(t *testing.T) {
	m := twoMachines(t)
	m.doneThere(t)
	if err := os.Remove(os.Getenv("FAKE_SSH_LOG")); err != nil {
		t.Fatal(err)
	}
	m.here.Ask = true
	info, err := m.here.Attach(t.Context(), "other:far")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.here.Tag(info.ID, []string{"seen"}, nil); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(os.Getenv("FAKE_SSH_LOG"))
	if err != nil {
		t.Fatal(err)
	}
	if asked := strings.Count(string(log), "BatchMode=no"); asked != 1 {
		t.Errorf("ssh might ask %d times, want once:\n%s", asked, log)
	}
	if _, err := m.here.Attach(t.Context(), "closed:far"); err == nil || !strings.Contains(err.Error(), "me@closed: Permission denied") {
		t.Errorf("after a wrong password: %v", err)
	}
}
