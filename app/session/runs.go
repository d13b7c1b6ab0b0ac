package session

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"growlab/store"
)

// settled is for how long a run file must have been left alone before what it said is taken for what it says: longer than
// file systems' clocks tick.
const settled = 2 * time.Second

// listed remembers what files said on which no engine works. A window asks every second, and most runs are over.
type listed struct {
	sync.Mutex
	of map[string]remembered
}

type remembered struct {
	stamp stamp
	info  Info
}

// stamp changes when a run file does.
type stamp struct {
	size, wal int64
	time      time.Time
}

// Runs lists all runs, newest first. A run file that cannot be read is listed as failed, and Error says why.
func (h *Home) Runs() ([]Info, error) {
	paths, err := store.Paths(h.RunFolder())
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(paths))
	h.listed.Lock()
	defer h.listed.Unlock()
	known := h.listed.of
	h.listed.of = map[string]remembered{} // forgets files that are gone
	for i, path := range paths {
		mark, still := stampOf(path)
		if old, ok := known[path]; still && ok && old.stamp == mark {
			infos[i], h.listed.of[path] = old.info, old
			continue
		}
		var err error
		if infos[i], err = entry(path, mark.time); err == nil && still {
			h.listed.of[path] = remembered{mark, infos[i]}
		}
	}
	slices.SortStableFunc(infos, func(a, b Info) int { return b.Created.Compare(a.Created) })
	return append(h.attached(), infos...), nil
}

// stampOf is the stamp of a run file, and whether nobody has worked on it lately.
func stampOf(path string) (stamp, bool) {
	_, busy := store.Busy(path) // before the stamp: who begins after this changes it
	file, err := os.Stat(path)
	if err != nil {
		return stamp{}, false
	}
	s := stamp{size: file.Size(), time: file.ModTime()}
	if wal, err := os.Stat(path + "-wal"); err == nil {
		s.wal = wal.Size()
		if wal.ModTime().After(s.time) {
			s.time = wal.ModTime()
		}
	}
	return s, !busy && time.Since(s.time) > settled
}

// entry is what the list shows of a run file, also of one that cannot be read, which was last written to at changed; the error is
// why.
func entry(path string, changed time.Time) (Info, error) {
	info, err := describe(path)
	if err == nil {
		return info, nil
	}
	name := filepath.Base(path)
	return Info{ID: name, Name: name, File: path, State: Failed, Created: changed, Error: err.Error()}, err
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

// stateOf tells a run that was stopped, and said so, from one whose engine died.
func stateOf(s store.Summary) string {
	if s.State == store.Stopped && s.Ended.IsZero() {
		return Interrupted
	}
	return string(s.State)
}
