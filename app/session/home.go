package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"growlab/store"
	"growlab/trainer/control"
)

// Home is a data folder with its runs. Its methods may be called from several goroutines.
type Home struct {
	Dir string
	// Program is the command that starts an engine process when "engine" and its arguments follow; nil is this executable.
	Program []string
	// Threads is what the estimates of Presets assume; 0 is all cores.
	Threads int

	speeds  speeds
	remotes remotes
}

// Open is the data folder that the environment names (store.Home). It need not exist.
func Open() (*Home, error) {
	dir, err := store.Home()
	if err != nil {
		return nil, err
	}
	return &Home{Dir: dir}, nil
}

// Folder is the data folder.
func (h *Home) Folder() string { return h.Dir }

// RunFolder is where run files are.
func (h *Home) RunFolder() string { return filepath.Join(h.Dir, "runs") }

// LogFile is what the engine process of a run has said.
func (h *Home) LogFile(id string) string { return filepath.Join(h.Dir, "logs", id+".log") }

// Runs lists all runs, newest first. A run file that cannot be read is listed as failed, and Error says why.
func (h *Home) Runs() ([]Info, error) {
	entries, err := store.List(h.RunFolder())
	if err != nil {
		return nil, err
	}
	infos := h.attached()
	for _, e := range entries {
		infos = append(infos, h.entry(e))
	}
	return infos, nil
}

func (h *Home) entry(e store.Entry) Info {
	if e.Err == nil {
		info, err := describe(e.Path)
		if err == nil {
			return info
		}
		e.Err = err
	}
	name := filepath.Base(e.Path)
	return Info{ID: name, Name: name, File: e.Path, State: Failed, Error: e.Err.Error()}
}

// Find is the run that a person means by text: a path, an id or its beginning, or a name.
func (h *Home) Find(text string) (Info, error) {
	if r := h.remote(text); r != nil {
		return Info{}, fmt.Errorf("run %s is on %s: that can only be done there", r.id, r.host)
	}
	path, err := store.Find(h.RunFolder(), text)
	if err != nil {
		return Info{}, err
	}
	return describe(path)
}

// describe reads what the list shows of one run file.
func describe(path string) (info Info, err error) {
	r, err := store.OpenReader(path)
	if err != nil {
		return Info{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	meta, err := r.Meta()
	if err != nil {
		return Info{}, err
	}
	sum, err := r.Summary()
	if err != nil {
		return Info{}, err
	}
	stages, err := r.Stages()
	if err != nil {
		return Info{}, err
	}
	tags, err := r.Tags()
	if err != nil {
		return Info{}, err
	}
	info = Info{
		Tags: strings.Join(tags, " "), ID: meta.ID, Name: meta.Name, Recipe: meta.RecipeName, File: path, Created: meta.Created, Error: sum.Error,
		State: stateOf(sum), Stages: len(stages), Stage: min(1, len(stages)), Parent: meta.Parent, Fork: forked(meta),
	}
	if s := sum.Last; s != nil {
		info.Step, info.Tokens, info.Stage, info.Loss = s.Step, s.Tokens, s.Stage, s.Loss
	}
	if e := sum.LastEval; e != nil {
		info.ValLoss = e.Loss
	}
	for i, s := range stages {
		info.Steps += s.Steps
		info.PlanTokens += s.Tokens
		if i+1 == info.Stage {
			info.Params = s.Params
		}
	}
	return info, nil
}

// forked reads where a run was forked, which its engine wrote down; nil if it was not.
func forked(m store.Meta) *Forked {
	var options struct{ Fork *Forked }
	if err := json.Unmarshal(m.Options, &options); err != nil {
		return nil // a list of runs is not the place to say so; resuming does
	}
	return options.Fork
}

// CheckName says why a run cannot be called so.
func CheckName(name string) error {
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) || len(name) > 200 {
		return Usagef("the name is %q; it must be 1 to 200 bytes with no control characters", name)
	}
	return nil
}

// stateOf tells a run that was stopped, and said so, from one whose engine died.
func stateOf(s store.Summary) string {
	if s.State == store.Stopped && s.Ended.IsZero() {
		return Interrupted
	}
	return string(s.State)
}

// Socket is where the engine that works on a run listens; "" if none does.
func (h *Home) Socket(ctx context.Context, info Info) string {
	if !info.Live() {
		return ""
	}
	client, err := control.Dial(ctx, info.ID)
	if err != nil {
		return ""
	}
	return client.Path()
}

// Send gives a command to the engine of a live run. A *control.RefusedError is the engine's sentence; control.ErrNoEngine
// says that the run is not live.
func (h *Home) Send(ctx context.Context, id string, c control.Command) error {
	if r := h.remote(id); r != nil {
		return r.send(ctx, c)
	}
	client, err := control.Dial(ctx, id)
	if errors.Is(err, control.ErrNoEngine) {
		return fmt.Errorf("run %s is not running: %w", id, control.ErrNoEngine)
	}
	if err != nil {
		return err
	}
	return client.Send(ctx, c)
}

// makeFolder makes a folder below the data folder, with a sentence if that cannot be.
func (h *Home) makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		return nil
	}
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("cannot write in the folder %s: %w: choose another with GROWLAB_HOME", h.Dir, err)
}
