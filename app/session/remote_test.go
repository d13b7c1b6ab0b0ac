package session_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"growlab/app/session"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// fakeSSH runs the command here, with the data folder and the sockets of "the other machine", and forwards a socket by a link, to
// FAKE_SSH_VIA if that is set. It writes what it was told to a file, and fails, as OpenSSH does, with what the file FAKE_SSH_DOWN says.
const fakeSSH = `#!/bin/sh
echo "$@" >> "$FAKE_SSH_LOG"
while :; do
	case $1 in
	-o) shift 2 ;;
	-O) exit 0 ;;
	-G) [ "$2" = shared ] && printf 'controlmaster auto\ncontrolpath /home/me/.ssh/cm\n'; exit 0 ;;
	-L) ln -s "${FAKE_SSH_VIA:-${2#*:}}" "${2%%:*}"; shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
[ -e "$FAKE_SSH_DOWN" ] && { cat "$FAKE_SSH_DOWN" >&2; exit 255; }
say() { echo "$1" >&2; exit "$2"; }
case $1 in
unreachable) say "ssh: connect to host unreachable port 22: No route to host" 255 ;;
bare) say "sh: 1: exec: growlab: not found" 127 ;;
stranger) say "Host key verification failed." 255 ;;
changed) say "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Host key verification failed." 255 ;;
closed) say "Welcome to closed
me@closed: Permission denied (publickey,password)." 255 ;;
broken) say "mux_client_request_session: read from master failed: Broken pipe" 255 ;;
old) say 'growlab: there is no command "growlab runs show"; see growlab runs --help' 2 ;;
older) echo 'Growlab 0.1'; exit 0 ;;
noisy) echo "You have mail. {really}" ;;
esac
shift
export GROWLAB_HOME="$FAKE_SSH_HOME" XDG_RUNTIME_DIR="$FAKE_SSH_RUN"
exec sh -c "$1"
`

// machines are this one and another, of which the latter's runs are reached by ssh only.
type machines struct{ here, there *session.Home }

func twoMachines(t *testing.T) machines {
	t.Helper()
	there := home(t)
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "ssh.log")
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(fakeSSH), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("FAKE_SSH_LOG", log)
	t.Setenv("FAKE_SSH_HOME", there.Dir)
	t.Setenv("FAKE_SSH_DOWN", filepath.Join(t.TempDir(), "down"))
	t.Setenv("FAKE_SSH_RUN", os.Getenv("XDG_RUNTIME_DIR"))
	t.Setenv("GROWLAB_REMOTE", os.Args[0])
	here := &session.Home{Dir: t.TempDir()}
	t.Cleanup(func() { here.Detach() })
	return machines{here, there}
}

