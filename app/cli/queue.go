package cli

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
)

func (p Program) queue() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "an order of runs to train one after another",
		Long: `The queue is a file in the data folder. It survives everything, and the window shows the same one. growlab queue run, or the window,
works on it: one run at a time, each in an engine process of its own, and none while another run of the data folder trains.`,
		Args: noArgs, RunE: helpIsUsage,
	}
	cmd.AddCommand(p.queueAdd(), p.queueList(), p.queueRemove(), p.queueMove(), p.queueRun(),
		p.queueHold("hold", "begin no further run; the one that trains goes on", true),
		p.queueHold("release", "undo growlab queue hold", false), p.queueClear())
	return cmd
}

// atHome is a verb that needs the data folder alone.
func atHome(args cobra.PositionalArgs, do func(cmd *cobra.Command, h *session.Home, args []string) error) (cobra.PositionalArgs, func(*cobra.Command, []string) error) {
	return args, func(cmd *cobra.Command, args []string) error {
		home, err := session.Open()
		if err != nil {
			return err
		}
		return do(cmd, home, args)
	}
}

func (p Program) queueAdd() *cobra.Command {
	var l session.Launch
	cmd := &cobra.Command{
		Use:   "add RUN | add --recipe NAME|FILE.toml",
		Short: "put a run at the end of the queue: a new one, or one that was stopped, to be gone on with",
		Long: `Put a run at the end of the queue: a new one of a recipe, or one that was stopped or died. The recipe is read now; a file that changes
later changes nothing.`,
	}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 || len(args) == 1 == (l.Recipe != "") {
			return session.Usagef("%s takes a run that was stopped, or --recipe", cmd.CommandPath())
		}
		return nil
	}, func(cmd *cobra.Command, h *session.Home, args []string) error {
		var e session.Queued
		var err error
		if len(args) == 1 {
			e, err = h.EnqueueResume(args[0])
		} else {
			e, err = h.Enqueue(l)
		}
		return p.enqueued(e, notFound(err))
	})
	launchFlags(cmd, &l)
	cmd.Flags().Lookup("recipe").Usage = "what to train: the `NAME` of a preset or a TOML file"
	return cmd
}

// enqueued says that an entry is in the queue.
func (p Program) enqueued(e session.Queued, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Streams.Out, "%s is entry %s of the queue, the last; growlab queue run trains what is in it\n", e.Name, e.ID)
	return err
}

func (p Program) queueList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "list the queue in its order"}
	cmd.Args, cmd.RunE = atHome(noArgs, func(_ *cobra.Command, h *session.Home, _ []string) error {
		q, err := h.Queue()
		if err != nil {
			return err
		}
		pid, works := h.QueueRunner()
		if asJSON {
			return writeJSON(p.Streams.Out, struct {
				session.Queue
				Runner int  `json:"runner,omitempty"` // process
				Works  bool `json:"works"`
			}{q, pid, works})
		}
		t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "ENTRY\tNAME\tSTATE\tRUN\tADDED\t") // Flush tells
		for _, e := range q.Entries {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Name, e.State, e.Run, ago(e.Added, time.Now()), e.Error)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		state := "nobody works on it; growlab queue run does"
		switch {
		case q.Held:
			state = "it is held; growlab queue release lets it go on"
		case works:
			state = "process " + strconv.Itoa(pid) + " works on it"
		}
		_, err = fmt.Fprintf(p.Streams.Err, "%d of %d wait; %s\n", len(q.Waiting()), len(q.Entries), state)
		return err
	})
	jsonFlag(cmd, &asJSON, "print one JSON object")
	return cmd
}

// entries asks for arguments ENTRY.
func entries(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return session.Usagef("%s takes entries; growlab queue list shows them", cmd.CommandPath())
	}
	return nil
}

func (p Program) queueRemove() *cobra.Command {
	cmd := &cobra.Command{Use: "remove ENTRY...", Short: "remove entries that do not train; their runs stay"}
	cmd.Args, cmd.RunE = atHome(entries, func(_ *cobra.Command, h *session.Home, args []string) error {
		for _, id := range args {
			if err := h.Dequeue(id); err != nil {
				return err
			}
		}
		return nil
	})
	return cmd
}

func (p Program) queueMove() *cobra.Command {
	place := 1
	cmd := &cobra.Command{Use: "move ENTRY --to N", Short: "move an entry that waits; 1 is the next to train"}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return session.Usagef("%s takes one entry; growlab queue list shows them", cmd.CommandPath())
		}
		return nil
	}, func(_ *cobra.Command, h *session.Home, args []string) error { return h.MoveQueued(args[0], place-1) })
	cmd.Flags().IntVar(&place, "to", 1, "its `PLACE` among those that wait")
	return cmd
}

func (p Program) queueHold(verb, short string, held bool) *cobra.Command {
	cmd := &cobra.Command{Use: verb, Short: short}
	cmd.Args, cmd.RunE = atHome(noArgs, func(_ *cobra.Command, h *session.Home, _ []string) error { return h.HoldQueue(held) })
	return cmd
}

func (p Program) queueClear() *cobra.Command {
	cmd := &cobra.Command{Use: "clear", Short: "remove the entries that have ended; their runs stay"}
	cmd.Args, cmd.RunE = atHome(noArgs, func(_ *cobra.Command, h *session.Home, _ []string) error { return h.ClearQueue() })
	return cmd
}

func (p Program) queueRun() *cobra.Command {
	var ready, background bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "train what is in the queue, in its order",
		Long: `Train the entries of the queue in their order until none waits, or the queue is held. Ctrl+C ends this; a run that trains goes on in its
own process, and the next growlab queue run, or the window, waits for it.`,
	}
	cmd.Args, cmd.RunE = atHome(noArgs, func(cmd *cobra.Command, h *session.Home, _ []string) error {
		if background {
			return h.StartQueue(cmd.Context())
		}
		pipe := newReady(ready)
		began := func() { _ = pipe.report(session.Ready{File: "queue"}) } // who started us may be gone
		ctx, release := engine.Signals(cmd.Context(), func(engine.Signal) {}, func() {})
		defer release()
		err := h.RunQueue(ctx, began, p.tellQueued)
		if err != nil {
			_ = pipe.report(session.Ready{Error: err.Error(), Code: code(err)}) // likewise
		}
		if ctx.Err() != nil {
			return queueEnded{context.Cause(ctx)}
		}
		return err
	})
	cmd.Flags().BoolVar(&background, "background", false, "in a process that goes on when this terminal is closed")
	cmd.Flags().BoolVar(&ready, "ready", false, "")
	if err := cmd.Flags().MarkHidden("ready"); err != nil {
		panic(err) // it is defined above
	}
	return cmd
}

// queueEnded is the end of the work on the queue because of a signal.
type queueEnded struct{ cause error }

func (queueEnded) Error() string {
	return "the work on the queue has ended; a run of it that trains goes on in its own process"
}

func (e queueEnded) Unwrap() error { return e.cause }

// tellQueued says what became of an entry.
func (p Program) tellQueued(e session.Queued) {
	line := fmt.Sprintf("%s %s: %s, run %s", time.Now().Format(time.TimeOnly), e.Name, e.State, e.Run)
	if e.Error != "" {
		line += ": " + e.Error
	}
	_, _ = fmt.Fprintln(p.Streams.Err, line) // nobody else to tell
}
