package trainer

import (
	"context"
	"fmt"
	"time"

	"growlab/growth"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// problemPoll is how often a run that waits for the sink looks again.
const problemPoll = 500 * time.Millisecond

// between takes the commands that wait, and holds the run while it is paused or its sink cannot keep up. It returns errStop
// when the run is to end here.
func (t *Trainer) between(ctx context.Context) error {
	for {
		if err := t.replay(ctx); err != nil {
			return err
		}
		r, err := t.next(ctx)
		if err != nil || r == nil {
			return err
		}
		if err := t.command(ctx, *r); err != nil {
			return err
		}
	}
}

// decide returns the command to take now, nil if none waits, or errStop. It answers those that are refused.
func (t *Trainer) decide(ctx context.Context) (*control.Request, error) {
	if ctx.Err() != nil {
		return nil, errStop
	}
	if err := t.Sink.Problem(); err != nil {
		if err := t.waitForSink(ctx, err); err != nil {
			return nil, err
		}
	}
	for {
		var r control.Request
		if t.paused {
			select {
			case <-ctx.Done():
				return nil, errStop
			case r = <-t.Requests:
			}
		} else {
			select {
			case r = <-t.Requests:
			default:
				return nil, nil
			}
		}
		if refusal := t.refuse(r.Command); refusal != nil {
			r.Reply(refusal)
			continue
		}
		return &r, nil
	}
}

func (t *Trainer) waitForSink(ctx context.Context, problem error) error {
	t.Sink.Emit(event.Paused{Step: t.steps(), Tokens: t.tokens, Reason: problem.Error()})
	for t.Sink.Problem() != nil {
		select {
		case <-ctx.Done():
			return errStop
		case <-time.After(problemPoll):
		}
	}
	t.clock.start()
	t.Sink.Emit(event.Resumed{Step: t.steps(), Tokens: t.tokens})
	return nil
}

// command carries out one command that was not refused. An edit is safe in a checkpoint by the time of the reply.
func (t *Trainer) command(ctx context.Context, r control.Request) error {
	c := r.Command
	if e, ok := EditOf(c); ok {
		return t.editAsked(ctx, t.dated(e.Key, e.Value), r)
	}
	t.Sink.Emit(event.Command{Step: t.steps(), Tokens: t.tokens, Verb: c.Verb, Detail: c.Detail()})
	r.Reply(nil)
	if t.paused {
		t.clock.start() // what is done while paused counts as active, the waiting does not
	}
	switch c.Verb {
	case control.Pause:
		if err := t.save(ctx, "pause"); err != nil {
			return err
		}
		t.paused = true
		t.Sink.Emit(event.Paused{Step: t.steps(), Tokens: t.tokens})
	case control.Resume:
		t.paused = false
		t.Sink.Emit(event.Resumed{Step: t.steps(), Tokens: t.tokens})
	case control.Stop:
		return errStop
	case control.Save:
		return t.save(ctx, "asked")
	case control.Eval:
		return t.evaluate(t.Recipe.Eval.Tokens, false)
	case control.Sample:
		t.sampleAsked(c)
	case control.Set:
		if apply, err := t.setting(c.Key, c.Value); err == nil { // refuse saw to that
			apply()
		}
	}
	return nil
}

// editAsked makes an edit that was not refused.
func (t *Trainer) editAsked(ctx context.Context, e growth.Edit, r control.Request) error {
	if t.paused {
		t.clock.start()
	}
	err := t.edit(ctx, e)
	r.Reply(err)
	if err != nil {
		return err
	}
	return t.growIfDue(ctx)
}

// refuse says why c cannot be done now.
func (t *Trainer) refuse(c control.Command) error {
	if e, ok := EditOf(c); ok {
		if t.Replay != nil {
			return fmt.Errorf("the run replays the journal of another, so %v would make it another run", e)
		}
		_, err := t.following(t.dated(e.Key, e.Value))
		return err
	}
	switch c.Verb {
	case control.Pause:
		if t.paused {
			return fmt.Errorf("the run is paused already, at step %d", t.steps())
		}
	case control.Resume:
		if !t.paused {
			return fmt.Errorf("the run is not paused; it is at step %d", t.steps())
		}
	case control.Set:
		_, err := t.setting(c.Key, c.Value)
		return err
	case control.Stop, control.Save, control.Eval, control.Sample:
	default:
		return fmt.Errorf("the trainer does not take %q; it takes pause, resume, stop, save, eval, sample, set, grow, postpone and extend", c.Verb)
	}
	return nil
}

// sampleAsked fills what the command leaves open from the recipe.
func (t *Trainer) sampleAsked(c control.Command) {
	set := t.Recipe.Sample
	s := Sampling{Prompt: set.Prompt, Tokens: set.Tokens, Temperature: set.Temperature, TopK: c.TopK, TopP: c.TopP}
	if c.Prompt != "" {
		s.Prompt = c.Prompt
	}
	if c.Tokens > 0 {
		s.Tokens = c.Tokens
	}
	if c.Temperature > 0 {
		s.Temperature = c.Temperature
	}
	t.sample(s)
}
