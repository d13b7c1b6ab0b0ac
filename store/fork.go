package store

import (
	"database/sql"
	"errors"
	"time"

	"growlab/trainer/event"
)

// Past is what a run had done until a checkpoint, and the checkpoint.
type Past struct {
	Steps      []event.Step
	Journal    []Journalled // every event but the steps that was written before the checkpoint
	Checkpoint Checkpoint
}

// Past reads what the run had done until the checkpoint of an id, which it verifies as LoadCheckpoint does.
func (r *Reader) Past(id int64) (p Past, err error) {
	if p.Checkpoint, err = r.LoadCheckpoint(id); err != nil {
		return p, err
	}
	info, err := scanInfo(r.db.QueryRow(`SELECT `+infoColumns+` FROM checkpoint WHERE id = ?`, id).Scan)
	if err != nil {
		return p, explain(r.path, err)
	}
	p.Steps, err = rows(r, stepRow, `SELECT `+stepColumns+` FROM step WHERE step <= ? ORDER BY step`, info.Step)
	if err != nil {
		return p, err
	}
	all, err := r.Events(0)
	for _, j := range all {
		if j.ID <= info.position {
			p.Journal = append(p.Journal, j)
		}
	}
	return p, err
}

// Fork makes the run file at path, and its folder, for a run that begins with a past: its steps, its journal and its checkpoint
// are in the file, in the order and with the times that they have, under new ids. The run is stopped there, and an engine that
// resumes it goes on from the checkpoint. The file appears there whole or not at all.
func Fork(path string, m Meta, p Past) (err error) {
	if m.ID == "" {
		return errors.New("create run file: the run has no id")
	}
	if err := p.Checkpoint.check(); err != nil {
		return err
	}
	path, err = makeFolder(path)
	if err != nil {
		return err
	}
	lock, err := lockOn(path)
	if err != nil {
		return err
	}
	return errors.Join(build(path, m, p.write), lock.release())
}

// write fills a new run file, which nobody else knows of yet.
func (p Past) write(db *sql.DB) error {
	all := make([]queued, 0, len(p.Steps)+len(p.Journal))
	for _, s := range p.Steps {
		all = append(all, queued{event: s})
	}
	for _, j := range p.Journal {
		all = append(all, queued{event: j.Event, at: j.Time})
	}
	err := transact(db, func(tx *sql.Tx) error {
		if err := record(tx, all); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE run SET state = ?, error = '', ended_ms = ?`, Stopped, time.Now().UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	r := &Run{db: db, keep: keepDefault}
	info, err := r.saveChunks(p.Checkpoint)
	if err != nil {
		return err
	}
	return r.publish(p.Checkpoint, info)
}
