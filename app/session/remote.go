package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"growlab/trainer/control"
)

// remotes are the runs of other machines that a Home shows.
type remotes struct {
	mu   sync.Mutex
	list []*remote
}

// remote is a run on another machine. Everything goes through the system's ssh: what happened so far is printed by growlab runs
// events there, and the socket of the engine is forwarded to one here. Nothing listens on a network.
type remote struct {
	host string // as ssh takes it
	id   string // of the run there
	dir  string // private folder for sockets, of the connections that ssh shares and of the forwarded ones

	mu      sync.Mutex
	info    Info
	forward *forward // nil until it is needed, and after it broke
	count   int      // of forwards so far
}

// remoteProgram is what is run on the other machine; GROWLAB_REMOTE names another than growlab.
func remoteProgram() string {
	if p := os.Getenv("GROWLAB_REMOTE"); p != "" {
		return p
	}
	return "growlab"
}

// splitTarget splits "host:RUN".
func splitTarget(target string) (host, run string, err error) {
	host, run, ok := strings.Cut(target, ":")
	if !ok || host == "" || run == "" {
		return "", "", Usagef("%q does not say where a run is; it must be host:RUN, for example gpu-box:flm-10m", target)
	}
	if strings.HasPrefix(host, "-") || strings.HasPrefix(run, "-") || strings.ContainsAny(host, " \t\n'\"") {
		return "", "", Usagef("%q names no machine and run", target)
	}
	return host, run, nil
}

// Attach connects to a run of another machine by ssh, "host:RUN", where RUN is an id, its beginning or a name there. Runs lists
// it from then on, and what is done with a run works on it, by the id "host:ID", but for Find: growlab there does it. ssh may ask for a password on the terminal; the
// connections after the first share it.
func (h *Home) Attach(ctx context.Context, target string) (Info, error) {
	host, run, err := splitTarget(target)
	if err != nil {
		return Info{}, err
	}
	dir, err := os.MkdirTemp("", "growlab-ssh-")
	if err != nil {
		return Info{}, fmt.Errorf("attach to %s: %w", target, err)
	}
	r := &remote{host: host, id: run, dir: dir}
	if _, err := r.show(ctx); err != nil {
		return Info{}, errors.Join(fmt.Errorf("attach to %s: %w", target, err), os.RemoveAll(dir))
	}
	r.id = r.info.ID // of which a person may have given the beginning, or the name
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	h.remotes.list = slices.DeleteFunc(h.remotes.list, func(o *remote) bool { return o.name() == r.name() })
	h.remotes.list = append(h.remotes.list, r)
	return r.listed(), nil
}

// Detach ends all connections to other machines.
func (h *Home) Detach() {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	for _, r := range h.remotes.list {
		r.close()
	}
	h.remotes.list = nil
}

// remote is the run of another machine that has an id here; nil if id is of a run of this one.
func (h *Home) remote(id string) *remote {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	for _, r := range h.remotes.list {
		if r.name() == id {
			return r
		}
	}
	return nil
}

// attached lists the runs of other machines.
func (h *Home) attached() []Info {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	infos := []Info{}
	for _, r := range h.remotes.list {
		infos = append(infos, r.listed())
	}
	return infos
}

// name is the id of r here.
func (r *remote) name() string { return r.host + ":" + r.id }

// listed is r as the list of runs here shows it.
func (r *remote) listed() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := r.info
	info.ID = r.name()
	info.Name += " @ " + r.host
	if info.Parent != "" {
		info.Parent = r.host + ":" + info.Parent
	}
	info.File = r.host + ":" + info.File
	return info
}

