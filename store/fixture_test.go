package store_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

var testMeta = store.Meta{
	ID: "k3p5vv2a", Name: "king james", RecipeName: "flm-1m", Recipe: "[run]\ntokens = \"3M\"\n", Seed: 1<<63 + 7,
	DataName: "kjv", DataHash: "sha256:00ff", DataPath: "/data/kjv.txt", Version: "0.1.0", Device: "cpu", Threads: 2,
	Options: json.RawMessage(`{"set":["train.batch=4096"]}`), Parent: "aaaaaaaa",
	Created: time.UnixMilli(1_764_000_000_123),
}

// newRun creates a run file in a fresh folder; the test ends with closing it.
func newRun(t testing.TB) *store.Run {
	t.Helper()
	r, err := store.Create(filepath.Join(t.TempDir(), "a run%3f #1?.growlab"), testMeta)
	must(t, err)
	return r
}

func reader(t testing.TB, path string) *store.Reader {
	t.Helper()
	r, err := store.OpenReader(path)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get is must for a call with a result.
func get[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func step(n int64) event.Step {
	f := float64(n)
	return event.Step{
		Step: n, Tokens: 4096 * n, Stage: 1 + int(n/100), Loss: 5.5 / (1 + f), LR: 1e-3 / f, GradNorm: 0.1 * f, Mask: 1 / f,
		TokensPerSec: 60000 + f, FLOPs: 1e9 * f, Seconds: 0.07 * f,
	}
}

// checkpoint makes a checkpoint whose content follows from its step.
func checkpoint(n int64, sizes ...int) store.Checkpoint {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	c := store.Checkpoint{Step: n, Tokens: 4096 * n, Stage: 1, Reason: "cadence", Meta: []byte(`{"rng":[1,2]}`)}
	for i, size := range sizes {
		data := make([]float32, size)
		for j := range data {
			data[j] = rng.Float32() - 0.5
		}
		c.Tensors = append(c.Tensors, store.Tensor{Name: "layer." + string(rune('a'+i)), Data: data})
	}
	return c
}

// alter changes a closed run file behind the back of the package.
func alter(t testing.TB, path, text string) {
	t.Helper()
	file := url.URL{Scheme: "file", Path: path}
	db := get[*sql.DB](t)(sql.Open("sqlite3", file.String()))
	_, err := db.Exec(text)
	must(t, errors.Join(err, db.Close()))
}

// finished is a closed run file with steps, an evaluation and checkpoints.
func finished(t testing.TB) string {
	t.Helper()
	run := newRun(t)
	for _, e := range allKinds {
		run.Emit(e)
	}
	for n := range int64(2) {
		get[int64](t)(run.Save(checkpoint(n+1, 5, 3000, 0, 100)))
	}
	must(t, run.Close())
	return run.Path()
}
