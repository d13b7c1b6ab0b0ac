package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"growlab/store"
)

// TestLabel: a run is renamed and tagged, also while an engine writes it, and nothing else of it changes.
func TestLabel(t *testing.T) {
	run := newRun(t)
	run.Emit(step(1))
	must(t, store.Rename(run.Path(), "psalms"))
	must(t, store.Tag(run.Path(), []string{"good", "1m", "good"}, nil))
	must(t, store.Tag(run.Path(), []string{"seed 2"}, []string{"good", "absent"}))
	run.Emit(step(2))
	must(t, run.Close())
	r := reader(t, run.Path())
	want := testMeta
	want.Name = "psalms"
	equal(t, "meta", get[store.Meta](t)(r.Meta()), want)
	equal(t, "tags", get[[]string](t)(r.Tags()), []string{"1m", "seed 2"})
	equal(t, "steps", len(get[[]struct{}](t)(steps(r))), 2)
	if err := store.Tag(run.Path(), []string{""}, nil); err == nil {
		t.Error("an empty tag was taken")
	}
	if err := store.Rename(filepath.Join(t.TempDir(), "none.growlab"), "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func steps(r *store.Reader) ([]struct{}, error) {
	all, err := r.Steps(0, 0)
	return make([]struct{}, len(all)), err
}

// TestLabelOfAnOldFile: it has no tags, can be renamed, and gets the newest schema with its first tag, unless an engine has it.
func TestLabelOfAnOldFile(t *testing.T) {
	path := finished(t)
	alter(t, path, "DROP TABLE tag; PRAGMA user_version = 2")
	r := reader(t, path)
	if tags := get[[]string](t)(r.Tags()); len(tags) != 0 {
		t.Errorf("tags %q", tags)
	}
	must(t, store.Rename(path, "old"))
	equal(t, "name", get[store.Meta](t)(r.Meta()).Name, "old")
	must(t, store.Tag(path, []string{"old"}, nil))
	equal(t, "tags", get[[]string](t)(r.Tags()), []string{"old"})
}

// TestRemove leaves nothing of a run, and leaves alone one that an engine works on.
func TestRemove(t *testing.T) {
	run := newRun(t)
	path := run.Path()
	if err := store.Remove(path); !errors.Is(err, store.ErrBusy) {
		t.Errorf("with an engine: %v", err)
	}
	must(t, run.Close())
	must(t, store.Remove(path))
	if files := get[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path))); len(files) != 0 {
		t.Errorf("left: %v", files)
	}
	if err := store.Remove(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a second time: %v", err)
	}
}
