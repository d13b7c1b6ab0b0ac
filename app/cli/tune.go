package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/lab"
	"growlab/app/search"
	"growlab/app/session"
	"growlab/growth"
)

// tuneFlags are those of a comparison whose learning rates are tuned.
type tuneFlags struct {
	tune     bool
	seeds    []uint64 // compared
	tuneSeed uint64
	factors  []float64
	most     int
	transfer []string
}

func tuneFlagsOf(cmd *cobra.Command, f *tuneFlags) {
	f.seeds, f.factors = []uint64{1, 2, 3}, []float64{0.5, 1, 2}
	cmd.Flags().BoolVar(&f.tune, "tune", false, "tune each contender's learning rate with the same budget, and train what is compared")
	cmd.Flags().Var(&seeds{to: &f.seeds}, "seeds", "with --tune, seeds of the runs that are compared")
	cmd.Flags().Uint64Var(&f.tuneSeed, "tune-seed", 100, "with --tune, seed of the runs that tune, none of --seeds")
	cmd.Flags().Var(&factors{to: &f.factors}, "factors", "with --tune, learning rates to begin with, times the recipe's own")
	cmd.Flags().IntVar(&f.most, "most", 6, "with --tune, rates to try for each contender at most, while the best of any lies at the edge")
	cmd.Flags().StringSliceVar(&f.transfer, "transfer", nil, "with --tune, smaller recipes to tune instead, one for each contender, whose rates are carried over by muP or 1/width")
}

// check is about the flags alone.
func (f *tuneFlags) check(cmd *cobra.Command) error {
	if !f.tune {
		for _, name := range []string{"seeds", "tune-seed", "factors", "most", "transfer", "data"} {
			if cmd.Flags().Changed(name) {
				return session.Usagef("--%s goes with --tune", name)
			}
		}
		return nil
	}
	if slices.Contains(f.seeds, f.tuneSeed) {
		return session.Usagef("--tune-seed is %d, one of --seeds; what was tuned on a seed is not compared on it", f.tuneSeed)
	}
	return nil
}

// seeds is a list of seeds, replaced when it is given.
type seeds struct{ to *[]uint64 }

func (s *seeds) String() string {
	var all []string
	if s.to != nil {
		for _, n := range *s.to {
			all = append(all, strconv.FormatUint(n, 10))
		}
	}
	return strings.Join(all, ",")
}

func (s *seeds) Set(text string) error {
	var all []uint64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 63)
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a whole number from 0 to 2^63-1", part)
		case slices.Contains(all, n):
			return fmt.Errorf("%q stands twice", part)
		}
		all = append(all, n)
	}
	*s.to = all
	return nil
}

func (*seeds) Type() string { return "SEEDS" }

// factors is a list of numbers, replaced when it is given.
type factors struct{ to *[]float64 }

func (f *factors) String() string { return (&numbers{f.to}).String() }

func (f *factors) Set(text string) error {
	var all []float64
	if err := (&numbers{&all}).Set(text); err != nil {
		return err
	}
	*f.to = all
	return nil
}

func (*factors) Type() string { return "NUMBERS" }

// tuned tunes the contenders that args name and trains them on all seeds. It returns the runs, the first contender's first, and
// what each is called.
func (p Program) tuned(cmd *cobra.Command, f compareFlags, args []string) (t *lab.Tuning, runs []string, names map[string]string, err error) {
	contenders, data, err := p.contenders(args, f.Data)
	if err != nil {
		return nil, nil, nil, err
	}
	l := f.Launch
	l.Data = data
	on := contenders
	if len(f.transfer) > 0 {
		if on, _, err = p.contenders(f.transfer, f.Data); err != nil {
			return nil, nil, nil, err
		}
		if err := smaller(on, contenders); err != nil {
			return nil, nil, nil, err
		}
	}
	train := func(ctx context.Context, recipes []growth.Recipe) ([]search.Outcome, error) {
		return p.trainMore(ctx, cmd, l, recipes)
	}
	tuner := search.Tuner{Contenders: on, Seed: f.tuneSeed, Factors: f.factors, Most: f.most, Train: train}
	all, err := tuner.Run(cmd.Context())
	if err != nil {
		return nil, nil, nil, err
	}
	t = &lab.Tuning{Seed: f.tuneSeed, Seeds: f.seeds, Contenders: all}
	if len(f.transfer) > 0 {
		for i := range all {
			if all[i].LR, all[i].Rule, err = search.Carry(all[i].Best, on[i], contenders[i]); err != nil {
				return nil, nil, nil, err
			}
			all[i].Name = contenders[i].Name
		}
	}
	runs, names, err = finals(cmd.Context(), contenders, *t, train)
	return t, runs, names, err
}

