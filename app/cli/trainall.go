package cli

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/search"
	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/event"
)

// trainAll trains the recipes that are not done yet, one after another, and shows it on stderr.
func (p Program) trainAll(cmd *cobra.Command, l session.Launch, recipes []growth.Recipe) ([]search.Outcome, error) {
	return p.trainMore(cmd.Context(), cmd, l, recipes)
}

// trainMore is trainAll within a context.
func (p Program) trainMore(ctx context.Context, cmd *cobra.Command, l session.Launch, recipes []growth.Recipe) (_ []search.Outcome, err error) {
	home, err := session.Open()
	if err != nil {
		return nil, err
	}
	show := &relay{term: p.terminal(cmd)}
	defer show.end()
	var all float64
	for _, r := range recipes {
		all += r.Plan().FLOPs
	}
	show.message(fmt.Sprintf("runs to train, unless they are found: %d, %s in all", len(recipes), flops(all)))
	q := &search.Queue{
		Home: home, Launch: l,
		Begin: func(int, growth.Recipe) engine.Options {
			return engine.Options{Version: version, Watch: show.next(), Warn: show.message}
		},
		Done: func(i int, o search.Outcome) {
			show.end()
			show.message(fmt.Sprintf("%d of %d: %s, run %s: %s", i+1, len(recipes), recipes[i].Name, o.Run, outcome(o)))
		},
	}
	ctx, release := engine.Signals(ctx,
		func(engine.Signal) {
			show.message("stopping: the step ends and a checkpoint is saved; once more ends at once")
		},
		func() { _ = q.Save(ctx) }) // the run file says whether it was
	defer release()
	return q.Run(ctx, recipes)
}

// outcome says in words what became of a run.
func outcome(o search.Outcome) string {
	s := "loss " + fixed(o.Loss, 4)
	if o.Diverged {
		s = "diverged"
	}
	if o.Found {
		s += " (found)"
	}
	return s
}

// relay shows runs one after another, each by a progress of its own.
type relay struct {
	term terminal
	mu   sync.Mutex // signals bring messages
	now  *progress  // nil before the first run
	pump *pump
}

// next begins to show another run, whose events the function takes.
func (r *relay) next() func(event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = newProgress(r.term)
	r.pump = newPump(r.now.show)
	return r.pump.put
}

// end returns when all events of the run have been shown.
func (r *relay) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pump != nil {
		r.pump.end()
		r.now.end()
		r.pump = nil
	}
}

// message prints a sentence above the live line.
func (r *relay) message(sentence string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = newProgress(r.term)
	}
	r.now.message(sentence)
}
