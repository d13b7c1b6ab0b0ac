package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"growlab/app/frontier"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
)

// frontierFlags are those of growlab frontier.
type frontierFlags struct {
	session.Launch
	allOf, png, csv string
	train           []string // recipes
	seeds           []uint64
	asJSON          bool
}

func (p Program) frontier() *cobra.Command {
	var f frontierFlags
	cmd := &cobra.Command{
		Use:   "frontier RUN... | --all-of DATASET",
		Short: "hold growth plans against the lower envelope of fixed sizes, in loss against FLOPs",
		Long: `Hold finished runs against the lower envelope of fixed sizes: the lowest loss that any network which never grew reaches for
given FLOPs. Runs of one recipe that differ in their seed are one contender. Only below the envelope did growing pay.

The envelope is made of final losses, and of curves where only a longer run got that far: such a run stands in the middle of its
schedule, so the envelope is then too high. Nothing is extrapolated. The last networks are measured once more on the held-out text
of the curves, which takes a moment.

--train trains recipes first, one after another; those that were trained before, on the same text, are found instead. Ctrl+C saves
a checkpoint and ends; the same command goes on where it stopped.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.allOf != "" && len(args) > 0:
				return session.Usagef("--all-of takes all runs on a text and %q names one; give one of them", args[0])
			case f.allOf == "" && len(args)+len(f.train)*max(len(f.seeds), 1) < 2:
				return session.Usagef("%s takes two runs or more: ids, their beginnings, names or files; or --all-of and the name of a text", cmd.CommandPath())
			case len(f.train) == 0 && (len(f.seeds) > 0 || f.Data != ""):
				return session.Usagef("--seeds and --data are for recipes to train; name those with --train")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			trained, notes, err := p.trainFor(cmd, f)
			if err != nil {
				return err
			}
			return p.frontierOf(append(args, trained...), notes, f)
		},
	}
	cmd.Flags().StringVar(&f.allOf, "all-of", "", "all finished runs on the text `DATASET`: its name, or the beginning of its SHA-256")
	cmd.Flags().StringVar(&f.png, "png", "", "draw loss against FLOPs into `FILE`")
	cmd.Flags().StringVar(&f.csv, "csv", "", "write a line for each contender to `FILE`")
	cmd.Flags().StringArrayVar(&f.train, "train", nil, "train a recipe first, the `NAME` of a preset or a TOML file; repeatable")
	cmd.Flags().Var(&seeds{to: &f.seeds}, "seeds", "seeds of what --train trains, such as 1,2,3 (default the recipe's)")
	cmd.Flags().StringVar(&f.Data, "data", "", "text that --train trains on, a UTF-8 file or a folder of them; without it the King James Bible")
	deviceFlags(cmd, &f.Launch)
	jsonFlag(cmd, &f.asJSON, "print one JSON object")
	return cmd
}

// recipes are what --train names, with every seed.
func (f frontierFlags) recipes() ([]growth.Recipe, error) {
	var seeds []*uint64
	for _, s := range f.seeds {
		seeds = append(seeds, &s)
	}
	if len(seeds) == 0 {
		seeds = append(seeds, nil) // the recipe's own
	}
	var all []growth.Recipe
	for _, name := range f.train {
		for _, s := range seeds {
			r, err := session.LoadRecipe(session.Launch{Recipe: name, Seed: s})
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// trainFor trains what --train names, and returns the ids of those that ended. The notes say which did not.
func (p Program) trainFor(cmd *cobra.Command, f frontierFlags) (ids, notes []string, err error) {
	recipes, err := f.recipes()
	if err != nil || len(recipes) == 0 {
		return nil, nil, err
	}
	outcomes, err := p.trainAll(cmd, f.Launch, recipes)
	for i, o := range outcomes {
		if o.Diverged {
			notes = append(notes, fmt.Sprintf("left out, because it diverged: run %s of %s, seed %d", o.Run, recipes[i].Name, recipes[i].Train.Seed))
			continue
		}
		ids = append(ids, o.Run)
	}
	return ids, notes, err
}

// frontierOf reads the runs, and writes what was asked for.
func (p Program) frontierOf(args, notes []string, f frontierFlags) error {
	if f.allOf != "" {
		home, err := session.Open()
		if err != nil {
			return err
		}
		all, left, err := runsOn(home, f.allOf)
		if err != nil {
			return err
		}
		args, notes = all, append(notes, left...)
	}
	entries, err := p.entries(args, nil, f.Launch)
	if err != nil {
		return err
	}
	c, err := lab.Compare(entries)
	if err != nil {
		return err
	}
	x, err := frontier.Of(c.Contenders())
	if errors.Is(err, frontier.ErrNoFixedSize) {
		return session.Usagef("%v; growlab twin %s --rival small makes one", err, entries[0].Info.ID)
	}
	if err != nil {
		return err
	}
	x.Notes = slices.Concat(c.Verdict.Cautions(), notes, x.Notes)
	for _, out := range []struct {
		path  string
		write func(io.Writer) error
	}{{f.csv, x.WriteCSV}, {f.png, func(w io.Writer) error { return x.WritePNG(w, c) }}} {
		if err := writeFile(out.path, out.write); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(p.Streams.Out, x)
	}
	return writeFrontier(&text{w: p.Streams.Out}, x)
}

// writeFile writes a file anew; "" is none.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return errors.Join(write(file), file.Close())
}
