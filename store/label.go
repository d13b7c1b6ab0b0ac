package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Rename changes the name of a run, also while an engine works on it. The file keeps its own.
func Rename(path, name string) error {
	return label(path, false, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE run SET name = ?`, name)
		return err
	})
}

// Tag gives a run words by which a person sorts runs, and takes some from it; having or lacking them already is no error.
func Tag(path string, add, remove []string) error {
	return label(path, true, func(tx *sql.Tx) error {
		for query, tags := range map[string][]string{`INSERT INTO tag VALUES (?) ON CONFLICT (tag) DO NOTHING`: add, `DELETE FROM tag WHERE tag = ?`: remove} {
			for _, t := range tags {
				if _, err := tx.Exec(query, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// label changes what a run is called, in one transaction: SQLite lets it take its turn with an engine's.
func label(path string, newest bool, change func(*sql.Tx) error) (err error) {
	path, err = locate(path)
	if err != nil {
		return err
	}
	db := open(path, write, 1)
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := identify(db, path)
	if err != nil {
		return err
	}
	if newest && version < SchemaVersion() {
		lock, err := takeLock(path) // an engine of an older program would not know its file again
		if err != nil {
			return err
		}
		if err := errors.Join(migrate(db, migrations, version), lock.release()); err != nil {
			return explain(path, err)
		}
	}
	return explain(path, transact(db, change))
}

// Tags returns the tags of the run, sorted.
func (r *Reader) Tags() ([]string, error) {
	var kept bool // a file that no engine has opened since schema 3 has no such table
	if err := r.db.QueryRow(`SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'tag'`).Scan(&kept); err != nil || !kept {
		return nil, explain(r.path, err)
	}
	return rows(r, func(row *sql.Rows) (t string, err error) { return t, row.Scan(&t) }, `SELECT tag FROM tag ORDER BY tag`)
}

// Remove deletes a run file with all that SQLite keeps beside it. ErrBusy if an engine works on it.
func Remove(path string) error {
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		return fmt.Errorf("remove run file: %s is a folder", path)
	}
	path, err := locate(path)
	if err != nil {
		return err
	}
	lock, err := takeLock(path)
	if err != nil {
		return err
	}
	return errors.Join(discard(path), lock.release())
}
