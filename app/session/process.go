package session

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"growlab/store"
)

// ReadyFD is the file descriptor on which an engine process started by this package reports, by one line of JSON, that it
// trains (Ready), or why it does not.
const ReadyFD = 3

// Ready is what an engine process reports.
type Ready struct {
	File  string `json:"file,omitempty"` // of the run
	Error string `json:"error,omitempty"`
	Code  int    `json:"code,omitempty"` // the exit code that Error has
}

// StartError is why an engine process did not start to train: its sentence, and the exit code that goes with it.
type StartError struct {
	Sentence string
	Code     int
}

func (e *StartError) Error() string { return e.Sentence }

// Start begins a run in an engine process of its own, which goes on when this one ends, and returns once it trains. The end
// of ctx ends the waiting, not the run.
func (h *Home) Start(ctx context.Context, l Launch) (Info, error) {
	if err := l.anchor(); err != nil {
		return Info{}, err
	}
	l.Device = cmp.Or(l.Device, h.used())
	id := store.NewID()
	return h.spawn(ctx, id, append([]string{"engine", "new", "--ready", "--id", id}, l.Args()...))
}

// Resume goes on with a run that is not live, in an engine process of its own.
func (h *Home) Resume(ctx context.Context, id string) (Info, error) {
	if r := h.remote(id); r != nil {
		return r.resume(ctx)
	}
	info, err := h.Find(id)
	if err != nil {
		return Info{}, err
	}
	if info.Live() {
		return info, fmt.Errorf("run %s is %s already", info.ID, info.State)
	}
	awaitLeft(info.File)
	return h.spawn(ctx, info.ID, []string{"engine", "resume", "--ready", info.File})
}

// endingWait is how long an engine may take to leave a run that has ended.
const endingWait = 30 * time.Second

// awaitLeft waits until the engine of a run that has ended has left its file, as it does a moment after it wrote so. Of a run that goes on
// it returns at once.
func awaitLeft(path string) {
	for late := time.Now().Add(endingWait); time.Now().Before(late); time.Sleep(pollEnding) {
		if _, busy := store.Busy(path); !busy {
			return
		}
		if info, err := describe(path); err != nil || info.Live() {
			return
		}
	}
}

// anchor makes the paths of l absolute, for a process with another working folder.
func (l *Launch) anchor() error {
	paths := []*string{&l.Data}
	if looksLikeFile(l.Recipe) {
		paths = append(paths, &l.Recipe)
	}
	for _, p := range paths {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return fmt.Errorf("path %s: %w", *p, err)
		}
		*p = abs
	}
	return nil
}

// Args are the flags of growlab train, or growlab engine new, that mean l.
func (l Launch) Args() []string {
	var args []string
	flag := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	flag("recipe", l.Recipe)
	flag("name", l.Name)
	flag("data", l.Data)
	flag("device", l.Device)
	if l.Threads != 0 {
		flag("threads", strconv.Itoa(l.Threads))
	}
	flag("precision", l.Precision)
	if l.Seed != nil {
		flag("seed", strconv.FormatUint(*l.Seed, 10))
	}
	for _, s := range l.Set {
		flag("set", s)
	}
	return args
}

// spawn starts an engine process in a session of its own, so that no signal of our terminal reaches it, and waits until it
// trains or ends.
func (h *Home) spawn(ctx context.Context, id string, args []string) (Info, error) {
	cmd, ready, err := h.launch(id, args)
	if err != nil {
		return Info{}, err
	}
	answer := make(chan Ready, 1)
	go func() {
		answer <- hear(ready)
		_ = cmd.Wait() // collects the process when it ends; how it did is in the run file
	}()
	select {
	case r := <-answer:
		if r.File != "" {
			return describe(r.File)
		}
		return Info{}, h.failure(id, r)
	case <-ctx.Done():
		return Info{}, fmt.Errorf("run %s is starting: %w", id, ctx.Err())
	}
}

// program is the command that starts this program again.
func (h *Home) program() ([]string, error) {
	if len(h.Program) > 0 {
		return h.Program, nil
	}
	exe, err := os.Executable()
	return []string{exe}, err
}

// launch starts the process, its output in the run's log file, and returns the end of the pipe on which it reports.
func (h *Home) launch(id string, args []string) (*exec.Cmd, *os.File, error) {
	program, err := h.program()
	if err != nil {
		return nil, nil, fmt.Errorf("start an engine: %w", err)
	}
	path := h.LogFile(id)
	if err := h.makeFolder(filepath.Dir(path)); err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("start an engine: %w", err)
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start an engine: %w", err), log.Close())
	}
	cmd := exec.Command(program[0], append(program[1:len(program):len(program)], args...)...)
	cmd.Env = append(os.Environ(), "GROWLAB_HOME="+h.Dir)
	cmd.Dir = "/" // so that the folder we were started in can go
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{theirs} // ReadyFD
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	err = errors.Join(err, theirs.Close(), log.Close())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start an engine: %w", err), ours.Close())
	}
	return cmd, ours, nil
}

// hear reads the report of an engine process; it is empty if the process ended without one.
func hear(ready *os.File) Ready {
	defer func() { _ = ready.Close() }() // only read from
	line, err := bufio.NewReader(io.LimitReader(ready, 1<<20)).ReadBytes('\n')
	var r Ready
	if err != nil || json.Unmarshal(line, &r) != nil {
		return Ready{}
	}
	return r
}

// failure is the error of an engine process that does not train. A log without a run is removed.
func (h *Home) failure(id string, r Ready) error {
	path := h.LogFile(id)
	if r.Error == "" {
		r.Error = "the engine process died as it started"
		if last := lastLine(path); last != "" {
			r.Error += ": " + last
		}
		r.Code = 1
	}
	if _, err := store.Find(h.RunFolder(), id); err != nil {
		_ = os.Remove(path) // it may not be there
	}
	return &StartError{r.Error, r.Code}
}

// lastLine is the last line of a file that says something.
func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	text = bytes.TrimSpace(text)
	return strings.TrimSpace(string(text[bytes.LastIndexByte(text, '\n')+1:]))
}
