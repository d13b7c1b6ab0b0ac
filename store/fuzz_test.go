package store_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"growlab/store"
)

// FuzzDamage overwrites bytes of a run file (edits: 4 bytes of position, 1 byte of value, again and again) and cuts some off
// its end. Whatever is then wrong with it, reading it ends, without a panic, and a checkpoint that loads is the one saved.
func FuzzDamage(f *testing.F) {
	whole := get[[]byte](f)(os.ReadFile(finished(f)))
	want := []store.Checkpoint{checkpoint(1, 5, 3000, 0, 100), checkpoint(2, 5, 3000, 0, 100)}
	f.Add([]byte{0, 0, 0, 18, 1}, uint32(0))
	f.Add([]byte{0, 1, 0, 0, 255, 0, 2, 0, 9, 3}, uint32(0))
	f.Add([]byte{}, uint32(5000))
	f.Add([]byte{0, 0, 0, 103, 200, 0, 0, 0, 32, 1}, uint32(1))
	f.Fuzz(func(t *testing.T, edits []byte, cut uint32) {
		data := append([]byte(nil), whole...)
		for ; len(edits) >= 5; edits = edits[5:] {
			data[int(binary.BigEndian.Uint32(edits))%len(data)] = edits[4]
		}
		data = data[:len(data)-int(cut)%len(data)]
		path := filepath.Join(t.TempDir(), "x.growlab")
		must(t, os.WriteFile(path, data, 0o644))
		readAll(t, path, want)
		run, err := store.OpenWriter(path)
		if err != nil {
			return
		}
		run.Emit(step(3))
		_, _ = run.Save(checkpoint(3, 10))
		_ = run.TrimAfter(1)
		_ = run.Close()
	})
}

// readAll reads all there is; errors are expected.
func readAll(t *testing.T, path string, want []store.Checkpoint) {
	r, err := store.OpenReader(path)
	if err != nil {
		return
	}
	for i, c := range want {
		got, err := r.LoadCheckpoint(int64(i + 1))
		got.Reason, got.Pinned = c.Reason, c.Pinned // not part of what resuming needs, not under the checksum
		if err == nil && !reflect.DeepEqual(got, c) {
			t.Errorf("checkpoint %d loads, but is not what was saved", i+1)
		}
	}
	_, _ = r.Meta()
	_, _ = r.Summary()
	_, _ = r.Steps(0, 0)
	_, _ = r.Evals()
	_, _ = r.Events(0)
	_, _ = r.Samples()
	_, _ = r.Stages()
	_, _ = r.Checkpoints()
	must(t, r.Close())
}
