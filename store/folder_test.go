package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"growlab/store"
)

func TestHome(t *testing.T) {
	for _, c := range []struct{ name, growlab, xdg, want string }{
		{"own variable", "/srv/lab", "/xdg", "/srv/lab"},
		{"XDG", "", "/xdg", "/xdg/growlab"},
		{"relative XDG is ignored", "", "xdg", "/home/ada/.local/share/growlab"},
		{"default", "", "", "/home/ada/.local/share/growlab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GROWLAB_HOME", c.growlab)
			t.Setenv("XDG_DATA_HOME", c.xdg)
			t.Setenv("HOME", "/home/ada")
			equal(t, "home", get[string](t)(store.Home()), c.want)
			equal(t, "folder", get[string](t)(store.Folder()), c.want+"/runs")
		})
	}
	t.Setenv("GROWLAB_HOME", "")
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "")
	if _, err := store.Home(); err == nil || !strings.Contains(err.Error(), "set GROWLAB_HOME") {
		t.Errorf("without any: got %v, want it to name GROWLAB_HOME", err)
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"king james":              "king-james-id.growlab",
		"../../etc/passwd":        "-..-etc-passwd-id.growlab",
		"":                        "run-id.growlab",
		"Größe 2":                 "Größe-2-id.growlab",
		"a\x00b\n/":               "a-b---id.growlab",
		strings.Repeat("x", 1000): strings.Repeat("x", 48) + "-id.growlab",
	} {
		if got := store.FileName(name, "id"); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if a, b := store.NewID(), store.NewID(); len(a) != 8 || a == b {
		t.Errorf("ids: got %q and %q, want two of 8 characters", a, b)
	}
}

// folderOfRuns has three sound runs, two of one name, and two files that are none.
func folderOfRuns(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "runs[1]*")
	for i, c := range []struct{ id, name string }{{"aaaa1111", "psalms"}, {"aaaa2222", "psalms"}, {"bbbb3333", "job"}} {
		m := testMeta
		m.ID, m.Name = c.id, c.name
		m.Created = time.Now().Add(time.Duration(i-100) * time.Hour)
		run := get[*store.Run](t)(store.Create(filepath.Join(dir, store.FileName(m.Name, m.ID)), m))
		must(t, run.Close())
	}
	must(t, os.WriteFile(filepath.Join(dir, "notes.growlab"), []byte("not a database, but named like one"), 0o644))
	must(t, os.Symlink("nowhere", filepath.Join(dir, "gone.growlab")))
	must(t, os.WriteFile(filepath.Join(dir, "readme.txt"), nil, 0o644))
	return dir
}

func TestList(t *testing.T) {
	var sound, broken []string
	for _, e := range get[[]store.Entry](t)(store.List(folderOfRuns(t))) {
		if e.Err != nil {
			broken = append(broken, filepath.Base(e.Path))
			continue
		}
		sound = append(sound, e.Meta.ID)
		if e.Summary.State != store.Stopped || e.Path == "" {
			t.Errorf("entry: got %+v", e)
		}
	}
	equal(t, "sound, newest first", sound, []string{"bbbb3333", "aaaa2222", "aaaa1111"})
	if len(broken) != 2 {
		t.Errorf("broken: got %v, want notes and gone", broken)
	}
	none := get[[]store.Entry](t)(store.List(filepath.Join(t.TempDir(), "nowhere")))
	if len(none) != 0 {
		t.Errorf("a folder that does not exist: got %v", none)
	}
}

func TestFind(t *testing.T) {
	dir := folderOfRuns(t)
	job := filepath.Join(dir, "job-bbbb3333.growlab")
	for _, text := range []string{"bbbb3333", "job", "bb", job} {
		equal(t, text, get[string](t)(store.Find(dir, text)), job)
	}
	for text, says := range map[string]string{
		"psalms": `2 runs answer to "psalms": give one of the ids aaaa2222, aaaa1111`,
		"aaaa":   `2 runs answer to "aaaa": give one of the ids aaaa2222, aaaa1111`,
		"exodus": `there is no run "exodus": give a path, an id or a name that growlab runs list shows`,
		"":       `there is no run "": give a path, an id or a name that growlab runs list shows`,
	} {
		if _, err := store.Find(dir, text); err == nil || err.Error() != says {
			t.Errorf("%q:\n got %v\nwant %s", text, err, says)
		}
	}
	if _, err := store.Find(dir, "exodus"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such run: got %v, want fs.ErrNotExist", err)
	}
}
