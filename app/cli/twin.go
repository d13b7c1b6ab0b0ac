package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
)

// twinFlags are those of growlab twin.
type twinFlags struct {
	session.Launch
	rival         string
	lr            float64
	asTOML, asRun bool // asRun: --json
	queued        bool
}

func (p Program) twin() *cobra.Command {
	var f twinFlags
	cmd := &cobra.Command{
		Use:   "twin RUN|RECIPE",
		Short: "train what a grown run is compared with: its twin, a fixed size, or the stack baseline",
		Long: `Train what a grown run is compared with, on the same text in the same order, from the same seed:

  twin     the last stage's shape from the first step, on as many tokens
  small    the first stage's shape alone, on as many tokens as the FLOPs of the whole run pay for
  middle   the middle stage's, likewise
  large    the last stage's, likewise
  stack    the same plan, grown by plain copies

A preset's name or a TOML file is a recipe, anything else a run; give a run's id where its name is a preset's too. Fixed sizes
have the run's peak learning rate times the first stage's width over theirs, unless --lr gives one: a rule of thumb, not a
tuned value. --set changes the rival, whose one stage is stage.1.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return session.Usagef("%s takes one run or recipe: an id, a name, a preset or a file", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.queued && (f.asTOML || f.asRun) {
				return session.Usagef("--queue trains nothing now, so that there is nothing for --json or --print-recipe to print")
			}
			if !slices.Contains(growth.Rivals, f.rival) {
				return session.Usagef("--rival is %q; it must be one of %s", f.rival, strings.Join(growth.Rivals, ", "))
			}
			home, err := session.Open()
			if err != nil {
				return err
			}
			of, err := lab.Of(home, args[0], f.Data)
			if err != nil {
				return err
			}
			rival, err := f.derive(of, cmd.Flags().Changed("lr"))
			if err != nil {
				return err
			}
			if f.asTOML {
				return p.printRecipe(rival, f.Launch)
			}
			return p.trainRival(cmd, home, of, rival, f)
		},
	}
	cmd.Flags().StringVar(&f.rival, "rival", growth.RivalTwin, "which: "+strings.Join(growth.Rivals, ", "))
	cmd.Flags().Float64Var(&f.lr, "lr", 0, "peak learning rate, if not the rule's")
	runFlags(cmd, &f.Launch, "without it the run's, or the King James Bible")
	cmd.Flags().BoolVar(&f.asTOML, "print-recipe", false, "print the rival's recipe as TOML instead of training it")
	cmd.Flags().BoolVar(&f.queued, "queue", false, "put the rival into the queue instead of training it now")
	jsonFlag(cmd, &f.asRun, "print every event as a line of JSON")
	return cmd
}

// derive is the rival's recipe.
func (f twinFlags) derive(of lab.Origin, lrGiven bool) (growth.Recipe, error) {
	rival, err := of.Recipe.Rival(f.rival, of.Spent)
	if err != nil {
		return rival, err
	}
	if lrGiven {
		rival.Train.LR = f.lr
	}
	return rival, rival.Validate()
}

// printRecipe prints r with the launch's changes.
func (p Program) printRecipe(r growth.Recipe, l session.Launch) error {
	text, err := r.TOML()
	if err != nil {
		return err
	}
	if r, err = session.ParseRecipe(r.Name, text, l); err != nil {
		return err
	}
	if text, err = r.TOML(); err != nil {
		return err
	}
	_, err = p.Streams.Out.Write(text)
	return err
}

// trainRival trains r as growlab train would, and says how to compare it.
func (p Program) trainRival(cmd *cobra.Command, home *session.Home, of lab.Origin, r growth.Recipe, f twinFlags) (err error) {
	draft, err := lab.Draft(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(filepath.Dir(draft))) }()
	l, id := f.Launch, store.NewID()
	l.Recipe, l.Data = draft, of.Data
	if f.queued {
		return p.enqueued(home.Enqueue(l))
	}
	err = p.work(cmd, f.asRun, func(o engine.Options) (*engine.Engine, error) { return engine.New(home, id, l, o) })
	if err != nil || f.asRun || of.Run == "" {
		return err
	}
	_, err = fmt.Fprintf(p.Streams.Out, "verdict   growlab compare %s %s\n", of.Run, id)
	return err
}
