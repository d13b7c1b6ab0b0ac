package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"growlab/app/glload"
	"growlab/app/session"
)

func (p Program) attach() *cobra.Command {
	var theme string
	var terminal, asJSON bool
	cmd := &cobra.Command{
		Use:   "attach [HOST:]RUN",
		Short: "show a run that is there already, also one on another machine, and steer it",
		Long: `Show a run in the window, or, where none can open or with --terminal, its progress here. The run goes on when this ends.

HOST is as ssh takes it. Growlab must be installed there; GROWLAB_REMOTE is its path if ssh does not find it. What happened so
far is fetched, and what happens comes through the engine's socket, which ssh forwards: nothing listens on a network. ssh may ask
here for a password or a code, once; when the connection breaks it is made again without asking.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			defer home.Detach()
			home.Ask = term.IsTerminal(int(os.Stdin.Fd()))
			info, err := attachTo(cmd.Context(), home, args[0])
			if err != nil {
				return err
			}
			if terminal || asJSON || p.Window == nil || glload.Available() != nil {
				return p.watchUntilEnd(cmd, home, info, asJSON)
			}
			return p.Window(Window{Home: home, Run: info.ID, Theme: theme})
		},
	}
	cmd.Flags().BoolVar(&terminal, "terminal", false, "no window: show the progress here")
	cmd.Flags().StringVar(&theme, "theme", "", "of the window: dark, light or system")
	jsonFlag(cmd, &asJSON, "print every event from the beginning as a line of JSON")
	return cmd
}

// attachTo finds a run here, or on the machine before the colon.
func attachTo(ctx context.Context, home *session.Home, target string) (session.Info, error) {
	if !strings.Contains(target, ":") {
		return find(home, target)
	}
	return home.Attach(ctx, target)
}

// watchUntilEnd shows the events of a run until it ends or a person has seen enough.
func (p Program) watchUntilEnd(cmd *cobra.Command, home *session.Home, info session.Info, asJSON bool) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	show := newProgress(p.terminal(cmd))
	defer show.end()
	home.Line = lineMessages(show)
	events, err := home.Watch(ctx, info.ID)
	if err != nil {
		return err
	}
	for batch := range events {
		for _, e := range batch {
			if !asJSON {
				show.show(e)
				continue
			}
			if err := writeEvent(p.Streams.Out, e); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil && !asJSON {
		show.message("detached; the run goes on")
	}
	if far := home.Far(info.ID); far != nil && ctx.Err() == nil && far.Lost() != nil {
		return fmt.Errorf("run %s is not shown any more, and goes on: %w", info.ID, far.Lost())
	}
	return nil
}

// lineMessages tells of the connection to another machine.
func lineMessages(show *progress) func(id string, why error) {
	return func(id string, why error) {
		if why == nil {
			show.message("connected to " + id + " again")
			return
		}
		show.message(fmt.Sprintf("no connection to %s: %v; the run goes on there", id, why))
	}
}
