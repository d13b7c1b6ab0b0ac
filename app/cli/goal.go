package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/growth"
)

// goalFlags ask for a derived plan in place of a recipe.
type goalFlags struct {
	params, budget string
}

func (g *goalFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&g.params, "final-params", "", "derive the plan: parameters of the last stage, such as 10M")
	cmd.Flags().StringVar(&g.budget, "budget", "", "with --final-params: what the run may see or spend, such as 30M-tokens or 2P-flops")
}

// recipe is the one that l names, or the one that the goal asks for.
func (g goalFlags) recipe(l session.Launch) (growth.Recipe, error) {
	switch {
	case g.params == "" && g.budget == "":
		return session.LoadRecipe(l)
	case l.Recipe != "":
		return growth.Recipe{}, session.Usagef("--recipe names a plan and --final-params derives one; give one of them")
	case g.params == "" || g.budget == "":
		return growth.Recipe{}, session.Usagef("a plan is derived from both --final-params and --budget, for example --final-params 10M --budget 30M-tokens")
	}
	goal, err := g.parse()
	if err != nil {
		return growth.Recipe{}, err
	}
	derived, err := growth.Derive(goal)
	if err != nil {
		return growth.Recipe{}, err
	}
	text, err := derived.TOML()
	if err != nil {
		return growth.Recipe{}, err
	}
	return session.ParseRecipe(derived.Name, text, l)
}

func (g goalFlags) parse() (goal growth.Goal, err error) {
	if goal.Params, err = growth.ParseParams(g.params); err != nil {
		return goal, session.Usagef("--final-params: %v", err)
	}
	cut := max(strings.LastIndex(g.budget, "-"), 0)
	number, unit := g.budget[:cut], g.budget[cut:]
	switch unit {
	case "-tokens":
		goal.Tokens, err = growth.ParseTokens(number)
	case "-flops":
		goal.FLOPs, err = growth.ParseFLOPs(number)
	default:
		return goal, session.Usagef("--budget: %q has no unit; write for example 30M-tokens or 2P-flops", g.budget)
	}
	if err != nil {
		return goal, session.Usagef("--budget: %v", err)
	}
	if goal.Tokens <= 0 && goal.FLOPs <= 0 {
		return goal, session.Usagef("--budget: %q is not positive", g.budget)
	}
	return goal, nil
}
