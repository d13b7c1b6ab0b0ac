package cli

import (
	"errors"
	"fmt"
	"strings"
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
	Teacher growth.Teacher `json:"teacher,omitzero"`
	Memory  int64          `json:"memory_bytes"` // of the stage that needs most
	Seconds float64        `json:"eta_seconds"`
	// DeviceMemory is what a device with memory of its own has, and Memory is of that then; nil for the CPU.
	DeviceMemory *deviceMemory `json:"device_memory,omitempty"`
	// GPUs is how many train together, if several do. Memory is that of each; Seconds are those of one, shared out.
	GPUs int `json:"gpus,omitempty"`

	// The same compute by FLM-101B's formula and by 6 FLOPs for each parameter and token.
	PaperFLOPs float64 `json:"flops_paper"`
	ParamFLOPs float64 `json:"flops_6nd"`
	// Footprint is what the rates that were given say; nil if none was.
	Footprint *footprint `json:"footprint,omitempty"`

	drawn []string // the schedule, for people
}

// deviceMemory is the memory of a GPU in bytes.
type deviceMemory struct {
	Free  int64 `json:"free_bytes"`
	Total int64 `json:"total_bytes"`
}

type plannedStage struct {
	event.StageInfo
	FLOPs   float64 `json:"flops"`
	Memory  int64   `json:"memory_bytes"`
	Seconds float64 `json:"eta_seconds"`

	PaperFLOPs float64 `json:"flops_paper"`
	ParamFLOPs float64 `json:"flops_6nd"`
	LR         float64 `json:"lr"`
	LREnd      float64 `json:"lr_end"`
	Warmup     int64   `json:"warmup_tokens"`
	// Plateau evaluations without a gain of so many nats end the stage early.
	Plateau     int     `json:"plateau,omitempty"`
	PlateauGain float64 `json:"plateau_gain,omitempty"`
	// How the stage is reached; empty for the first.
	Preserves bool   `json:"preserves"`
	Moments   string `json:"moments,omitempty"`
	RampShape string `json:"ramp_shape,omitempty"`
	LRPolicy  string `json:"lr_policy,omitempty"`
}

