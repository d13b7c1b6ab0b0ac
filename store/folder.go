package store

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Extension ends the names of run files.
const Extension = ".growlab"

// Home is the data folder: GROWLAB_HOME, else what ChooseHome chose, else $XDG_DATA_HOME/growlab (a relative one is ignored, as the XDG base directory
// specification says), else ~/.local/share/growlab. It need not exist.
func Home() (string, error) {
	if dir := os.Getenv("GROWLAB_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := chosenHome(); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "growlab"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no data folder: set GROWLAB_HOME to one (%w)", err)
	}
	return filepath.Join(home, ".local", "share", "growlab"), nil
}

// Folder is where run files are: runs in Home.
func Folder() (string, error) {
	home, err := Home()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "runs"), nil
}

// NewID returns a fresh run id: eight letters and digits.
func NewID() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// FileName is the name of a run's file: NAME-ID.growlab. What a file name cannot bear becomes a hyphen.
func FileName(name, id string) string {
	const most = 48 // runes, so that any of them fit in the 255 bytes of a name
	clean := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._+=", r) {
			return r
		}
		return '-'
	}, strings.TrimLeft(name, "."))) // a leading dot would hide it
	if len(clean) > most {
		clean = clean[:most]
	}
	return cmp.Or(string(clean), "run") + "-" + id + Extension
}

// Entry is a run file of a folder.
type Entry struct {
	Path    string
	Meta    Meta
	Summary Summary
	Err     error // why it could not be read; then Meta and Summary are zero
	when    time.Time
}

// Paths names the run files in dir. A folder that does not exist has none.
func Paths(dir string) ([]string, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list runs in %s: %w", dir, reason(err))
	}
	var all []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), Extension) {
			all = append(all, filepath.Join(dir, f.Name()))
		}
	}
	return all, nil
}

// List reads the run files in dir, newest first; those that cannot be read say why.
func List(dir string) ([]Entry, error) {
	paths, err := Paths(dir)
	if err != nil {
		return nil, err
	}
	all := make([]Entry, len(paths))
	for i, path := range paths {
		all[i] = readEntry(path)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return b.when.Compare(a.when) })
	return all, nil
}

func readEntry(path string) Entry {
	e := Entry{Path: path}
	if info, err := os.Lstat(path); err == nil {
		e.when = info.ModTime()
	}
	r, err := OpenReader(path)
	if err != nil {
		e.Err = err
		return e
	}
	meta, err := r.Meta()
	summary, err2 := r.Summary()
	if err = errors.Join(err, err2, r.Close()); err != nil {
		e.Err = err
		return e
	}
	e.Meta, e.Summary, e.when = meta, summary, meta.Created
	return e
}

// Find returns the path of the run that a person means by text: a path, else in dir an id or its beginning, or a name.
func Find(dir, text string) (string, error) {
	if info, err := os.Stat(text); err == nil && !info.IsDir() {
		return filepath.Abs(text)
	}
	all, err := List(dir)
	if err != nil {
		return "", err
	}
	for _, is := range []func(Meta) bool{
		func(m Meta) bool { return m.ID == text },
		func(m Meta) bool { return m.Name == text },
		func(m Meta) bool { return text != "" && strings.HasPrefix(m.ID, text) },
	} {
		var found []Entry
		for _, e := range all {
			if e.Err == nil && is(e.Meta) {
				found = append(found, e)
			}
		}
		if len(found) == 1 {
			return found[0].Path, nil
		}
		if len(found) > 1 {
			return "", ambiguous(text, found)
		}
	}
	return "", faultf(os.ErrNotExist, nil, "there is no run %q: give a path, an id or a name that growlab runs list shows", text)
}

func ambiguous(text string, found []Entry) error {
	ids := make([]string, len(found))
	for i, e := range found {
		ids[i] = e.Meta.ID
	}
	return fmt.Errorf("%d runs answer to %q: give one of the ids %s", len(found), text, strings.Join(ids, ", "))
}
