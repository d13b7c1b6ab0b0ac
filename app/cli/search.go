package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/search"
	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer"
)

// searchFlags are those of growlab search.
type searchFlags struct {
	session.Launch
	search.Space
	tokens         string
	asTOML, asJSON bool
}

func (p Program) search() *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search --recipe NAME|FILE.toml --width N --lr A,B,...",
		Short: "find learning rate, initial values and output multiplier on a small proxy, for a recipe under muP",
		Long: `Train the first stage of a recipe at another width, once for each combination of values, and rank the final losses. muP carries
the best values over to the recipe's own widths: --print-recipe prints it with them.

The runs are ordinary ones, trained one after another. Ctrl+C saves a checkpoint and ends; the same command goes on where it
stopped, and one with more values trains only what is new.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			var err error
			if f.Space.Recipe, err = session.LoadRecipe(f.Launch); err != nil {
				return err
			}
			points, err := f.Points()
			if err != nil {
				return err
			}
			var recipes []growth.Recipe
			for _, x := range points {
				recipes = append(recipes, x.Recipe)
			}
			outcomes, err := p.trainAll(cmd, f.Launch, recipes)
			if err != nil {
				return err
			}
			return p.ranked(f, search.Rank(f.Space, points, outcomes))
		},
	}
	cmd.Flags().StringVar(&f.Launch.Recipe, "recipe", "", "what the values are for: the `NAME` of a preset or a TOML file (required)")
	cmd.Flags().StringVar(&f.Data, "data", "", "text to train on, a UTF-8 file or a folder of them; without it the King James Bible")
	recipeFlags(cmd, &f.Launch)
	deviceFlags(cmd, &f.Launch)
	cmd.Flags().IntVar(&f.Width, "width", 0, "hidden channels of the proxy (required)")
	cmd.Flags().StringVar(&f.tokens, "tokens", "", "tokens that each run sees, such as 500k; without it as many as the recipe's first stage")
	for _, x := range []struct {
		name, what string
		to         *[]float64
	}{
		{"lr", "peak learning rates to try, such as 2e-3,4e-3,8e-3", &f.LR},
		{"init-std", "initial standard deviations to try, such as 0.01,0.02,0.04", &f.InitStd},
		{"output-mult", "output multipliers to try, such as 0.5,1,2,4", &f.OutputMult},
	} {
		cmd.Flags().Var(&numbers{x.to}, x.name, x.what+" (default the recipe's)")
	}
	cmd.Flags().BoolVar(&f.asTOML, "print-recipe", false, "print the recipe with the best values as TOML instead of the table")
	jsonFlag(cmd, &f.asJSON, "print one JSON object")
	return cmd
}

// numbers is a list of positive numbers.
type numbers struct{ to *[]float64 }

func (n *numbers) String() string {
	var all []string
	if n.to != nil {
		for _, v := range *n.to {
			all = append(all, strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	return strings.Join(all, ",")
}

func (n *numbers) Set(text string) error {
	for s := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		switch {
		case err != nil || !(v > 0) || math.IsInf(v, 1):
			return fmt.Errorf("%q is not a positive number", s)
		case slices.Contains(*n.to, v):
			return fmt.Errorf("%q stands twice", s)
		}
		*n.to = append(*n.to, v)
	}
	return nil
}

func (*numbers) Type() string { return "NUMBERS" }

// check is about the flags alone.
func (f *searchFlags) check(cmd *cobra.Command) (err error) {
	switch {
	case f.asTOML && f.asJSON:
		return session.Usagef("--json has the recipe in it, and --print-recipe prints nothing else; give one of them")
	case f.Width < 1:
		return session.Usagef("--width is %d; it must be the proxy's hidden channels, such as 64", f.Width)
	case len(f.LR) == 0 && len(f.InitStd) == 0 && len(f.OutputMult) == 0:
		return session.Usagef("there is nothing to search; give values to try, such as --lr 2e-3,4e-3,8e-3, --init-std or --output-mult")
	case !cmd.Flags().Changed("tokens"):
		return nil
	}
	if f.Tokens, err = growth.ParseTokens(f.tokens); err != nil || f.Tokens <= 0 {
		return session.Usagef("--tokens is %q; it must be a positive number of tokens, such as 500k or 2.5M", f.tokens)
	}
	return nil
}

// searched is a ranking with the recipe that gets its best values.
type searched struct {
	search.Ranking
	Transfer string `json:"transfer,omitempty"` // the recipe as TOML
}

// ranked prints the end of a search.
func (p Program) ranked(f searchFlags, r search.Ranking) error {
	if r.Best == nil {
		failed := fmt.Errorf("%w, as did every run of the search; try lower learning rates", trainer.ErrDiverged)
		if f.asJSON {
			return errors.Join(writeJSON(p.Streams.Out, searched{Ranking: r}), failed)
		}
		return failed
	}
	recipe, err := f.Transfer(*r.Best)
	if err != nil {
		return err
	}
	toml, err := recipe.TOML()
	if err != nil {
		return err
	}
	switch {
	case f.asJSON:
		return writeJSON(p.Streams.Out, searched{r, string(toml)})
	case f.asTOML:
		_, err := p.Streams.Out.Write(toml)
		return err
	}
	return writeRanking(&text{w: p.Streams.Out}, r)
}

func writeRanking(t *text, r search.Ranking) error {
	t.line("proxy of %s: %s, %s parameters, %s tokens a run, muP base width %d", r.Recipe, r.Shape, grouped(r.Params), grouped(r.Tokens), r.BaseWidth)
	t.line("")
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "lr\tinit std\toutput mult\tfinal loss\tbehind the best\trun\t\t") // t keeps the error
	for _, x := range r.Runs {
		loss, behind, found := "diverged", "-", ""
		if x.Loss != nil {
			loss, behind = fixed(*x.Loss, 4), fmt.Sprintf("%.4f", *x.Behind)
		}
		if x.Found {
			found = "found"
		}
		_, _ = fmt.Fprintf(rows, "%g\t%g\t%g\t%s\t%s\t%s\t%s\t\n", x.LR, x.InitStd, x.OutputMult, loss, behind, x.Run, found)
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
	for _, n := range r.Notes {
		t.paragraph("note: " + n)
	}
	t.line("")
	t.line("best      lr %g, init std %g, output mult %g; --print-recipe prints %s with them", r.Best.LR, r.Best.InitStd, r.Best.OutputMult, r.Recipe)
	return t.err
}
