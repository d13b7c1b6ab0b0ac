package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"growlab/trainer/event"
)

// Reader reads a run file, also while an engine writes it. Each method sees one moment of the file. Its methods may be
// called from several goroutines.
type Reader struct {
	path string
	how  access
	db   *sql.DB

	mu      sync.Mutex
	queries *sql.DB // opened by the first Query
}

// Journalled is an event of the journal.
type Journalled struct {
	ID    int64 // grows with every event, never used twice
	Time  time.Time
	Event event.Event
}

// readConns is how many connections a Reader may have: methods called at once do not wait for each other.
const readConns = 4

// OpenReader opens a run file for reading.
func OpenReader(path string) (*Reader, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	db, how, err := openAnyhow(path)
	if err != nil {
		return nil, err
	}
	return &Reader{path: path, how: how, db: db}, nil
}

// openAnyhow opens the file even where nothing can be written, if no log needs to be read there.
func openAnyhow(path string) (*sql.DB, access, error) {
	db, err := openIdentified(path, follow)
	if err == nil || hasLog(path) || !needsFolder(err) {
		return db, follow, err
	}
	db, again := openIdentified(path, immutable)
	if again != nil {
		return nil, "", err
	}
	return db, immutable, nil
}

// needsFolder reports whether SQLite could not make the files that it needs beside the run file.
func needsFolder(err error) bool {
	var lite sqlite3.Error
	return errors.As(err, &lite) && (lite.Code == sqlite3.ErrReadonly || lite.Code == sqlite3.ErrCantOpen)
}

func openIdentified(path string, how access) (*sql.DB, error) {
	db := open(path, how, readConns)
	if _, err := identify(db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// hasLog reports whether there is a write-ahead log with something in it.
func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// Path is the absolute path of the run file.
func (r *Reader) Path() string { return r.path }

// Close closes the file.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if r.queries != nil {
		err = r.queries.Close()
	}
	return errors.Join(err, r.db.Close())
}

// Meta returns what was known when the run was created.
func (r *Reader) Meta() (Meta, error) {
	var m Meta
	var seed, created int64
	var options string
	err := r.db.QueryRow(`SELECT id, name, recipe_name, recipe, seed, data_name, data_hash, data_path, version, device, threads,
		options, parent, created_ms FROM run`).Scan(&m.ID, &m.Name, &m.RecipeName, &m.Recipe, &seed, &m.DataName, &m.DataHash,
		&m.DataPath, &m.Version, &m.Device, &m.Threads, &options, &m.Parent, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return Meta{}, faultf(ErrDamaged, err, "the run file %s is damaged: it describes no run", r.path)
	}
	m.Seed, m.Created, m.Options = uint64(seed), time.UnixMilli(created), json.RawMessage(options)
	return m, explain(r.path, err)
}

// Stages returns the plan of the last Start, or of what changed it since, in order.
func (r *Reader) Stages() ([]event.StageInfo, error) {
	return rows(r, func(row *sql.Rows) (s event.StageInfo, err error) {
		return s, row.Scan(&s.Shape, &s.Layers, &s.Hidden, &s.Heads, &s.FFN, &s.Params, &s.FromTokens, &s.Tokens, &s.FromStep,
			&s.Steps, &s.RampTokens, &s.Operator)
	}, `SELECT shape, layers, hidden, heads, ffn, params, from_tokens, tokens, from_step, steps, ramp_tokens, operator
		FROM stage ORDER BY stage`)
}

// Steps returns steps after the given one, in order, limit of them at most; limit 0 means all.
func (r *Reader) Steps(after int64, limit int) ([]event.Step, error) {
	return rows(r, stepRow, `SELECT `+stepColumns+` FROM step WHERE step > ? ORDER BY step LIMIT ?`, after, noLimit(limit))
}