// show asks the other machine for the run, and returns the socket of its engine there, "" if no engine works on it.
func (r *remote) show(ctx context.Context) (socket string, err error) {
	out, err := r.run(ctx, "runs", "show", r.id, "--json")
	if err != nil {
		return "", err
	}
	var answer struct {
		Run    Info   `json:"run"`
		Socket string `json:"socket"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.Run.ID == "" {
		return "", fmt.Errorf("growlab on %s gave no report of the run; is it as new as this one?", r.host)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.info = answer.Run
	return answer.Socket, nil
}

// options of every ssh: connections to one machine are shared, so that a password is asked for once.
func (r *remote) options() []string {
	return []string{
		"-o", "ControlMaster=auto", "-o", "ControlPath=" + filepath.Join(r.dir, "%C"), "-o", "ControlPersist=120",
		"-o", "ServerAliveInterval=15", "-o", "ConnectTimeout=20",
	}
}

// command is growlab with arguments on the other machine.
func (r *remote) command(ctx context.Context, args ...string) *exec.Cmd {
	words := []string{remoteProgram()}
	for _, a := range args {
		words = append(words, quoted(a))
	}
	cmd := exec.CommandContext(ctx, "ssh", append(r.options(), "-C", "-T", r.host, strings.Join(words, " "))...)
	cmd.WaitDelay = time.Second
	return cmd
}

// quoted is one word to a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// run returns what growlab prints on the other machine.
func (r *remote) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, r.failure(err, errs.String())
	}
	return out.Bytes(), nil
}

// failure is why ssh, or growlab on the other machine, failed.
func (r *remote) failure(err error, printed string) error {
	line := strings.TrimSpace(printed)
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("there is no ssh on this machine; install an OpenSSH client")
	case errors.As(err, &exit) && exit.ExitCode() == 127:
		return fmt.Errorf("%s has no %s on the PATH of ssh; set GROWLAB_REMOTE to its path there", r.host, remoteProgram())
	case line != "":
		return errors.New(strings.TrimPrefix(line, "growlab: "))
	}
	return fmt.Errorf("ssh %s: %w", r.host, err)
}

// forward is an ssh that forwards the engine's socket to one here. It ends when its input does, as it does when this process dies.
type forward struct {
	socket string // here
	cmd    *exec.Cmd
	stdin  io.Closer
	ended  chan struct{}
}

// forwardWait is how long a forwarded socket may take to answer.
const forwardWait = 20 * time.Second

// open forwards the socket there and waits until the engine answers through it.
func (r *remote) open(ctx context.Context, there string) (*control.Client, error) {
	r.mu.Lock()
	r.count++
	f := &forward{socket: filepath.Join(r.dir, fmt.Sprintf("run-%d.sock", r.count)), ended: make(chan struct{})}
	r.mu.Unlock()
	args := append(r.options(), "-T", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes",
		"-L", f.socket+":"+there, r.host, "cat")
	f.cmd = exec.Command("ssh", args...)
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
	defer r.mu.Unlock()
	if r.forward != nil {
		r.forward.close()
	}
	r.forward = f
	return client, nil
}

// dial tries until the engine answers.
func (f *forward) dial(ctx context.Context, run string) (*control.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, forwardWait)
	defer cancel()
	for {
		client, err := control.DialPath(ctx, run, f.socket)
		if err == nil {
			return client, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-f.ended:
			return nil, errors.New("ssh ended: does it allow forwarding of sockets?")
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (f *forward) close() {
	_ = f.stdin.Close() // cat ends, and ssh with it
	select {
	case <-f.ended:
	case <-time.After(2 * time.Second):
		_ = f.cmd.Process.Kill() // it may have ended now
	}
	_ = os.Remove(f.socket) // ssh may have
}

// client reaches the engine, through the forwarded socket there is or a new one.
func (r *remote) client(ctx context.Context) (*control.Client, error) {
	r.mu.Lock()
	f := r.forward
	r.mu.Unlock()
	if f != nil {
		if c, err := control.DialPath(ctx, r.id, f.socket); err == nil {
			return c, nil
		}
	}
	socket, err := r.show(ctx)
	if err != nil {
		return nil, err
	}
	if socket == "" {
		return nil, fmt.Errorf("run %s is not running: %w", r.name(), control.ErrNoEngine)
	}
	return r.open(ctx, socket)
}

func (r *remote) send(ctx context.Context, c control.Command) error {
	client, err := r.client(ctx)
	if err != nil {
		return err
	}
	return client.Send(ctx, c)
}

func (r *remote) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forward != nil {
		r.forward.close()
		r.forward = nil
	}
	_ = os.RemoveAll(r.dir) // a temporary folder
}