// startThere starts a run on the other machine that goes on until it is stopped.
func (m machines) startThere(t *testing.T) session.Info {
	t.Helper()
	info, err := m.there.Start(t.Context(), session.Launch{Recipe: recipe, Name: "far", Threads: 1, Set: []string{long}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir()) // from here on its socket is not one of ours
	return info
}

func TestAttach(t *testing.T) {
	m := twoMachines(t)
	far := m.startThere(t)
	info, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	if want := "box:" + far.ID; info.ID != want || info.Name != "far @ box" || info.State != session.Running {
		t.Errorf("attached to %q, %q, %s; want %q, far @ box, running", info.ID, info.Name, info.State, want)
	}
	if infos, err := m.here.Runs(); err != nil || len(infos) != 1 || infos[0].ID != info.ID {
		t.Errorf("listed %+v, %v, want the run of the other machine", infos, err)
	}
	events, err := m.here.Watch(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	f := &followed{t: t, events: events}
	f.until("ten steps", func(e event.Event) bool { s, ok := e.(event.Step); return ok && s.Step >= 10 })
	send := func(verb string) {
		t.Helper()
		if err := m.here.Send(t.Context(), info.ID, control.Command{Verb: verb}); err != nil {
			t.Fatal(err)
		}
	}
	send(control.Pause)
	f.until("the pause", func(e event.Event) bool { _, ok := e.(event.Paused); return ok })
	if e, err := m.here.Sample(t.Context(), info.ID, session.Ask{Prompt: "it's", Tokens: 5, Temperature: 1}, func(string) {}); err != nil || e.Prompt != "it's" {
		t.Errorf("sampled %+v, %v", e, err)
	}
	send(control.Resume)
	f.until("the resumption", func(e event.Event) bool { _, ok := e.(event.Resumed); return ok })
	send(control.Stop)
	f.until("the end", func(e event.Event) bool { _, ok := e.(event.Ended); return ok })
	if _, open := <-f.events; open {
		t.Error("events came after the end")
	}
	for i, s := range f.steps {
		if s != int64(i+1) {
			t.Fatalf("step %d came in place %d: each once and in order", s, i+1)
		}
	}
	if _, err := m.here.Find(info.ID); err == nil || !strings.Contains(err.Error(), "only be done there") {
		t.Errorf("find: %v", err)
	}
}

// followed reads events until one that is waited for.
type followed struct {
	t      *testing.T
	events <-chan []event.Event
	batch  []event.Event
	steps  []int64
	kinds  map[string]int // how many of a kind came
}

func (f *followed) note(e event.Event) {
	if f.kinds == nil {
		f.kinds = map[string]int{}
	}
	f.kinds[e.Kind()]++
	if s, ok := e.(event.Step); ok {
		f.steps = append(f.steps, s.Step)
	}
}

func (f *followed) until(what string, ok func(event.Event) bool) {
	f.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		for len(f.batch) > 0 {
			e := f.batch[0]
			f.batch = f.batch[1:]
			f.note(e)
			if ok(e) {
				return
			}
		}
		select {
		case batch, open := <-f.events:
			if !open {
				f.t.Fatalf("the events ended before %s", what)
			}
			f.batch = batch
		case <-late:
			f.t.Fatalf("two minutes passed without %s", what)
		}
	}
}

// The forwarding ssh ends with Detach, and no socket or folder is left.
func TestAttachLeavesNothingBehind(t *testing.T) {
	m := twoMachines(t)
	m.startThere(t)
	t.Setenv("TMPDIR", t.TempDir())
	info, err := m.here.Attach(t.Context(), "box:far")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.here.Send(t.Context(), info.ID, control.Command{Verb: control.Save}); err != nil {
		t.Fatal(err)
	}
	m.here.Detach()
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v, want nothing", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "growlab", "*")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v, want no socket", left, err)
	}
	log, err := os.ReadFile(os.Getenv("FAKE_SSH_LOG"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(log); !strings.Contains(text, "ControlMaster=auto") || strings.Contains(text, "GatewayPorts") || strings.Contains(text, "0.0.0.0") {
		t.Errorf("ssh was told\n%s", text)
	}
	if infos, err := m.here.Runs(); err != nil || len(infos) != 0 {
		t.Errorf("still listed: %+v, %v", infos, err)
	}
}

func TestAttachToNothing(t *testing.T) {
	m := twoMachines(t)
	for target, want := range map[string]string{
		"box":                "it must be host:RUN",
		":far":               "it must be host:RUN",
		"-oProxyCommand=x:r": "names no machine",
		"box:-f":             "names no machine",
		"unreachable:far":    "connect to host unreachable port 22: No route to host",
		"bare:far":           "bare has no ",
		"stranger:far":       "the host key of stranger is not known here yet; run ssh stranger once",
		"changed:far":        "is another than the one known here",
		"closed:far":         "ssh cannot ask here (Permission denied (publickey,password)); ssh-copy-id closed",
		"broken:far":         "the connection to broken broke",
		"old:far":            `growlab on old is older than this one (there is no command "growlab runs show"); install the same version there`,
		"older:far":          "gave no answer that this one understands",
		"box:nothing":        "nothing",
		"box:it's; rm -rf":   "it's; rm -rf",
	} {
		if _, err := m.here.Attach(t.Context(), target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to say %q", target, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := m.here.Attach(t.Context(), "box:far"); err == nil || !strings.Contains(err.Error(), "no ssh on this machine") {
		t.Errorf("without ssh: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.here.Attach(ctx, "box:far"); err == nil {
		t.Error("attached after the end")
	}
}
