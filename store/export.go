package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"growlab/trainer/event"
)

// Export writes a copy of a run that is done to a new file at path, with its journal, its last step and those that keep names, and
// without checkpoints: something small to compare other runs with.
func (r *Reader) Export(path string, keep func(step int64) bool) error {
	m, err := r.Meta()
	if err != nil {
		return err
	}
	sum, err := r.Summary()
	if err != nil {
		return err
	}
	if sum.State != Done {
		return fmt.Errorf("the run in %s is %s; only one that is done is exported", r.path, sum.State)
	}
	steps, err := r.Steps(0, 0)
	if err != nil {
		return err
	}
	journal, err := r.Events(0)
	if err != nil {
		return err
	}
	all := make([]queued, 0, len(steps)+len(journal))
	for i, s := range steps {
		if keep(s.Step) || i == len(steps)-1 {
			all = append(all, queued{event: s})
		}
	}
	for _, j := range journal {
		if e, ok := j.Event.(event.Start); ok { // the copy tells nobody about folders
			e.File = filepath.Base(e.File)
			j.Event = e
		}
		all = append(all, queued{event: j.Event, at: j.Time})
	}
	path, err = makeFolder(path)
	if err != nil {
		return err
	}
	lock, err := lockOn(path)
	if err != nil {
		return err
	}
	fill := func(db *sql.DB) error {
		return transact(db, func(tx *sql.Tx) error { return record(tx, all) })
	}
	return errors.Join(build(path, m, fill), lock.release())
}
