package cli

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/trainer/event"
)

// engine is the command of engine processes, which package session starts. What they print goes to a log file; how they
// start, they report on a pipe.
func (p Program) engine() *cobra.Command {
	cmd := &cobra.Command{Use: "engine", Short: "one run in a process of its own", Hidden: true, Args: noArgs}
	var l session.Launch
	var id string
	var ready bool
	cmd.PersistentFlags().BoolVar(&ready, "ready", false, "report on file descriptor 3 when the run trains, or why it does not")
	begin := &cobra.Command{
		Use:  "new --id ID --recipe RECIPE",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			return p.serve(cmd, newReady(ready), func(o engine.Options) (*engine.Engine, error) { return engine.New(home, id, l, o) })
		},
	}
	begin.Flags().StringVar(&id, "id", "", "id of the run")
	launchFlags(begin, &l)
	again := &cobra.Command{
		Use:  "resume FILE",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.serve(cmd, newReady(ready), func(o engine.Options) (*engine.Engine, error) {
				return engine.Resume(args[0], session.Launch{}, o)
			})
		},
	}
	cmd.AddCommand(begin, again, p.engineFork("fork", &id, &ready), p.engineFork("revert", &id, &ready))
	return cmd
}

// engineFork is the engine process of a fork, or of a run without its last edit.
func (p Program) engineFork(verb string, id *string, ready *bool) *cobra.Command {
	f := session.Fork{Revert: verb == "revert"}
	cmd := &cobra.Command{
		Use:  verb + " --id ID FILE",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			f.Run = args[0]
			return p.serve(cmd, newReady(*ready), func(o engine.Options) (*engine.Engine, error) { return engine.Fork(home, *id, f, o) })
		},
	}
	cmd.Flags().StringVar(id, "id", "", "id of the run")
	forkFlags(cmd, &f, "what is different")
	return cmd
}

// serve trains what open opens, and reports on the pipe: with the first event that it trains, or why it does not.
func (p Program) serve(cmd *cobra.Command, ready *readyPipe, open func(engine.Options) (*engine.Engine, error)) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, ready.report(session.Ready{Error: err.Error(), Code: code(err)}))
		}
	}()
	show := newProgress(p.terminal(cmd))
	watch := func(e event.Event) {
		show.show(e)
		if s, ok := e.(event.Start); ok {
			_ = ready.report(session.Ready{File: s.File}) // who started us may be gone
		}
	}
	e, err := open(engine.Options{Version: version, Watch: watch, Warn: show.message})
	if err != nil {
		return err
	}
	ctx, release := engine.Signals(cmd.Context(), func(engine.Signal) {}, func() { _ = e.Save(cmd.Context()) })
	defer release()
	_, err = e.Train(ctx)
	return errors.Join(err, e.Close())
}

// readyPipe reports once to the process that started us, if it gave us a pipe.
type readyPipe struct{ pipe *os.File }

func newReady(given bool) *readyPipe {
	if !given {
		return &readyPipe{} // started by hand
	}
	return &readyPipe{os.NewFile(session.ReadyFD, "ready")}
}

func (r *readyPipe) report(what session.Ready) error {
	if r.pipe == nil {
		return nil
	}
	line, err := json.Marshal(what)
	if err == nil {
		_, err = r.pipe.Write(append(line, '\n'))
	}
	err = errors.Join(err, r.pipe.Close())
	r.pipe = nil
	return err
}
