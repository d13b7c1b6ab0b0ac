package store

import (
	"database/sql"
	"fmt"
	"math"
	"time"

	"growlab/trainer/event"
)

// recorder writes events within one transaction.
type recorder struct {
	tx   *sql.Tx
	step *sql.Stmt // prepared at the first step
}

func record(tx *sql.Tx, batch []queued) error {
	r := recorder{tx: tx}
	for _, q := range batch {
		if err := r.put(q); err != nil {
			return fmt.Errorf("write %s: %w", q.event.Kind(), err)
		}
	}
	return nil // the end of the transaction closes the statement
}

func (r *recorder) put(q queued) error {
	if e, ok := q.event.(event.Step); ok {
		return r.putStep(e)
	}
	id, err := r.journal(q)
	if err != nil {
		return err
	}
	switch e := q.event.(type) {
	case event.Start:
		return r.start(e)
	case event.Eval:
		return r.exec(`INSERT INTO eval VALUES (?,?,?,?,?,?,?,?)`,
			id, e.Step, e.Tokens, e.Stage, e.Loss, e.BitsPerByte, e.EvalTokens, e.Final)
	case event.Sampled:
		return r.exec(`INSERT INTO sample VALUES (?,?,?,?,?,?,?)`,
			id, e.Step, e.Tokens, e.Stage, e.Prompt, e.Text, e.Temperature)
	case event.Paused:
		return r.exec(`UPDATE run SET state = ?`, Paused)
	case event.Resumed:
		return r.exec(`UPDATE run SET state = ?`, Running)
	case event.Ended:
		return r.end(e, q.at)
	case event.Grew:
		if len(e.Plan) > 0 { // the stage before ended early
			return r.plan(e.Plan)
		}
		return nil
	case event.Command:
		if len(e.Plan) > 0 { // it changed the course
			return r.plan(e.Plan)
		}
		return nil
	default: // Saved, Blocks, Shrank, GPUs and Memory are in the journal only
		return nil
	}
}

// putStep writes a step. A step computed again after a resume replaces the earlier one.
func (r *recorder) putStep(e event.Step) error {
	if r.step == nil {
		var err error
		if r.step, err = r.tx.Prepare(`INSERT OR REPLACE INTO step VALUES (?,?,?,?,?,?,?,?,?,?)`); err != nil {
			return err
		}
	}
	_, err := r.step.Exec(e.Step, e.Tokens, e.Stage, e.Loss, e.LR, e.GradNorm, e.Mask, e.TokensPerSec, e.FLOPs, e.Seconds)
	return err
}

func (r *recorder) journal(q queued) (id int64, err error) {
	line, err := event.Marshal(q.event)
	if err != nil {
		return 0, err
	}
	step, tokens := where(q.event)
	res, err := r.tx.Exec(`INSERT INTO event (time_ms, kind, step, tokens, json) VALUES (?,?,?,?,?)`,
		q.at.UnixMilli(), q.event.Kind(), step, tokens, string(line))
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// where returns the step and the tokens at which e happened; the tokens of a start are not known.
func where(e event.Event) (step int64, tokens sql.NullInt64) {
	known := func(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: true} }
	switch e := e.(type) {
	case event.Start:
		return e.Resumed, sql.NullInt64{}
	case event.Step:
		return e.Step, known(e.Tokens)
	case event.Eval:
		return e.Step, known(e.Tokens)
	case event.GPUs:
		return e.Step, known(e.Tokens)
	case event.Memory:
		return e.Step, known(e.Tokens)
	case event.Blocks:
		return e.Step, known(e.Tokens)
	case event.Grew:
		return e.Step, known(e.Tokens)
	case event.Saved:
		return e.Step, known(e.Tokens)
	case event.Sampled:
		return e.Step, known(e.Tokens)
	case event.Paused:
		return e.Step, known(e.Tokens)
	case event.Resumed:
		return e.Step, known(e.Tokens)
	case event.Command:
		return e.Step, known(e.Tokens)
	case event.Shrank:
		return e.Step, known(e.Tokens)
	case event.Ended:
		return e.Step, known(e.Tokens)
	}
	panic(fmt.Sprintf("store: event %T has no place in the journal", e))
}

// start opens the run and writes its plan.
func (r *recorder) start(e event.Start) error {
	if err := r.exec(`UPDATE run SET state = ?, error = '', ended_ms = NULL`, Running); err != nil {
		return err
	}
	return r.plan(e.Stages)
}

// plan writes the stages of a run; costs that they have stay.
func (r *recorder) plan(stages []event.StageInfo) error {
	if err := r.exec(`DELETE FROM stage WHERE stage > ?`, len(stages)); err != nil {
		return err
	}
	for i, s := range stages {
		err := r.exec(`INSERT INTO stage (stage, shape, layers, hidden, heads, ffn, params, from_tokens, tokens, from_step, steps,
			ramp_tokens, operator) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (stage) DO UPDATE SET shape = excluded.shape,
			layers = excluded.layers, hidden = excluded.hidden, heads = excluded.heads, ffn = excluded.ffn, params = excluded.params,
			from_tokens = excluded.from_tokens, tokens = excluded.tokens, from_step = excluded.from_step, steps = excluded.steps,
			ramp_tokens = excluded.ramp_tokens, operator = excluded.operator`,
			i+1, s.Shape, s.Layers, s.Hidden, s.Heads, s.FFN, s.Params, s.FromTokens, s.Tokens, s.FromStep, s.Steps,
			s.RampTokens, s.Operator)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) end(e event.Ended, at time.Time) error {
	if err := r.exec(`UPDATE run SET state = ?, error = ?, ended_ms = ?`, e.State, e.Error, at.UnixMilli()); err != nil {
		return err
	}
	for i, c := range e.Stages {
		err := r.exec(`UPDATE stage SET took_tokens = ?, took_flops = ?, took_seconds = ? WHERE stage = ?`,
			c.Tokens, c.FLOPs, c.Seconds, i+1)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) exec(query string, args ...any) error {
	_, err := r.tx.Exec(query, args...)
	return err
}

// number reads a measured number: SQLite keeps NaN as NULL.
type number float64

// Scan implements sql.Scanner.
func (n *number) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*n = number(math.NaN())
	case float64:
		*n = number(v)
	case int64:
		*n = number(v)
	default:
		return fmt.Errorf("%v (%T) is not a number", v, v)
	}
	return nil
}
