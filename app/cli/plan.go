package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/event"
)

// planned is a plan with what it costs on this machine.
type planned struct {
	Recipe  string         `json:"recipe"`
	Title   string         `json:"title,omitempty"`
	Device  string         `json:"device"`
	Stages  []plannedStage `json:"stages"`
	Tokens  int64          `json:"tokens"`
	Steps   int64          `json:"steps"`
	FLOPs   float64        `json:"flops"`
	Twin    float64        `json:"twin_flops"`
	Saved   float64        `json:"flops_saved"`
	Memory  int64          `json:"memory_bytes"` // of the stage that needs most
	Seconds float64        `json:"eta_seconds"`
}

type plannedStage struct {
	event.StageInfo
	FLOPs   float64 `json:"flops"`
	Memory  int64   `json:"memory_bytes"`
	Seconds float64 `json:"eta_seconds"`
}

func (p Program) plan() *cobra.Command {
	var l session.Launch
	var asJSON, asTOML bool
	cmd := &cobra.Command{
		Use:   "plan --recipe NAME|FILE.toml",
		Short: "show what a recipe will train, and what that costs here, without training",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			recipe, err := session.LoadRecipe(l)
			if err != nil {
				return err
			}
			if asTOML {
				text, err := recipe.TOML()
				if err != nil {
					return err
				}
				_, err = p.Streams.Out.Write(text)
				return err
			}
			plan, err := price(recipe, l)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(p.Streams.Out, plan)
			}
			return plan.write(&text{w: p.Streams.Out})
		},
	}
	cmd.Flags().StringVar(&l.Recipe, "recipe", "", "the `NAME` of a preset or a TOML file (required)")
	recipeFlags(cmd, &l)
	deviceFlags(cmd, &l)
	jsonFlag(cmd, &asJSON, "print one JSON object")
	cmd.Flags().BoolVar(&asTOML, "print-recipe", false, "print the whole recipe as TOML, defaults and changes included")
	return cmd
}

// price plans the recipe and measures this machine.
func price(r growth.Recipe, l session.Launch) (p planned, err error) {
	dev, err := session.OpenDevice(l.Device, l.Threads, r.Train.Precision)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	speed, err := session.MeasureSpeed(dev)
	if err != nil {
		return p, err
	}
	plan := r.Plan()
	p = planned{
		Recipe: r.Name, Title: r.Title, Device: dev.Name(), Tokens: plan.Tokens, Steps: plan.Steps,
		FLOPs: plan.FLOPs, Twin: plan.TwinFLOPs, Saved: plan.Saved,
	}
	eta := speed.Estimate(plan)
	for i, info := range session.Stages(plan) {
		s := plannedStage{info, plan.Stages[i].FLOPs, session.StageMemory(r, i, dev), eta[i].Seconds()}
		p.Stages = append(p.Stages, s)
		p.Memory = max(p.Memory, s.Memory)
		p.Seconds += s.Seconds
	}
	return p, nil
}

func (p planned) write(t *text) error {
	title := p.Recipe
	if p.Title != "" {
		title += ": " + p.Title
	}
	t.line("%s", title)
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(rows, "stage\tshape\theads\tFFN\tparameters\ttokens\tsteps\toperator\tramp\tFLOPs\tmemory\tETA\t") // t keeps the error
	for i, s := range p.Stages {
		operator, ramp := "-", "-"
		if i > 0 {
			operator, ramp = s.Operator, grouped(s.RampTokens)
		}
		_, _ = fmt.Fprintf(rows, "%d\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", i+1, s.Shape, s.Heads, s.FFN, grouped(s.Params),
			grouped(s.Tokens), grouped(s.Steps), operator, ramp, flops(s.FLOPs), bytesOf(s.Memory), eta(s.Seconds))
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
	t.line("total %s tokens in %s steps, %s, about %s on %s (steps alone, measured just now)",
		grouped(p.Tokens), grouped(p.Steps), flops(p.FLOPs), eta(p.Seconds), p.Device)
	if len(p.Stages) > 1 {
		t.line("the twin, %s from the start on the same tokens: %s; growing saves %s",
			p.Stages[len(p.Stages)-1].Shape, flops(p.Twin), percent(p.Saved))
	}
	return t.err
}

func eta(s float64) string { return clock(seconds(s).Round(100 * time.Millisecond)) }
