package store_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"growlab/store"
	"growlab/trainer/event"
)

// Readers see, at any moment, a prefix of the steps and whole checkpoints, and Save lets steps through between its chunks.
func TestReadWhileWriting(t *testing.T) {
	run := newRun(t)
	run.Emit(event.Start{Run: testMeta.ID, Stages: []event.StageInfo{stage1}})
	const saves = 4
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	writers.Go(func() {
		for n := range int64(saves) {
			if _, err := run.Save(checkpoint(n+1, 2<<20, 10)); err != nil {
				t.Error(err)
			}
		}
		close(done)
	})
	var emitted int64
	writers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			for range 10 {
				emitted++
				run.Emit(step(emitted))
			}
			if err := run.Flush(); err != nil {
				t.Error(err)
			}
		}
	})
	for range 2 {
		readers.Go(func() { watch(t, run.Path(), done) })
	}
	readers.Wait()
	writers.Wait()
	must(t, run.Close())
	if n := countSteps(t, run.Path()); int64(n) != emitted {
		t.Errorf("steps: got %d, want %d", n, emitted)
	}
	if batches := emitted / 10; batches < 2*saves {
		t.Errorf("batches of steps written during %d checkpoints of 3 chunks: got %d, want twice as many at least", saves, batches)
	}
}

