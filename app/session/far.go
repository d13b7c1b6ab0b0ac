package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"growlab/store"
)

// Far is a run of another machine that is attached here. What is asked of it is done by growlab there, through ssh.
type Far struct{ *remote }

// FarCourse is where a run stands and what lies ahead of it, as growlab remote course prints it.
type FarCourse struct {
	FarRecipe       // as edited until now
	Step      int64 `json:"step"`
	Tokens    int64 `json:"tokens"`
	Edits     int   `json:"edits"`
}

// FarRecipe is a recipe and the path of its text there, "" for the embedded one, as growlab remote recipe prints them.
type FarRecipe struct {
	Name   string `json:"name"`
	Recipe string `json:"recipe"` // TOML
	Data   string `json:"data,omitempty"`
}

// Far is the run of another machine that has an id here; nil if id is of a run of this one.
func (h *Home) Far(id string) *Far {
	if r := h.remote(id); r != nil {
		return &Far{r}
	}
	return nil
}

// Lost is why the machine cannot be reached at present; nil if it can, or if nobody has tried.
func (f *Far) Lost() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

// Host is the machine that the run is on, as ssh takes it.
func (f *Far) Host() string { return f.host }

// ID is the id of the run on its machine.
func (f *Far) ID() string { return f.id }

// Course is where the run stands.
func (f *Far) Course(ctx context.Context) (c FarCourse, err error) {
	return c, f.ask(ctx, &c, "remote", "course", f.id)
}

// Recipe is what the run began with, or the recipe of a rival of it, one of growth.Rivals.
func (f *Far) Recipe(ctx context.Context, rival string) (r FarRecipe, err error) {
	return r, f.ask(ctx, &r, "remote", "recipe", "--rival="+rival, f.id)
}

// Copy fetches a copy of a run that is done, with its curves and its journal and without checkpoints, for as long as the run is
// attached. What it says of the run is as the list has it, but for the file.
func (f *Far) Copy(ctx context.Context) (Info, error) {
	info := f.listed()
	if info.State != Done {
		if _, err := f.show(ctx); err != nil {
			return info, err
		}
		info = f.listed()
	}
	dir, err := f.copyFolder()
	if err != nil {
		return info, fmt.Errorf("copy %s: %w", f.name(), err)
	}
	path := filepath.Join(dir, f.id+store.Extension)
	if _, err := os.Stat(path); err != nil {
		out, err := f.run(ctx, "remote", "copy", f.id)
		if err != nil {
			return info, fmt.Errorf("copy %s: %w", f.name(), err)
		}
		if err := os.WriteFile(path, after(out, runFileMagic), 0o600); err != nil {
			return info, fmt.Errorf("copy %s: %w", f.name(), err)
		}
	}
	info.File = path
	return info, nil
}

// copyFolder is a temporary folder for the copy, which goes with the run.
func (r *remote) copyFolder() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.copied == "" {
		dir, err := os.MkdirTemp("", "growlab-copy-")
		if err != nil {
			return "", err
		}
		r.copied = dir
	}
	return r.copied, nil
}

// runFileMagic is how a run file begins, and jsonStart how a JSON object or list does: before that may stand what the shell there says to
// everybody.
var runFileMagic, jsonStart = []string{"SQLite format 3\x00"}, []string{"{", "["}

// after is text from the first line on that begins with one of some words; all of it if none does.
func after(text []byte, begin []string) []byte {
	for rest := text; len(rest) > 0; {
		for _, b := range begin {
			if bytes.HasPrefix(rest, []byte(b)) {
				return rest
			}
		}
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		rest = rest[i+1:]
	}
	return text
}

// ask reads what growlab there prints as one JSON object.
func (r *remote) ask(ctx context.Context, into any, args ...string) error {
	out, err := r.run(ctx, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(after(out, jsonStart), into); err != nil {
		return r.noAnswer()
	}
	return nil
}

func (r *remote) noAnswer() error {
	return fmt.Errorf("growlab on %s gave no answer that this one understands; install the same version there", r.host)
}

// resume starts an engine there.
func (r *remote) resume(ctx context.Context) (Info, error) {
	var info Info
	if err := r.ask(ctx, &info, "remote", "resume", r.id); err != nil {
		return info, err
	}
	r.found(info)
	return r.listed(), nil
}

// forkFar makes a fork there, and attaches to it.
func (h *Home) forkFar(ctx context.Context, r *remote, f Fork) (Info, error) {
	verb := "fork"
	if f.Revert {
		verb = "revert"
	}
	f.Run = r.id
	var info Info
	if err := r.ask(ctx, &info, append([]string{"remote", verb}, f.Args()...)...); err != nil {
		return info, err
	}
	return h.Attach(ctx, r.host+":"+info.ID)
}

func (r *remote) checkpoints(ctx context.Context) (all []Saved, err error) {
	return all, r.ask(ctx, &all, "runs", "checkpoints", "--json", r.id)
}

// label changes how the run is called or tagged there.
func (r *remote) label(ctx context.Context, args ...string) (Info, error) {
	if _, err := r.run(ctx, append([]string{"runs"}, args...)...); err != nil {
		return Info{}, err
	}
	_, err := r.show(ctx)
	return r.listed(), err
}

func (r *remote) tag(ctx context.Context, add, remove []string) (Info, error) {
	args := append([]string{"tag", r.id, "--"}, add...)
	for _, t := range remove {
		args = append(args, "-"+t)
	}
	return r.label(ctx, args...)
}

// weigh is the bytes that deleting the run frees there; 0 if that cannot be asked.
func (r *remote) weigh(ctx context.Context) int64 {
	out, err := r.run(ctx, "remote", "weigh", r.id)
	if err != nil {
		return 0
	}
	said := strings.TrimSpace(string(out))
	n, err := strconv.ParseInt(said[strings.LastIndexByte(said, '\n')+1:], 10, 64) // the shell there may have spoken first
	if err != nil {
		return 0
	}
	return n
}

// removeFar deletes the run there, and takes it off the list.
func (h *Home) removeFar(ctx context.Context, r *remote) (freed int64, err error) {
	freed = r.weigh(ctx)
	if _, err := r.run(ctx, "runs", "rm", "--yes", r.id); err != nil {
		return 0, err
	}
	return freed, h.Leave(r.name())
}

// Leave takes a run of another machine off the list, where it goes on as it did.
func (h *Home) Leave(id string) error {
	r := h.remote(id)
	if r == nil {
		return errors.New("run " + id + " is of this machine; it can only be deleted")
	}
	h.remotes.mu.Lock()
	h.remotes.list = slices.DeleteFunc(h.remotes.list, func(o *remote) bool { return o == r })
	last := !slices.ContainsFunc(h.remotes.list, func(o *remote) bool { return o.line == r.line })
	if last {
		delete(h.remotes.lines, r.host)
	}
	h.remotes.mu.Unlock()
	r.close()
	if last {
		r.line.close()
	}
	return nil
}
