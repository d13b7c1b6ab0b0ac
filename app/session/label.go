package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"growlab/store"
)

// Rename changes the name of a run, also while it trains. Its file and its curve keep theirs.
func (h *Home) Rename(run, name string) (Info, error) {
	if err := CheckName(name); err != nil {
		return Info{}, err
	}
	if r := h.remote(run); r != nil {
		return r.label(context.Background(), "rename", "--", r.id, name)
	}
	return h.labelled(run, func(path string) error { return store.Rename(path, name) })
}

// Tag gives a run words to be sorted by, and takes some from it.
func (h *Home) Tag(run string, add, remove []string) (Info, error) {
	for _, t := range add {
		if t == "" || len(t) > 50 || strings.ContainsFunc(t, func(r rune) bool { return r == ',' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return Info{}, Usagef("the tag is %q; it must be a word of at most 50 bytes without commas", t)
		}
	}
	if r := h.remote(run); r != nil {
		return r.tag(context.Background(), add, remove)
	}
	return h.labelled(run, func(path string) error { return store.Tag(path, add, remove) })
}

func (h *Home) labelled(run string, change func(path string) error) (Info, error) {
	path, err := store.Find(h.RunFolder(), run)
	if err == nil {
		err = change(path)
	}
	if err != nil {
		return Info{}, err
	}
	return describe(path)
}

// Weight is the bytes that Remove of a run frees.
func (h *Home) Weight(info Info) int64 {
	if r := h.remote(info.ID); r != nil {
		return r.weigh(context.Background())
	}
	var n int64
	for _, path := range h.filesOf(info) {
		if f, err := os.Stat(path); err == nil {
			n += f.Size()
		}
	}
	return n
}

// filesOf are the files of a run; any but the first may be missing.
func (h *Home) filesOf(info Info) []string {
	return []string{
		info.File, info.File + "-wal", info.File + "-shm",
		strings.TrimSuffix(info.File, store.Extension) + ".png", // the curve, as engine.PicturePath has it
		h.LogFile(info.ID),
	}
}

// Remove deletes a run with its curve and its log for ever, and returns the bytes that this freed. One that an engine works on stays.
func (h *Home) Remove(info Info) (freed int64, err error) {
	if r := h.remote(info.ID); r != nil {
		return h.removeFar(context.Background(), r)
	}
	freed = h.Weight(info)
	awaitLeft(info.File)
	err = store.Remove(info.File)
	if errors.Is(err, store.ErrBusy) {
		return 0, fmt.Errorf("run %s trains; stop it before you delete it: %w", info.ID, err)
	}
	if err != nil {
		return 0, err
	}
	for _, path := range h.filesOf(info)[3:] {
		if e := os.Remove(path); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("run %s is deleted, but not %s: %w", info.ID, filepath.Base(path), e))
		}
	}
	return freed, err
}