func (p Program) plan() *cobra.Command {
	var l session.Launch
	var goal goalFlags
	var rates ratesFlags
	var asJSON, asTOML bool
	cmd := &cobra.Command{
		Use:   "plan --recipe NAME|FILE.toml, or plan --final-params N --budget B",
		Short: "show what a recipe will train, and what that costs here, without training",
		Long: `Show what a recipe will train and what that costs here, without training.

With --final-params and --budget the recipe is derived: three stages with the paper's shares of the tokens and ratios of
parameters; --print-recipe writes it as a file that growlab train --recipe takes.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := rates.check(cmd); err != nil {
				return err
			}
			recipe, err := goal.recipe(l)
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
			plan.Footprint = rates.footprint(plan.Seconds)
			if asJSON {
				return writeJSON(p.Streams.Out, plan)
			}
			return plan.write(&text{w: p.Streams.Out})
		},
	}
	cmd.Flags().StringVar(&l.Recipe, "recipe", "", "the `NAME` of a preset or a TOML file")
	goal.register(cmd)
	recipeFlags(cmd, &l)
	deviceFlags(cmd, &l)
	rates.register(cmd)
	jsonFlag(cmd, &asJSON, "print one JSON object")
	cmd.Flags().BoolVar(&asTOML, "print-recipe", false, "print the whole recipe as TOML, defaults and changes included")
	return cmd
}

// price plans the recipe and measures this machine.
func price(r growth.Recipe, l session.Launch) (p planned, err error) {
	gpus, _, err := session.Together(l.Device)
	if err != nil {
		return p, err
	}
	dev, err := session.OpenDevice(l.Device, l.Threads, r.Train.Precision)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	size := max(len(gpus), 1)
	speed, err := session.MeasureSpeed(dev)
	if err != nil {
		return p, err
	}
	plan := r.Plan()
	p = planned{
		Recipe: r.Name, Title: r.Title, Teacher: r.Teacher, Device: dev.Name(), Tokens: plan.Tokens, Steps: plan.Steps,
		FLOPs: plan.FLOPs, Twin: plan.TwinFLOPs, Saved: plan.Saved, PaperFLOPs: plan.PaperFLOPs, ParamFLOPs: plan.ParamFLOPs,
		drawn: drawSchedule(r),
	}
	if size > 1 {
		p.GPUs = size
	}
	if free, total, apart := session.DeviceMemory(dev); apart {
		p.DeviceMemory = &deviceMemory{free, total}
	}
	for i, info := range session.Stages(plan) {
		x := plan.Stages[i]
		s := plannedStage{
			StageInfo: info, FLOPs: x.FLOPs, Memory: session.StageMemory(r, i, size, dev),
			Seconds:    x.FLOPs / speed.Rate(x.Config.Hidden) / float64(size),
			PaperFLOPs: x.PaperFLOPs, ParamFLOPs: x.ParamFLOPs, LR: x.LR, LREnd: x.LREnd, Warmup: x.Warmup,
			Plateau: x.Plateau, PlateauGain: x.PlateauGain,
			Preserves: x.Preserves, Moments: x.Moments, RampShape: x.RampShape, LRPolicy: x.LRPolicy,
		}
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
	for i, s := range p.Stages {
		t.line("stage %d: %s", i+1, s.schedule())
	}
	if p.Teacher.On() {
		t.line("teacher: %s of the sequences of each batch hold propositions (%s), whose labels are %d tokens more than bytes have values",
			percent(p.Teacher.Share), p.Teacher.File, growth.TeacherLabels)
	}
	t.line("")
	for _, row := range p.drawn {
		t.line("%s", row)
	}
	t.line("")
	t.line("total %s tokens in %s steps, %s, about %s on %s (steps alone, measured just now)",
		grouped(p.Tokens), grouped(p.Steps), flops(p.FLOPs), eta(p.Seconds), p.Device)
	if m := p.DeviceMemory; m != nil {
		verdict := "so that every stage fits"
		if p.Memory > m.Free {
			verdict = "so that stages which need more take fewer sequences at a time"
		}
		whose := "the GPU's"
		if p.GPUs > 1 {
			t.line("%d GPUs share the work: the time is that of one, divided by %d; what they tell each other is not in it", p.GPUs, p.GPUs)
			whose = "that of each GPU"
		}
		t.line("the memory is %s: %s of %s are free, %s", whose, bytesOf(m.Free), bytesOf(m.Total), verdict)
	}
	t.line("by the paper's formula %s, by 6 for each parameter and token %s", flops(p.PaperFLOPs), flops(p.ParamFLOPs))
	if p.Footprint != nil {
		t.line("%s", p.Footprint)
	}
	if len(p.Stages) > 1 {
		t.line("the twin, %s from the start on the same tokens: %s; growing saves %s",
			p.Stages[len(p.Stages)-1].Shape, flops(p.Twin), percent(p.Saved))
	}
	return t.err
}

// schedule says in words how the stage is reached and what its learning rate does.
func (s plannedStage) schedule() string {
	var parts []string
	if s.Operator != "" {
		keeps := "does not preserve the function"
		if s.Preserves {
			keeps = "preserves the function"
		}
		parts = append(parts, fmt.Sprintf("%s %s", s.Operator, keeps), "moments "+s.Moments)
	}
	if s.RampTokens > 0 {
		ramp := fmt.Sprintf("%s ramp over %s tokens", s.RampShape, grouped(s.RampTokens))
		if s.RampOrder != "" {
			ramp += " (" + s.RampOrder + ", one after another)"
		}
		parts = append(parts, ramp)
	}
	rate := fmt.Sprintf("learning rate %.3g to %.3g", s.LR, s.LREnd)
	if s.Warmup > 0 {
		rate += fmt.Sprintf(" after a warm-up of %s tokens", grouped(s.Warmup))
	}
	if s.LRPolicy == growth.LRRewind || s.LRPolicy == growth.LRRewarm {
		rate += " (" + s.LRPolicy + ")"
	}
	parts = append(parts, rate)
	if s.Plateau > 0 {
		evaluations := "evaluations"
		if s.Plateau == 1 {
			evaluations = "evaluation"
		}
		parts = append(parts, fmt.Sprintf("ends early after %d %s without a gain of %g nats", s.Plateau, evaluations, s.PlateauGain))
	}
	return strings.Join(parts, "; ")
}

// eta writes an expected time, in years where days are too many to read.
func eta(s float64) string {
	const year = 365.25 * 24 * 3600
	if s > 3*year {
		return fmt.Sprintf("%.3g years", s/year)
	}
	return clock(seconds(s).Round(100 * time.Millisecond))
}