// smaller makes sure that there is something to transfer from for every contender, and that it costs no more.
func smaller(on, contenders []growth.Recipe) error {
	if len(on) != len(contenders) {
		return session.Usagef("--transfer comes to %d recipes and there are %d contenders; each needs one, in the same order (one recipe alone stands for it and all its rivals)",
			len(on), len(contenders))
	}
	for i, r := range contenders {
		if a, b := on[i].Plan().FLOPs, r.Plan().FLOPs; a > b {
			return session.Usagef("--transfer has %s of %s for %s of %s; one that costs more saves nothing, so leave --transfer out",
				on[i].Name, flops(a), r.Name, flops(b))
		}
	}
	return nil
}

// contenders are the recipes that args name, by presets, files or runs; of one alone, it and all its rivals. data is the text.
func (p Program) contenders(args []string, data string) ([]growth.Recipe, string, error) {
	home, err := session.Open()
	if err != nil {
		return nil, "", err
	}
	var all []growth.Recipe
	for i, arg := range args {
		of, err := lab.Of(home, arg, data)
		if err != nil {
			return nil, "", err
		}
		if i > 0 && of.Run != "" && of.Data != data {
			return nil, "", session.Usagef("run %s is on another text than the first contender; losses compare on one text only", of.Run)
		}
		if i == 0 {
			data = of.Data
		}
		all = append(all, of.Recipe)
	}
	if len(all) > 1 {
		return all, data, nil
	}
	for _, kind := range all[0].RivalKinds() {
		r, err := all[0].Rival(kind, growth.Spent{})
		if err != nil {
			return nil, "", err
		}
		all = append(all, r)
	}
	return all, data, nil
}

// finals trains every contender at its rate on every seed.
func finals(ctx context.Context, contenders []growth.Recipe, t lab.Tuning, train func(context.Context, []growth.Recipe) ([]search.Outcome, error)) (runs []string, names map[string]string, err error) {
	var recipes []growth.Recipe
	var of []string
	for _, seed := range t.Seeds { // so that there is something to compare early
		for i, r := range contenders {
			recipes, of = append(recipes, search.At(r, t.Contenders[i].LR, seed)), append(of, r.Name)
		}
	}
	outcomes, err := train(ctx, recipes)
	if err != nil {
		return nil, nil, err
	}
	names = map[string]string{}
	for i, o := range outcomes {
		if o.Diverged {
			return nil, nil, fmt.Errorf("run %s, %s, diverged at its tuned rate; there is no verdict without it", o.Run, recipes[i].Name)
		}
		runs, names[o.Run] = append(runs, o.Run), of[i]
	}
	return runs, names, nil
}

// writeTuning prints the table of the trials.
func writeTuning(t *text, tuning lab.Tuning) {
	t.line("learning rates, tuned on seed %d", tuning.Seed)
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "contender\tlr\tfinal loss\trun\t\t") // t keeps the error
	for _, c := range tuning.Contenders {
		for _, x := range c.Trials {
			loss, taken := "diverged", ""
			if x.Loss != nil {
				loss = fixed(*x.Loss, 4)
			}
			if x.LR == c.Best {
				taken = "taken"
				if c.LR != c.Best {
					taken = fmt.Sprintf("taken as %g", c.LR)
				}
			}
			_, _ = fmt.Fprintf(rows, "%s\t%g\t%s\t%s\t%s\t\n", c.Name, x.LR, loss, x.Run, taken)
		}
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
}
