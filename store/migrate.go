package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// applicationID marks our files in the SQLite header: "GrLb".
const applicationID = 0x47724c62

//go:embed migrations/*.sql
var migrations embed.FS

// script is one step of the schema; number counts from 1 and is the user_version after it.
type script struct {
	number int
	name   string
	text   string
}

// scripts returns the migrations in order. Their file names start with their number: 0001_run.sql.
func scripts(files fs.FS) ([]script, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	all := make([]script, 0, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, fmt.Sprintf("migrations/%04d_", i+1)) {
			return nil, fmt.Errorf("migration %s: its number should be %04d", name, i+1)
		}
		all = append(all, script{number: i + 1, name: name, text: string(text)})
	}
	return all, nil
}

// SchemaVersion is the newest schema that this program reads and the one it writes.
func SchemaVersion() int {
	all, err := scripts(migrations)
	if err != nil {
		panic(err) // the embedded files are misnamed
	}
	return len(all)
}

// identify checks that the open file is a run file that this program can read and returns its schema version.
func identify(db *sql.DB, path string) (int, error) {
	var id uint32
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil {
		return 0, explain(path, err)
	}
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return 0, explain(path, err)
	}
	if id != applicationID || version < 1 {
		return 0, faultf(ErrNotOurs, nil, "%s is not a Growlab run file (its application id is %#x, not %#x): name a file that ends in %s",
			path, id, applicationID, Extension)
	}
	if known := SchemaVersion(); version > known {
		return 0, faultf(ErrNewer, nil, "%s was written by a newer Growlab (schema %d; this one knows up to %d): update Growlab",
			path, version, known)
	}
	return version, nil
}

// migrate brings the schema from version to the newest, each step in a transaction of its own.
func migrate(db *sql.DB, files fs.FS, version int) error {
	all, err := scripts(files)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.number <= version {
			continue
		}
		if err := s.apply(db); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (s script) apply(db *sql.DB) error {
	return transact(db, func(tx *sql.Tx) error {
		head := fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d;", applicationID, s.number)
		_, err := tx.Exec(s.text + head)
		return err
	})
}

// transact runs do in a transaction and commits it if do succeeds.
func transact(db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // fails only where SQLite has rolled back already, as it does after an I/O error
		return err
	}
	return tx.Commit()
}
