package store

import (
	"database/sql"
	"errors"
	"os"
	"time"

	"growlab/trainer/event"
)

// Summary is what a list of runs shows.
type Summary struct {
	State       State
	Engine      int    // process id of the engine that has the run open, 0 if none (or it has not said yet)
	Error       string // why it failed
	Created     time.Time
	Ended       time.Time   // zero while it has not
	Last        *event.Step // nil before the first, as the evaluations are
	LastEval    *event.Eval
	BestEval    *event.Eval // the lowest loss
	Evals       int64
	Samples     int64
	Checkpoints int64
	Bytes       int64 // of the file
}

// State returns where the run stands. A run whose engine died is stopped, whatever the engine last wrote.
func (r *Reader) State() (State, error) {
	var s State
	if err := r.db.QueryRow(`SELECT state FROM run`).Scan(&s); err != nil {
		return "", explain(r.path, err)
	}
	if _, busy := Busy(r.path); !busy && (s == Running || s == Paused) {
		return Stopped, nil
	}
	return s, nil
}

// Summary returns the summary of the run; it costs a few look-ups, also for long runs.
func (r *Reader) Summary() (Summary, error) {
	var s Summary
	var created int64
	var ended sql.NullInt64
	err := r.db.QueryRow(`SELECT error, created_ms, ended_ms, (SELECT count(*) FROM eval),
		(SELECT count(*) FROM sample), (SELECT count(*) FROM checkpoint) FROM run`).
		Scan(&s.Error, &created, &ended, &s.Evals, &s.Samples, &s.Checkpoints)
	if err != nil {
		return s, explain(r.path, err)
	}
	s.Created = time.UnixMilli(created)
	if ended.Valid {
		s.Ended = time.UnixMilli(ended.Int64)
	}
	s.Engine, _ = Busy(r.path)
	var fail [5]error
	s.State, fail[0] = r.State()
	s.Last, fail[1] = one(r, stepRow, `SELECT `+stepColumns+` FROM step ORDER BY step DESC LIMIT 1`)
	s.LastEval, fail[2] = one(r, scanEval, `SELECT `+evalColumns+` FROM eval ORDER BY event DESC LIMIT 1`)
	s.BestEval, fail[3] = one(r, scanEval, `SELECT `+evalColumns+` FROM eval WHERE loss IS NOT NULL ORDER BY loss, event LIMIT 1`)
	s.Bytes, fail[4] = size(r.path)
	return s, errors.Join(fail[:]...)
}

func one[T any](r *Reader, scan func(*sql.Rows) (T, error), query string) (*T, error) {
	all, err := rows(r, scan, query)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
