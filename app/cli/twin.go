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
	rivals        []string
	lr            float64
	asTOML, asRun bool // asRun: --json
	queued        bool
}

// allRivals stands for every rival that a recipe has.
const allRivals = "all"

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

--rival takes several, such as twin,small, which are trained one after another; --rival all takes all.

A preset's name or a TOML file is a recipe, anything else a run; give a run's id where its name is a preset's too. Fixed sizes
have the run's peak learning rate times the first stage's width over theirs, unless --lr gives one: a rule of thumb, not a
tuned value. --set changes the rival, whose one stage is stage.1.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return session.Usagef("%s takes one run or recipe: an id, a name, a preset or a file", cmd.CommandPath())
			}
			return f.check(cmd)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			of, err := lab.Of(home, args[0], f.Data)
			if err != nil {
				return err
			}
			rivals, err := f.derive(of, cmd.Flags().Changed("lr"))
			if err != nil {
				return err
			}
			if f.asTOML {
				return p.printRecipe(rivals[0], f.Launch)
			}
			return p.trainRivals(cmd, home, of, rivals, f)
		},
	}
	cmd.Flags().StringSliceVar(&f.rivals, "rival", []string{growth.RivalTwin}, "which: "+strings.Join(growth.Rivals, ", ")+", several of them, or "+allRivals)
	cmd.Flags().Float64Var(&f.lr, "lr", 0, "peak learning rate, if not the rule's")
	runFlags(cmd, &f.Launch, "without it the run's, or the King James Bible")
	cmd.Flags().BoolVar(&f.asTOML, "print-recipe", false, "print the rival's recipe as TOML instead of training it")
	cmd.Flags().BoolVar(&f.queued, "queue", false, "put the rival into the queue instead of training it now")
	jsonFlag(cmd, &f.asRun, "print every event as a line of JSON")
	return cmd
}

// check is about the flags alone.
func (f *twinFlags) check(cmd *cobra.Command) error {
	if f.queued && (f.asTOML || f.asRun) {
		return session.Usagef("--queue trains nothing now, so that there is nothing for --json or --print-recipe to print")
	}
	for i, kind := range f.rivals {
		switch {
		case kind == allRivals && len(f.rivals) == 1:
		case !slices.Contains(growth.Rivals, kind):
			return session.Usagef("--rival is %q; it must be one of %s, several of them, or %s alone", kind, strings.Join(growth.Rivals, ", "), allRivals)
		case slices.Contains(f.rivals[:i], kind):
			return session.Usagef("--rival names %s twice", kind)
		}
	}
	if len(f.rivals) == 1 && f.rivals[0] != allRivals {
		return nil
	}
	for _, one := range []string{"name", "lr", "print-recipe"} {
		if cmd.Flags().Changed(one) {
			return session.Usagef("--%s is for one rival, and --rival %s is several", one, strings.Join(f.rivals, ","))
		}
	}
	return nil
}

// derive is the rivals' recipes.
func (f twinFlags) derive(of lab.Origin, lrGiven bool) ([]growth.Recipe, error) {
	kinds := f.rivals
	if kinds[0] == allRivals {
		kinds = of.Recipe.RivalKinds()
	}
	var all []growth.Recipe
	for _, kind := range kinds {
		rival, err := of.Recipe.Rival(kind, of.Spent)
		if err != nil {
			return nil, err
		}
		if lrGiven {
			rival.Train.LR = f.lr
			if err := rival.Validate(); err != nil {
				return nil, err
			}
		}
		all = append(all, rival)
	}
	return all, nil
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

// trainRivals trains or queues all, one after another, and says how to compare them.
func (p Program) trainRivals(cmd *cobra.Command, home *session.Home, of lab.Origin, all []growth.Recipe, f twinFlags) error {
	var ids []string
	for _, r := range all {
		id := store.NewID()
		if err := p.trainRival(cmd, home, id, of, r, f); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if f.queued || f.asRun || of.Run == "" {
		return nil
	}
	_, err := fmt.Fprintf(p.Streams.Out, "verdict   growlab compare %s %s\n", of.Run, strings.Join(ids, " "))
	return err
}

// trainRival trains r as growlab train would, or queues it.
func (p Program) trainRival(cmd *cobra.Command, home *session.Home, id string, of lab.Origin, r growth.Recipe, f twinFlags) (err error) {
	draft, err := lab.Draft(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(filepath.Dir(draft))) }()
	l := f.Launch
	l.Recipe, l.Data = draft, of.Data
	if f.queued {
		return p.enqueued(home.Enqueue(l))
	}
	return p.work(cmd, f.asRun, func(o engine.Options) (*engine.Engine, error) { return engine.New(home, id, l, o) })
}