func watch(t *testing.T, path string, done <-chan struct{}) {
	r, err := store.OpenReader(path)
	if err != nil {
		t.Error(err)
		return
	}
	var seen int64
	for {
		steps, err := r.Steps(seen, 0)
		_, fault := r.Summary()
		if err := errors.Join(err, fault); err != nil {
			t.Error(err)
		}
		for _, s := range steps {
			if seen++; s != step(seen) {
				t.Errorf("got %+v, want step %d", s, seen)
			}
		}
		last, err := r.LatestCheckpoint()
		if err == nil {
			var c store.Checkpoint
			c, err = r.LoadCheckpoint(last.ID)
			if err == nil && (len(c.Tensors) != 2 || c.Step != last.Step) {
				t.Errorf("checkpoint %d: got %d tensors at step %d", last.ID, len(c.Tensors), c.Step)
			}
		}
		if err != nil && !errors.Is(err, store.ErrNoCheckpoint) {
			t.Error(err)
		}
		select {
		case <-done:
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

func TestStateFollowsEvents(t *testing.T) {
	run := newRun(t)
	r := reader(t, run.Path())
	for _, c := range []struct {
		event event.Event
		state store.State
	}{
		{event.Start{}, store.Running},
		{event.Paused{}, store.Paused},
		{event.Resumed{}, store.Running},
		{event.Ended{State: "stopped"}, store.Stopped},
		{event.Start{Resumed: 9}, store.Running},
		{event.Ended{State: "failed", Error: "diverged"}, store.Failed},
		{event.Start{Resumed: 9}, store.Running},
		{event.Ended{State: "done"}, store.Done},
	} {
		run.Emit(c.event)
		must(t, run.Flush())
		if got := get[store.State](t)(r.State()); got != c.state {
			t.Errorf("after %+v: got %q, want %q", c.event, got, c.state)
		}
		s := get[store.Summary](t)(r.Summary())
		if _, ended := c.event.(event.Ended); ended == s.Ended.IsZero() {
			t.Errorf("after %+v: ended at %v", c.event, s.Ended)
		}
		if (s.Error != "") != (c.state == store.Failed) {
			t.Errorf("after %+v: error %q", c.event, s.Error)
		}
	}
	must(t, run.Close())
}

// A diverged run has numbers that are not numbers; they are kept as such and block nothing.
func TestNotANumber(t *testing.T) {
	run := newRun(t)
	bad := step(1)
	bad.Loss, bad.GradNorm = math.NaN(), math.Inf(1)
	run.Emit(bad)
	run.Emit(event.Eval{Step: 1, Loss: math.NaN(), BitsPerByte: math.Inf(1)})
	run.Emit(event.Ended{State: "failed", Step: 1, Loss: math.NaN()})
	must(t, run.Close())
	r := reader(t, run.Path())
	got := get[[]event.Step](t)(r.Steps(0, 0))[0]
	if !math.IsNaN(got.Loss) || !math.IsInf(got.GradNorm, 1) || got.LR != bad.LR {
		t.Errorf("step: got %+v, want %+v", got, bad)
	}
	if e := get[[]event.Eval](t)(r.Evals())[0]; !math.IsNaN(e.Loss) {
		t.Errorf("eval: got loss %v, want NaN", e.Loss)
	}
	journal := get[[]store.Journalled](t)(r.Events(0))
	if e, ok := journal[1].Event.(event.Ended); !ok || !math.IsNaN(e.Loss) || e.FLOPs != 0 {
		t.Errorf("journal: got %+v, want loss NaN and no FLOPs", journal[1].Event)
	}
	if s := get[store.Summary](t)(r.Summary()); s.BestEval != nil {
		t.Errorf("best evaluation: got %+v, want none", s.BestEval)
	}
}

func TestQuery(t *testing.T) {
	r := reader(t, finished(t))
	columns, rows, err := r.Query("SELECT step, loss, 'x' AS text, NULL, x'0102' FROM step WHERE step > 1;\n")
	must(t, err)
	equal(t, "columns", columns, []string{"step", "loss", "text", "NULL", "x'0102'"})
	n := 0
	for row, err := range rows {
		must(t, err)
		equal(t, "row", row, []any{int64(2), step(2).Loss, "x", nil, []byte{1, 2}})
		n++
	}
	if n != 1 {
		t.Errorf("rows: got %d, want 1", n)
	}
	for _, text := range []string{
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n",
		"PRAGMA table_info(step)", "SELECT sql FROM sqlite_schema", "SELECT json ->> 'loss' FROM event", "PRAGMA user_version",
	} {
		_, found, err := r.Query(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		n := 0
		for _, err := range found {
			must(t, err)
			n++
		}
		if n == 0 {
			t.Errorf("%s: got no rows", text)
		}
	}
	_, rows, err = r.Query("SELECT step FROM step")
	must(t, err)
	for _, err := range rows { // leaving early frees the connection
		must(t, err)
		break
	}
}

func TestQueryOnlyReads(t *testing.T) {
	path := finished(t)
	r := reader(t, path)
	other := filepath.Join(t.TempDir(), "other.db")
	for _, text := range []string{
		"DELETE FROM step", "UPDATE run SET name = 'x'", "INSERT INTO stage (stage) VALUES (9)", "DROP TABLE step", "CREATE TABLE x (y)",
		"CREATE TEMP TABLE x (y)", "VACUUM INTO '" + other + "'", "ATTACH '" + other + "' AS other", "PRAGMA query_only=0",
		"PRAGMA user_version=9", "PRAGMA journal_mode=DELETE", "PRAGMA wal_checkpoint", "BEGIN IMMEDIATE", "SELECT 1; DELETE FROM step",
		"SELECT load_extension('x')",
	} {
		_, rows, err := r.Query(text)
		if err == nil {
			for _, e := range rows {
				err = errors.Join(err, e)
			}
		}
		if err == nil || (!errors.Is(err, store.ErrReadOnly) && !strings.Contains(text, "load_extension")) {
			t.Errorf("%s: got %v, want ErrReadOnly", text, err)
		}
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a query made a file")
	}
	for text, says := range map[string]string{"": "query: the SQL text is empty", "SELEC 1": `query: near "SELEC": syntax error`} {
		if _, _, err := r.Query(text); err == nil || err.Error() != says {
			t.Errorf("%q: got %v, want %s", text, err, says)
		}
	}
	if n := len(get[[]event.Step](t)(r.Steps(0, 0))); n != 2 {
		t.Errorf("steps: got %d, want 2", n)
	}
}

// A run file on a medium that cannot be written can be read.
func TestReadOnlyFolder(t *testing.T) {
	path := finished(t)
	dir := filepath.Dir(path)
	must(t, os.Chmod(path, 0o444))
	must(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { must(t, os.Chmod(dir, 0o755)) })
	r := reader(t, path)
	if n := len(get[[]event.Step](t)(r.Steps(0, 0))); n != 2 {
		t.Errorf("steps: got %d, want 2", n)
	}
	_, rows, err := r.Query("SELECT count(*) FROM checkpoint")
	must(t, err)
	for row, err := range rows {
		must(t, err)
		equal(t, "checkpoints", fmt.Sprint(row), "[2]")
	}
}
