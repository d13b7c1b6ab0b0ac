package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"growlab/trainer/event"
)

// TrimAfter makes the file what it was at the checkpoint of step (0: the start of the run), so that a resumed run computes
// everything after it again: steps, evaluations, samples, journal entries and checkpoints after step go, and the journal
// says how many. The steps are kept apart, as undone. What the run did at that step but after its checkpoint (growing, evaluating, sampling) goes too; that it
// was paused or stopped there stays.
func (r *Run) TrimAfter(step int64) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.Flush(); err != nil {
		return err
	}
	if err := r.trim(step); err != nil {
		return explain(r.path, err)
	}
	return r.sweep()
}

func (r *Run) trim(step int64) error {
	r.write.Lock()
	defer r.write.Unlock()
	return transact(r.db, func(tx *sql.Tx) error {
		at, err := landing(tx, step)
		if err != nil {
			return err
		}
		removed, err := removeAfter(tx, at)
		if err != nil || removed == "" {
			return err
		}
		note := event.Command{
			Step: step, Tokens: at.Tokens, Verb: "trim",
			Detail: fmt.Sprintf("removed %s after step %d, to be computed again", removed, step),
		}
		return record(tx, []queued{{event: note, at: time.Now()}})
	})
}

// landing finds the checkpoint at step; without one, all that the run did at that step comes after.
func landing(tx *sql.Tx, step int64) (at CheckpointInfo, err error) {
	at.Step = step
	err = tx.QueryRow(`SELECT tokens, position FROM checkpoint WHERE step = ? ORDER BY id DESC LIMIT 1`, step).Scan(&at.Tokens, &at.position)
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	return at, err
}

// removeAfter removes what comes after the checkpoint and says what it was: "12 steps, 1 eval".
func removeAfter(tx *sql.Tx, at CheckpointInfo) (string, error) {
	_, err := tx.Exec(`INSERT INTO undone SELECT (SELECT coalesce(max(part), 0) + 1 FROM undone), `+stepColumns+` FROM step WHERE step > ?`, at.Step)
	if err != nil {
		return "", err
	}
	// Rows of eval and sample go with their events.
	var said []string
	for _, kind := range []struct{ noun, query string }{
		{"step", `DELETE FROM step WHERE step > ?1 AND ?2 = ?2`},
		{"checkpoint", `DELETE FROM checkpoint WHERE step > ?1 AND ?2 = ?2`},
		{"event", `DELETE FROM event WHERE step > ?1 OR (step = ?1 AND id > ?2 AND kind IN ('grew', 'eval', 'sampled'))`},
	} {
		res, err := tx.Exec(kind.query, at.Step, at.position)
		if err != nil {
			return "", err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return "", err
		}
		if n > 0 {
			said = append(said, plural(n, kind.noun))
		}
	}
	return strings.Join(said, ", "), nil
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
