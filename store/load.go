package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const infoColumns = `id, time_ms, step, tokens, stage, reason, pinned, bytes, position, chunks, sum`

func scanInfo(scan func(...any) error) (c CheckpointInfo, err error) {
	var at int64
	err = scan(&c.ID, &at, &c.Step, &c.Tokens, &c.Stage, &c.Reason, &c.Pinned, &c.Bytes, &c.position, &c.chunks, &c.sum)
	c.Time = time.UnixMilli(at)
	return c, err
}

// Checkpoints returns the checkpoints, oldest first.
func (r *Reader) Checkpoints() ([]CheckpointInfo, error) {
	return rows(r, func(row *sql.Rows) (CheckpointInfo, error) { return scanInfo(row.Scan) },
		`SELECT `+infoColumns+` FROM checkpoint ORDER BY id`)
}

// LatestCheckpoint returns the newest checkpoint, or ErrNoCheckpoint.
func (r *Reader) LatestCheckpoint() (CheckpointInfo, error) {
	c, err := scanInfo(r.db.QueryRow(`SELECT ` + infoColumns + ` FROM checkpoint ORDER BY id DESC LIMIT 1`).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return CheckpointInfo{}, faultf(ErrNoCheckpoint, nil, "the run file %s has no checkpoint yet", r.path)
	}
	return c, explain(r.path, err)
}

// LatestMeta returns what the newest checkpoint keeps beside its tensors, which are not read, so that nothing is verified;
// ErrNoCheckpoint if there is none.
func (r *Reader) LatestMeta() (meta []byte, err error) {
	err = r.db.QueryRow(`SELECT meta FROM checkpoint ORDER BY id DESC LIMIT 1`).Scan(&meta)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, faultf(ErrNoCheckpoint, nil, "the run file %s has no checkpoint yet", r.path)
	}
	return meta, explain(r.path, err)
}

// LoadCheckpoint reads a checkpoint and verifies it. ErrNoCheckpoint if there is none of that id, ErrDamaged if its content
// is not what was saved; older checkpoints may still be good then.
func (r *Reader) LoadCheckpoint(id int64) (Checkpoint, error) {
	tx, err := r.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Checkpoint{}, explain(r.path, err)
	}
	c, err := load(tx, id)
	if e := tx.Rollback(); err == nil {
		err = e
	}
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, sql.ErrNoRows):
		return Checkpoint{}, faultf(ErrNoCheckpoint, nil, "the run file %s has no checkpoint %d", r.path, id)
	case errors.Is(err, errContent):
		return Checkpoint{}, faultf(ErrDamaged, err, "checkpoint %d of the run file %s is damaged (%v): resume from an older one", id, r.path, err)
	}
	return Checkpoint{}, explain(r.path, err)
}

// errContent is a checkpoint that does not add up.
var errContent = errors.New("content")

// load reads checkpoint id within one snapshot of the file.
func load(tx *sql.Tx, id int64) (Checkpoint, error) {
	var c Checkpoint
	info, err := scanInfo(tx.QueryRow(`SELECT `+infoColumns+` FROM checkpoint WHERE id = ?`, id).Scan)
	if err != nil {
		return c, err
	}
	c = Checkpoint{Step: info.Step, Tokens: info.Tokens, Stage: info.Stage, Reason: info.Reason, Pinned: info.Pinned}
	if err := tx.QueryRow(`SELECT meta FROM checkpoint WHERE id = ?`, id).Scan(&c.Meta); err != nil {
		return c, err
	}
	l := loader{seal: c.seal()}
	if err := l.measure(tx, info); err != nil {
		return c, err
	}
	if err := l.read(tx, id); err != nil {
		return c, err
	}
	if l.seal != seal(info.sum) {
		return c, fmt.Errorf("%w: its checksum is %08x, not %08x", errContent, uint32(l.seal), info.sum)
	}
	c.Tensors = l.tensors
	return c, nil
}

// loader puts tensors together from chunks, which come in the order in which they were cut.
type loader struct {
	tensors []Tensor
	missing int64 // entries of the last tensor still to come
	left    int64 // entries in the chunks still to come: a bound for what is allocated
	next    int64 // seq
	seal    seal
}

// measure compares the number and size of the chunks with what the checkpoint says, without reading them.
func (l *loader) measure(tx *sql.Tx, info CheckpointInfo) error {
	var chunks, bytes int64
	err := tx.QueryRow(`SELECT count(*), coalesce(sum(length(data)), 0) FROM tensor_chunk WHERE checkpoint = ?`, info.ID).Scan(&chunks, &bytes)
	if err != nil {
		return err
	}
	if chunks != info.chunks || bytes != info.Bytes {
		return fmt.Errorf("%w: it has %d chunks of %d bytes together, not %d of %d", errContent, chunks, bytes, info.chunks, info.Bytes)
	}
	l.left = bytes / 4
	return nil
}

func (l *loader) read(tx *sql.Tx, id int64) error {
	found, err := tx.Query(`SELECT seq, name, start, total, sum, data FROM tensor_chunk WHERE checkpoint = ? ORDER BY seq`, id)
	if err != nil {
		return err
	}
	defer found.Close() //nolint:errcheck // Err says what Close would
	for found.Next() {
		var c chunk
		var sum uint32
		var data sql.RawBytes
		if err := found.Scan(&c.seq, &c.name, &c.start, &c.total, &sum, &data); err != nil {
			return err
		}
		c.data = data
		if got := c.sum(); got != sum || c.seq != l.next {
			return fmt.Errorf("%w: chunk %d (%s): its checksum is %08x, not %08x", errContent, c.seq, c.name, got, sum)
		}
		if err := l.add(c); err != nil {
			return err
		}
		l.next++
		l.seal = l.seal.add(sum)
	}
	if err := found.Err(); err != nil {
		return err
	}
	if l.missing != 0 {
		return fmt.Errorf("%w: the last tensor lacks %d entries", errContent, l.missing)
	}
	return nil
}

// add appends c to its tensor.
func (l *loader) add(c chunk) error {
	n := int64(len(c.data) / 4)
	if c.start == 0 && l.missing == 0 && c.total >= n && c.total <= l.left {
		l.tensors = append(l.tensors, Tensor{Name: c.name, Data: make([]float32, c.total)})
		l.missing = c.total
	}
	if len(l.tensors) == 0 {
		return fmt.Errorf("%w: chunk %d (%s) has no beginning", errContent, c.seq, c.name)
	}
	t := l.tensors[len(l.tensors)-1]
	if t.Name != c.name || int64(len(t.Data)) != c.total || c.total-l.missing != c.start || n > l.missing || len(c.data)%4 != 0 {
		return fmt.Errorf("%w: chunk %d (%s) does not continue %s", errContent, c.seq, c.name, t.Name)
	}
	decode(t.Data[c.start:c.start+n], c.data)
	l.missing -= n
	l.left -= n
	return nil
}
