package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"growlab/store"
)

// Every file that is not a sound run file gets its sentence, from readers and engines alike, and nothing is left beside it.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		kind error
		says string
	}{
		{
			"missing", func(t *testing.T, path string) { must(t, os.Remove(path)) },
			fs.ErrNotExist, "there is no run file PATH",
		},
		{
			"folder", func(t *testing.T, path string) { must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o755))) },
			store.ErrNotOurs, "PATH is a folder, not a Growlab run file",
		},
		{
			"empty", func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
			store.ErrNotOurs, "PATH is not a Growlab run file (its application id is 0x0, not 0x47724c62): name a file that ends in .growlab",
		},
		{
			"text", func(t *testing.T, path string) {
				must(t, os.WriteFile(path, bytes.Repeat([]byte("In the beginning "), 999), 0o644))
			},
			store.ErrNotOurs, "PATH is not a Growlab run file (nor any SQLite database): name a file that ends in .growlab",
		},
		{
			"foreign database", func(t *testing.T, path string) {
				must(t, os.Remove(path))
				alter(t, path, "PRAGMA user_version=1; CREATE TABLE run (id); INSERT INTO run VALUES (1)")
			},
			store.ErrNotOurs, "PATH is not a Growlab run file (its application id is 0x0, not 0x47724c62): name a file that ends in .growlab",
		},
		{
			"newer", func(t *testing.T, path string) { alter(t, path, "PRAGMA user_version=7") },
			store.ErrNewer, "PATH was written by a newer Growlab (schema 7; this one knows up to 3): update Growlab",
		},
		{
			"truncated", func(t *testing.T, path string) { must(t, os.Truncate(path, 3*8192)) },
			store.ErrDamaged, "the run file PATH is damaged (database disk image is malformed): restore it from a copy",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := finished(t)
			c.make(t, path)
			want := strings.ReplaceAll(c.says, "PATH", path)
			_, err := store.OpenReader(path)
			if !errors.Is(err, c.kind) || err.Error() != want {
				t.Errorf("OpenReader:\n got %v\nwant %s", err, want)
			}
			_, err = store.OpenWriter(path)
			if !errors.Is(err, c.kind) || err.Error() != want {
				t.Errorf("OpenWriter:\n got %v\nwant %s", err, want)
			}
			if files := get[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path))); len(files) > 1 {
				t.Errorf("files left: %v", files)
			}
		})
	}
}

// What is wrong in a checkpoint is found when it is loaded; the others stay good.
func TestDamagedCheckpoint(t *testing.T) {
	for _, c := range []struct{ name, sql, says string }{
		{"flipped bit", `UPDATE tensor_chunk SET data = CAST(x'01' || substr(data, 2) AS BLOB) WHERE checkpoint = 2 AND seq = 1`, "its checksum is"},
		{"renamed", `UPDATE tensor_chunk SET name = 'layer.z' WHERE checkpoint = 2 AND seq = 1`, "its checksum is"},
		{"missing chunk", `DELETE FROM tensor_chunk WHERE checkpoint = 2 AND seq = 3`, "3 chunks of 12020 bytes together, not 4 of 12420"},
		{"shortened chunk", `UPDATE tensor_chunk SET data = substr(data, 1, 8) WHERE checkpoint = 2 AND seq = 1`, "4 chunks of 428 bytes"},
		{"huge total", `UPDATE tensor_chunk SET total = 1 << 60 WHERE checkpoint = 2 AND seq = 0`, "its checksum is"},
		{"chunk of another", `UPDATE tensor_chunk SET (data, sum) = (SELECT data, sum FROM tensor_chunk WHERE checkpoint = 1 AND seq = 1)
			WHERE checkpoint = 2 AND seq = 1`, "its checksum is"},
		{"meta", `UPDATE checkpoint SET meta = x'7b7d' WHERE id = 2`, "its checksum is"},
		{"step", `UPDATE checkpoint SET step = 3 WHERE id = 2`, "its checksum is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := finished(t)
			alter(t, path, c.sql)
			r := reader(t, path)
			got, err := r.LoadCheckpoint(2)
			if !errors.Is(err, store.ErrDamaged) || len(got.Tensors) > 0 {
				t.Fatalf("got %v with %d tensors, want ErrDamaged without", err, len(got.Tensors))
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "checkpoint 2 of the run file "+path+" is damaged") {
				t.Errorf("got %q, want it to say %q", err, c.says)
			}
			equal(t, "older checkpoint", get[store.Checkpoint](t)(r.LoadCheckpoint(1)), checkpoint(1, 5, 3000, 0, 100))
		})
	}
}

func TestNoCheckpoint(t *testing.T) {
	run := newRun(t)
	r := reader(t, run.Path())
	if _, err := r.LatestCheckpoint(); !errors.Is(err, store.ErrNoCheckpoint) {
		t.Errorf("latest: got %v, want ErrNoCheckpoint", err)
	}
	if _, err := r.LoadCheckpoint(4); !errors.Is(err, store.ErrNoCheckpoint) {
		t.Errorf("load: got %v, want ErrNoCheckpoint", err)
	}
	must(t, run.Close())
}

func TestSaveRefusesTwinNames(t *testing.T) {
	run := newRun(t)
	twins := store.Checkpoint{Step: 3, Tensors: []store.Tensor{{Name: "wte"}, {Name: "wte"}}}
	_, err := run.Save(twins)
	if want := `checkpoint at step 3: tensor "wte" is given twice`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	must(t, run.Close())
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o644))
	locked := filepath.Join(dir, "locked")
	must(t, os.Mkdir(locked, 0o555))
	for _, c := range []struct {
		name, path, says string
		root             bool // whether it holds for root too
	}{
		{"below a file", filepath.Join(file, "x", "a.growlab"), "cannot write in the folder " + file + "/x: not a directory: choose another with GROWLAB_HOME", true},
		{"in a file", filepath.Join(file, "a.growlab"), "cannot write in the folder " + file + ": not a directory: choose another with GROWLAB_HOME", true},
		{"on a file", file, "create run file: " + file + " exists already: choose another name", true},
		{"in a locked folder", filepath.Join(locked, "a.growlab"), "cannot write in the folder " + locked + ": permission denied: choose another with GROWLAB_HOME", false},
		{"in proc", "/proc/growlab/a.growlab", "cannot write in the folder /proc/growlab: no such file or directory: choose another with GROWLAB_HOME", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !c.root && os.Getuid() == 0 {
				t.Skip("root may write in every folder")
			}
			_, err := store.Create(c.path, testMeta)
			if err == nil || err.Error() != c.says {
				t.Errorf("\n got %v\nwant %s", err, c.says)
			}
		})
	}
	if files := get[[]os.DirEntry](t)(os.ReadDir(dir)); len(files) != 2 {
		t.Errorf("files left: %v", files)
	}
	if _, err := store.Create(filepath.Join(dir, "b.growlab"), store.Meta{}); err == nil {
		t.Error("a run without an id: got no error")
	}
}

// A draft that a killed engine left is not in the way.
func TestCreateOverOldDraft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.growlab")
	must(t, os.WriteFile(path+".new", []byte("half"), 0o644))
	must(t, os.WriteFile(path+".new-wal", []byte("half"), 0o644))
	must(t, os.WriteFile(path+".lock", []byte("999999\n"), 0o644))
	run := get[*store.Run](t)(store.Create(path, testMeta))
	must(t, run.Close())
	if files := get[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path))); len(files) != 1 {
		t.Errorf("files left: %v", files)
	}
}
