package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Meta is what is known of a run when it is created; it never changes, but for the name (Rename).
type Meta struct {
	ID         string
	Name       string
	RecipeName string
	Recipe     string // its whole text
	Seed       uint64
	DataName   string
	DataHash   string
	DataPath   string // "" for the embedded corpus
	Version    string // of the program
	Device     string
	Threads    int
	Options    json.RawMessage // whatever else the engine was told; nil means {}
	Parent     string          // id of the run it was forked from, or ""
	Created    time.Time       // to the millisecond; zero means now
}

// State is where a run stands.
type State string

// The states of a run.
const (
	Running State = "running"
	Paused  State = "paused"
	Done    State = "done"
	Stopped State = "stopped" // can be resumed
	Failed  State = "failed"
)

// keepDefault is how many checkpoints stay that are not pinned.
const keepDefault = 3

// Run is the one writer of a run file. Its methods may be called from several goroutines.
type Run struct {
	path  string
	lock  engineLock
	db    *sql.DB // one connection
	queue queue
	stop  chan struct{}
	idle  sync.WaitGroup // the goroutine that drains the queue

	closing sync.Once
	closed  error // what Close returned

	write  sync.Mutex // held for one transaction
	saving sync.Mutex // held for one Save, or whatever else removes chunks
	keep   int        // guarded by saving
}

// Create makes the run file at path, and its folder, and opens it as OpenWriter does. It appears there whole or not at all.
func Create(path string, m Meta) (*Run, error) {
	if m.ID == "" {
		return nil, errors.New("create run file: the run has no id")
	}
	path, err := makeFolder(path)
	if err != nil {
		return nil, err
	}
	lock, err := lockOn(path)
	if err != nil {
		return nil, err
	}
	err = build(path, m, nil)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return begin(path, lock)
}

// OpenWriter opens an existing run file to go on writing it. It takes the engine's lock, brings an older schema up to date
// and removes what an earlier engine left unfinished.
func OpenWriter(path string) (*Run, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	lock, err := lockOn(path)
	if err != nil {
		return nil, err
	}
	return begin(path, lock)
}

// lockOn checks that the disk under path is fit and takes the engine's lock.
func lockOn(path string) (engineLock, error) {
	if err := checkDisk(filepath.Dir(path)); err != nil {
		return engineLock{}, err
	}
	return takeLock(path)
}

// build writes a complete new run file beside path, fill, if any, what is in it, and moves it there in one step. The lock must be
// held.
func build(path string, m Meta, fill func(*sql.DB) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("create run file: %s exists already: choose another name", path)
	}
	draft := path + ".new"
	err := discard(draft) // what a killed engine left
	if err == nil {
		err = writeDraft(draft, m, fill)
	}
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(explain(path, err), discard(draft))
	}
	return nil
}

func writeDraft(draft string, m Meta, fill func(*sql.DB) error) (err error) {
	db := open(draft, create, 1)
	defer func() { err = errors.Join(err, db.Close()) }() // moves the log into the file
	if _, err := db.Exec(fmt.Sprintf("PRAGMA page_size=%d; PRAGMA journal_mode=WAL", pageBytes)); err != nil {
		return err
	}
	if err := migrate(db, migrations, 0); err != nil {
		return err
	}
	if err := m.insert(db); err != nil || fill == nil {
		return err
	}
	return fill(db)
}

func (m Meta) insert(db *sql.DB) error {
	created := m.Created
	if created.IsZero() {
		created = time.Now()
	}
	options := string(m.Options)
	_, err := db.Exec(`INSERT INTO run (id, name, recipe_name, recipe, seed, data_name, data_hash, data_path, version, device,
		threads, options, parent, created_ms, state) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		m.ID, m.Name, m.RecipeName, m.Recipe, int64(m.Seed), m.DataName, m.DataHash, m.DataPath, m.Version, m.Device,
		m.Threads, cmp.Or(options, "{}"), m.Parent, created.UnixMilli(), Running)
	return err
}

// begin opens the run file at path, whose lock is held, and starts its writer. On failure it gives the lock up.
func begin(path string, lock engineLock) (*Run, error) {
	r := &Run{path: path, lock: lock, db: open(path, write, 1), stop: make(chan struct{}), keep: keepDefault}
	r.queue.init()
	if err := r.prepare(); err != nil {
		return nil, errors.Join(err, r.db.Close(), lock.release())
	}
	r.idle.Go(r.drainOften)
	return r, nil
}

func (r *Run) prepare() error {
	version, err := identify(r.db, r.path)
	if err != nil {
		return err
	}
	var mode string
	if err := r.db.QueryRow("PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return explain(r.path, err)
	}
	if mode != "wal" {
		return fmt.Errorf("run file %s: SQLite refuses a write-ahead log there (journal mode %s)", r.path, mode)
	}
	if err := migrate(r.db, migrations, version); err != nil {
		return explain(r.path, err)
	}
	return r.sweep()
}

// Path is the absolute path of the run file.
func (r *Run) Path() string { return r.path }

// Keep sets how many checkpoints that are not pinned stay in the file; it takes effect at the next Save. At least one stays.
func (r *Run) Keep(n int) {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.keep = max(n, 1)
}

// Close writes what is queued, closes the file and gives the lock up. Its error says how many events could not be written,
// if any. Closing again returns the same.
func (r *Run) Close() error {
	r.closing.Do(func() { r.closed = r.close() })
	return r.closed
}

func (r *Run) close() error {
	close(r.stop)
	r.idle.Wait()
	err := r.Flush()
	if lost := r.queue.close(); lost > 0 {
		err = fmt.Errorf("%d events could not be written: %w", lost, err)
	}
	r.saving.Lock() // waits for a Save in progress
	defer r.saving.Unlock()
	return errors.Join(err, r.db.Close(), r.lock.release())
}
