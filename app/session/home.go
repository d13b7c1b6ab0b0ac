package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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
	// Ask says that ssh may ask on the terminal, for a password say, when Attach connects to another machine.
	Ask bool
	// Line, if it is not nil, is told when the machine of an attached run cannot be reached for the present, and why, and with nil when it
	// can again. It is set before Watch.
	Line func(id string, why error)

	device  atomic.Pointer[string] // that Use has set
	speeds  speeds
	remotes remotes
	listed  listed
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

// CheckName says why a run cannot be called so.
func CheckName(name string) error {
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) || len(name) > 200 {
		return Usagef("the name is %q; it must be 1 to 200 bytes with no control characters", name)
	}
	return nil
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
