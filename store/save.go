package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Save writes a checkpoint and returns how many bytes of tensors it has. The events emitted before it are written first.
// The tensors must not change meanwhile. After nil the checkpoint is on the disk and survives a loss of power; after an
// error it does not exist, and with ErrFull it may be tried again. Events are written between its chunks.
func (r *Run) Save(c Checkpoint) (bytes int64, err error) {
	if err := c.check(); err != nil {
		return 0, fmt.Errorf("checkpoint at step %d: %w", c.Step, err)
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.Flush(); err != nil {
		return 0, err
	}
	if err := r.sweep(); err != nil {
		return 0, err
	}
	info, err := r.saveChunks(c)
	if err == nil {
		err = r.publish(c, info)
	}
	// Chunks of this checkpoint if it failed, else those of the checkpoints it pushed out. Where sweeping fails
	// (a full disk), the next Save or OpenWriter does it.
	swept := r.sweep()
	if err != nil {
		return 0, errors.Join(explain(r.path, err), ignoreFull(swept))
	}
	return info.Bytes, nil
}

func ignoreFull(err error) error {
	if errors.Is(err, ErrFull) {
		return nil
	}
	return err
}

func (c Checkpoint) check() error {
	seen := make(map[string]bool, len(c.Tensors))
	for _, t := range c.Tensors {
		if seen[t.Name] {
			return fmt.Errorf("tensor %q is given twice", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// saver fills chunks with tensors and writes them, chunkBytes at a time.
type saver struct {
	run    *Run
	info   CheckpointInfo
	seal   seal
	buffer []byte  // the data of pending, one after the other
	queue  []chunk // not written yet
}

// saveChunks writes the data of c under a new id.
func (r *Run) saveChunks(c Checkpoint) (CheckpointInfo, error) {
	s := saver{run: r, seal: c.seal(), buffer: make([]byte, 0, chunkBytes)}
	err := r.db.QueryRow(`SELECT (SELECT coalesce(max(id), 0) + 1 FROM checkpoint), (SELECT coalesce(max(id), 0) FROM event)`).
		Scan(&s.info.ID, &s.info.position)
	if err != nil {
		return s.info, err
	}
	for _, t := range c.Tensors {
		if err := s.put(t); err != nil {
			return s.info, err
		}
	}
	err = s.flush()
	s.info.sum = uint32(s.seal)
	return s.info, err
}

// put cuts t into chunks; an empty tensor is one empty chunk.
func (s *saver) put(t Tensor) error {
	for start := 0; start == 0 || start < len(t.Data); {
		if cap(s.buffer)-len(s.buffer) < 4 {
			if err := s.flush(); err != nil {
				return err
			}
		}
		used := len(s.buffer)
		n := min(len(t.Data)-start, (cap(s.buffer)-used)/4)
		s.buffer = s.buffer[:used+4*n]
		data := s.buffer[used:]
		encode(data, t.Data[start:start+n])
		s.queue = append(s.queue, chunk{
			seq: s.info.chunks, name: t.Name, start: int64(start), total: int64(len(t.Data)), data: data,
		})
		s.info.chunks++
		s.info.Bytes += int64(len(data))
		if start += n; n == 0 {
			break
		}
	}
	return nil
}

// flush writes the chunks that wait, in one transaction.
func (s *saver) flush() error {
	sums := make([]uint32, len(s.queue))
	for i, c := range s.queue {
		sums[i] = c.sum()
		s.seal = s.seal.add(sums[i])
	}
	s.run.write.Lock()
	defer s.run.write.Unlock()
	err := transact(s.run.db, func(tx *sql.Tx) error {
		for i, c := range s.queue {
			_, err := tx.Exec(`INSERT INTO tensor_chunk VALUES (?,?,?,?,?,?,?)`, s.info.ID, c.seq, c.name, c.start, c.total, sums[i], c.data)
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.queue, s.buffer = s.queue[:0], s.buffer[:0]
	return err
}

// publish makes the checkpoint visible, and those that it pushes out invisible, in one transaction that waits for the disk.
func (r *Run) publish(c Checkpoint, info CheckpointInfo) (err error) {
	r.write.Lock()
	defer r.write.Unlock()
	if _, err := r.db.Exec(`PRAGMA synchronous=FULL`); err != nil {
		return err
	}
	defer func() {
		_, normal := r.db.Exec(`PRAGMA synchronous=NORMAL`)
		err = errors.Join(err, normal)
	}()
	return transact(r.db, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO checkpoint VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, info.ID, time.Now().UnixMilli(),
			c.Step, c.Tokens, c.Stage, c.Reason, c.Pinned, info.position, blob(c.Meta), info.chunks, info.Bytes, info.sum)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM checkpoint WHERE NOT pinned AND id NOT IN
			(SELECT id FROM checkpoint WHERE NOT pinned ORDER BY id DESC LIMIT ?)`, r.keep)
		return err
	})
}

// blob keeps an empty value from becoming NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// sweep removes chunks that belong to no checkpoint, a few in each transaction. No Save may be under way.
func (r *Run) sweep() error {
	const few = 16
	for {
		n, err := r.sweepSome(few)
		if err != nil {
			return explain(r.path, err)
		}
		if n < few {
			return nil
		}
	}
}

func (r *Run) sweepSome(most int) (removed int64, err error) {
	r.write.Lock()
	defer r.write.Unlock()
	res, err := r.db.Exec(`DELETE FROM tensor_chunk WHERE rowid IN (SELECT rowid FROM tensor_chunk
		WHERE checkpoint NOT IN (SELECT id FROM checkpoint) LIMIT ?)`, most)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
