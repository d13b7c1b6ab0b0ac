package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"growlab/trainer/control"
)

// line is the way to another machine: the system's ssh. Its connections are one, which lasts while runs of that machine are
// attached, so that whoever logs in with a password or a code does so once.
type line struct {
	host string // as ssh takes it
	dir  string // private folder for sockets

	mu     sync.Mutex
	asking bool // ssh may ask a person
	known  bool // theirs is known
	theirs bool // the person's ssh shares connections by itself, and may have one open already
	// sockets counts those that were forwarded.
	sockets int

	holding sync.Mutex
	held    chan struct{}  // closed when the connection that is held ends; nil before the first
	hold    io.WriteCloser // ends it
}

// newLine prepares the way to a host. The folder is the one of engines' sockets: short enough for a socket's path, and ours alone.
func newLine(host string) (*line, error) {
	path, err := control.Path("ssh")
	if err != nil {
		return nil, err
	}
	return &line{host: host, dir: filepath.Dir(path)}, nil
}

// line is the way to a host, the same for all its runs.
func (h *Home) line(host string) (*line, error) {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	if l := h.remotes.lines[host]; l != nil {
		return l, nil
	}
	l, err := newLine(host)
	if err != nil {
		return nil, err
	}
	if h.remotes.lines == nil {
		h.remotes.lines = map[string]*line{}
	}
	h.remotes.lines[host] = l
	return l, nil
}

// ask lets ssh ask a person, on the terminal if there is one that it may use, else by the program for it that SSH_ASKPASS names, until the function
// that is returned is called.
func (l *line) ask(terminal bool) (done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking = terminal || askProgram()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.asking = false
	}
}

func askProgram() bool {
	return os.Getenv("SSH_ASKPASS") != "" && (os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "")
}

// master is the socket of the connection that is shared.
func (l *line) master() string {
	sum := sha256.Sum256([]byte(l.host))
	return filepath.Join(l.dir, "ssh-"+hex.EncodeToString(sum[:5]))
}

// options of every ssh. One that nobody waits for must not ask: the question would stand on a terminal behind the window. A
// connection that is dead is noticed after a quarter of a minute.
func (l *line) options() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := "yes"
	if l.asking {
		batch = "no"
	}
	o := []string{"-o", "BatchMode=" + batch, "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "ConnectTimeout=15"}
	if !l.theirs {
		o = append(o, "-o", "ControlMaster=auto", "-o", "ControlPath="+l.master(), "-o", "ControlPersist=60")
	}
	return o
}

// ssh is an ssh to the host with further arguments: options, then the command.
func (l *line) ssh(ctx context.Context, options []string, command ...string) *exec.Cmd {
	args := append(l.options(), options...)
	cmd := exec.CommandContext(ctx, "ssh", append(append(args, l.host), command...)...)
	cmd.WaitDelay = time.Second
	if l.isAsking() && askProgram() {
		cmd.Env = append(os.Environ(), "SSH_ASKPASS_REQUIRE=prefer")
	}
	return cmd
}

func (l *line) isAsking() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asking
}

// learn finds out whether the person's ssh shares connections to this host by itself.
func (l *line) learn(ctx context.Context) {
	l.mu.Lock()
	known := l.known
	l.mu.Unlock()
	if known {
		return
	}
	out, err := exec.CommandContext(ctx, "ssh", "-G", l.host).Output()
	if err != nil {
		return // the ssh that follows says why
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.theirs = true, sharesBySelf(string(out))
}

// sharesBySelf reads what ssh -G prints.
func sharesBySelf(config string) bool {
	path, master := "none", "false"
	for option := range strings.Lines(config) {
		name, value, _ := strings.Cut(strings.TrimSpace(option), " ")
		switch name {
		case "controlpath":
			path = value
		case "controlmaster":
			master = value
		}
	}
	return path != "none" && master != "false" && master != "no"
}

// growlab is growlab with arguments on the other machine. Where people put programs of their own is not on the PATH of ssh on many
// machines, so it is looked for there too.
func (l *line) growlab(ctx context.Context, args ...string) *exec.Cmd {
	l.learn(ctx)
	words := []string{`PATH="$PATH:$HOME/.local/bin:$HOME/bin:$HOME/go/bin:/usr/local/bin"; exec`, remoteProgram()}
	for _, a := range args {
		words = append(words, quoted(a))
	}
	return l.ssh(ctx, []string{"-C", "-T"}, "exec sh -c "+quoted(strings.Join(words, " ")))
}

// remoteProgram is what is run on the other machine; GROWLAB_REMOTE names another than growlab.
func remoteProgram() string {
	if p := os.Getenv("GROWLAB_REMOTE"); p != "" {
		return p
	}
	return "growlab"
}

// quoted is one word to a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// run returns what growlab prints on the other machine.
func (l *line) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := l.growlab(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := finished(cmd.Run()); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, l.failure(err, errs.String())
	}
	return out.Bytes(), nil
}

// finished takes an ssh for done that ended well but whose output is held open, as the shared connection that it left behind does with
// some versions.
func finished(err error) error {
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// keep holds the connection until close. It ends with this process too: cat ends with its input.
func (l *line) keep() {
	l.holding.Lock()
	defer l.holding.Unlock()
	if l.holds() {
		return
	}
	cmd := l.ssh(context.Background(), []string{"-T"}, "exec cat")
	stdin, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return // the connection lasts for as long as there is something to do
	}
	held := make(chan struct{})
	l.hold, l.held = stdin, held
	go func() {
		defer close(held)
		_ = cmd.Wait() // that it ended is all there is to know
	}()
}

// holds reports whether there is a connection that is held.
func (l *line) holds() bool {
	if l.held == nil {
		return false
	}
	select {
	case <-l.held:
		return false
	default:
		return true
	}
}

// close lets the connection go.
func (l *line) close() {
	l.holding.Lock()
	defer l.holding.Unlock()
	if !l.holds() {
		return
	}
	_ = l.hold.Close() // ssh may have ended
	select {
	case <-l.held:
	case <-time.After(closeWait):
	}
}

// closeWait is how long an ssh may take to end once it has nothing to do.
const closeWait = 2 * time.Second

// forwardArgs are the arguments of ssh that have a socket there appear here.
func forwardArgs(here, there string) []string {
	return []string{"-T", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes", "-L", here + ":" + there}
}

// unforward takes a forwarded socket back, which the shared connection would keep for as long as it lasts.
func (l *line) unforward(here, there string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	_ = l.ssh(ctx, []string{"-O", "cancel", "-L", here + ":" + there}).Run() // there may be no connection any more
	_ = os.Remove(here)                                                      // ssh may have
}

// socket is the path of a new socket here.
func (l *line) socket() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets++
	return filepath.Join(l.dir, fmt.Sprintf("far-%d-%s-%d", os.Getpid(), filepath.Base(l.master())[4:], l.sockets))
}
