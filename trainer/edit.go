package trainer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"growlab/growth"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// ErrJournal is wrapped when a replay does not come to where an edit of its journal was made.
var ErrJournal = errors.New("the replay left its journal")

// Replay makes a run follow the journal of another instead of what people ask.
type Replay struct {
	Edits []growth.Edit `json:"edits,omitempty"`
	// Until is the step after which the run stops; 0 is the end of its recipe.
	Until int64 `json:"until,omitempty"`
}

// EditOf is the edit, not dated yet, that a command asks for, if it asks for one.
func EditOf(c control.Command) (e growth.Edit, ok bool) {
	switch c.Verb {
	case control.Grow:
		return growth.Edit{Key: growth.EditEnd}, true
	case control.Postpone:
		return growth.Edit{Key: growth.EditPostpone, Value: strconv.Itoa(c.Tokens)}, true
	case control.Extend:
		return growth.Edit{Key: growth.EditExtend, Value: strconv.Itoa(c.Tokens)}, true
	case control.Set:
		return growth.Edit{Key: c.Key, Value: c.Value}, slices.Contains(growth.Settable(), c.Key)
	}
	return e, false
}

// edit makes a change of the recipe's course here: the state before it is saved, together with the journal that has it, so that
// it is not lost whatever happens then, and that one can go back to before it. The run goes on from that very checkpoint, as a
// resumed one would. A growth is left to the caller.
func (t *Trainer) edit(ctx context.Context, e growth.Edit) error {
	r, err := t.following(e)
	if err != nil {
		return err
	}
	t.progress.Edits = append(t.progress.Edits, e)
	c, err := t.snapshot(ReasonEdit)
	if err == nil {
		err = t.keep(ctx, c)
	}
	if err != nil {
		return err
	}
	planned := t.stageInfos()
	t.follow(r)
	if e.Key != growth.EditEnd {
		if err := t.load(c); err != nil {
			return fmt.Errorf("%v at step %d: %w", e, e.Step, err)
		}
	}
	t.Sink.Emit(edited(e, planned, t.stageInfos()))
	return nil
}

// CommandOf is the event of an edit, without the plan that comes of it.
func CommandOf(e growth.Edit) event.Command {
	c := event.Command{Step: e.Step, Tokens: e.Tokens, Verb: control.Set, Detail: e.String()}
	switch e.Key {
	case growth.EditEnd:
		c.Verb, c.Detail = control.Grow, ""
	case growth.EditPostpone, growth.EditExtend:
		c.Verb, c.Detail = e.Key, e.Value+" tokens"
	}
	return c
}

// edited is the event of an edit, which changed the plan of a run as given. A growth tells its plan itself.
func edited(e growth.Edit, was, is []event.StageInfo) event.Command {
	c := CommandOf(e)
	if e.Key != growth.EditEnd && !slices.Equal(was, is) {
		c.Plan = is
	}
	return c
}

// dated is an edit made here.
func (t *Trainer) dated(key, value string) growth.Edit {
	return growth.Edit{Step: t.steps(), Tokens: t.tokens, Key: key, Value: value}
}

// following is the recipe after e, or a sentence on why this run cannot follow it.
func (t *Trainer) following(e growth.Edit) (growth.Recipe, error) {
	r, err := t.Recipe.Edit(e)
	if err != nil {
		return r, err
	}
	return r, t.fits(r.Plan().Stages[t.stage:], t.stage)
}

// follow makes r the recipe from here on.
func (t *Trainer) follow(r growth.Recipe) { t.Recipe, t.plan = r, r.Plan() }

// endedHere reports whether the last edit ends a stage just here.
func (p progress) endedHere(tokens int64) bool {
	n := len(p.Edits)
	return n > 0 && p.Edits[n-1].Key == growth.EditEnd && p.Edits[n-1].Tokens == tokens
}

// replay makes the edits of the journal that are due. It returns errStop where the replay is to end.
func (t *Trainer) replay(ctx context.Context) error {
	if t.Replay == nil {
		return nil
	}
	for len(t.progress.Edits) < len(t.Replay.Edits) {
		e := t.Replay.Edits[len(t.progress.Edits)]
		if e.Tokens > t.tokens {
			break
		}
		if here := t.dated(e.Key, e.Value); here != e {
			return fmt.Errorf("%w: %v was made at step %d, after %d tokens; this run is at step %d, after %d",
				ErrJournal, e, e.Step, e.Tokens, here.Step, here.Tokens)
		}
		if err := t.edit(ctx, e); err != nil {
			return err
		}
		if err := t.growIfDue(ctx); err != nil {
			return err
		}
	}
	if until := t.Replay.Until; until > 0 && t.steps() >= until {
		return errStop
	}
	return nil
}