// Undone returns the steps that the run went back behind when it was resumed from a checkpoint: a part for each time, oldest
// first.
func (r *Reader) Undone() ([][]event.Step, error) {
	var kept bool // a file that no engine has opened since schema 2 has no such table
	if err := r.db.QueryRow(`SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'undone'`).Scan(&kept); err != nil || !kept {
		return nil, explain(r.path, err)
	}
	var parts [][]event.Step
	last := int64(0)
	_, err := rows(r, func(row *sql.Rows) (s event.Step, err error) {
		var part int64
		s, err = scanStep(row, &part)
		if part != last {
			parts, last = append(parts, nil), part
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], s)
		return s, err
	}, `SELECT part, `+stepColumns+` FROM undone ORDER BY part, step`)
	return parts, err
}

// Evals returns the evaluations in order.
func (r *Reader) Evals() ([]event.Eval, error) {
	return rows(r, scanEval, `SELECT `+evalColumns+` FROM eval ORDER BY event`)
}

// Samples returns the generated texts in order.
func (r *Reader) Samples() ([]event.Sampled, error) {
	return rows(r, func(row *sql.Rows) (s event.Sampled, err error) {
		return s, row.Scan(&s.Step, &s.Tokens, &s.Stage, &s.Prompt, &s.Text, (*number)(&s.Temperature))
	}, `SELECT step, tokens, stage, prompt, text, temperature FROM sample ORDER BY event`)
}

// Events returns the journal after the given id, in order: every event but the steps.
func (r *Reader) Events(after int64) ([]Journalled, error) {
	return rows(r, func(row *sql.Rows) (j Journalled, err error) {
		var at int64
		var line string
		if err := row.Scan(&j.ID, &at, &line); err != nil {
			return j, err
		}
		j.Time = time.UnixMilli(at)
		j.Event, err = event.Unmarshal([]byte(line))
		return j, err
	}, `SELECT id, time_ms, json FROM event WHERE id > ? ORDER BY id`, after)
}

const (
	stepColumns = `step, tokens, stage, loss, lr, grad_norm, mask, tokens_per_s, flops, seconds`
	evalColumns = `step, tokens, stage, loss, bits_per_byte, eval_tokens, final, ` + labelColumns
	// What a teacher's propositions add to an evaluation is in the journal only.
	labelColumns = `(SELECT coalesce(json_extract(json, '$.labels'), 0) FROM event WHERE id = eval.event),
		(SELECT coalesce(json_extract(json, '$.label_accuracy'), 0) FROM event WHERE id = eval.event)`
)

func stepRow(row *sql.Rows) (event.Step, error) { return scanStep(row) }

// scanStep reads a row whose first columns go into first.
func scanStep(row *sql.Rows, first ...any) (s event.Step, err error) {
	return s, row.Scan(append(first, &s.Step, &s.Tokens, &s.Stage, (*number)(&s.Loss), (*number)(&s.LR), (*number)(&s.GradNorm),
		(*number)(&s.Mask), (*number)(&s.TokensPerSec), (*number)(&s.FLOPs), (*number)(&s.Seconds))...)
}

func scanEval(row *sql.Rows) (e event.Eval, err error) {
	return e, row.Scan(&e.Step, &e.Tokens, &e.Stage, (*number)(&e.Loss), (*number)(&e.BitsPerByte), &e.EvalTokens, &e.Final,
		&e.Labels, &e.LabelAccuracy)
}

// noLimit is the LIMIT clause's way to say all.
func noLimit(n int) int {
	if n <= 0 {
		return -1
	}
	return n
}

// rows runs a query of ours and scans all its rows.
func rows[T any](r *Reader, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	found, err := r.db.Query(query, args...)
	if err != nil {
		return nil, explain(r.path, err)
	}
	defer found.Close() //nolint:errcheck // Err says what Close would
	var all []T
	for found.Next() {
		one, err := scan(found)
		if err != nil {
			return nil, explain(r.path, err)
		}
		all = append(all, one)
	}
	return all, explain(r.path, found.Err())
}
