package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/assets"
	"growlab/trainer/bench"
	"growlab/trainer/compute/profile"
)

// benchFlags are the flags of growlab bench.
type benchFlags struct {
	session.Launch // Device, Threads, Precision
	shape          string
	runs           int
	seconds        float64
	masked         bool
	json           bool
}

func (p Program) bench() *cobra.Command {
	f := benchFlags{shape: "A", runs: bench.LeastRuns, seconds: 2}
	f.Precision = "auto"
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure how fast this machine trains, and where the time goes",
		Long: `Train a network on random tokens, whole steps (forward, backward, clipping, AdamW), several times over, and print the tokens
of a second; then, in further steps, what each operation takes. docs/performance.md explains the tables. Shapes:

` + listShapes() + `
A preset's name, or a recipe's file, is the shape and the batch of its last stage.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return p.measure(f) },
	}
	cmd.Flags().StringVar(&f.shape, "shape", f.shape, "what to train: the `NAME` of a shape or a preset, or a TOML file")
	cmd.Flags().IntVar(&f.runs, "runs", f.runs, "how often to measure")
	cmd.Flags().Float64Var(&f.seconds, "seconds", f.seconds, "the least that a run lasts; it has one step at least")
	cmd.Flags().BoolVar(&f.masked, "masked", false, "measure the middle of a growth as well, its steps beside the plain ones")
	precisionFlag(cmd, &f.Precision, "default auto")
	deviceFlags(cmd, &f.Launch)
	jsonFlag(cmd, &f.json, "print one JSON object")
	return cmd
}

func listShapes() string {
	var s strings.Builder
	for _, b := range bench.Shapes() {
		fmt.Fprintf(&s, "  %v (%s)\n", b, b.About)
	}
	return s.String()
}

// measure runs the benchmark and prints it.
func (p Program) measure(f benchFlags) (err error) {
	if f.runs < bench.LeastRuns || f.runs > 1000 {
		return session.Usagef("--runs is %d; it must be from %d, so that the spread means something, to 1000", f.runs, bench.LeastRuns)
	}
	if !(f.seconds > 0 && f.seconds <= 3600) {
		return session.Usagef("--seconds is %v; it must be above 0 and at most 3600", f.seconds)
	}
	s, err := benchShape(f.shape)
	if err != nil {
		return err
	}
	dev, err := session.OpenDevice(f.Device, f.Threads, f.Precision)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	if err := session.FitsNetwork("shape "+s.Name, s.Config, s.Seqs, dev); err != nil {
		return err
	}
	r, err := bench.Run(dev, s, bench.Options{Runs: f.runs, Each: seconds(f.seconds), Masked: f.masked})
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(p.Streams.Out, measurementOf(r))
	}
	return writeBench(&text{w: p.Streams.Out}, r)
}

// benchShape is a named shape, or the end of a recipe.
func benchShape(name string) (bench.Shape, error) {
	if s, ok := bench.Lookup(name); ok {
		return s, nil
	}
	r, err := session.LoadRecipe(session.Launch{Recipe: name})
	if errors.Is(err, assets.ErrNoRecipe) || name == "" {
		var names []string
		for _, s := range bench.Shapes() {
			names = append(names, s.Name)
		}
		return bench.Shape{}, session.Usagef("there is no shape %q; there are %s, the presets %s, and recipe files",
			name, strings.Join(names, ", "), strings.Join(assets.Recipes(), ", "))
	}
	if err != nil {
		return bench.Shape{}, err
	}
	return bench.Shape{Name: r.Name, About: r.Title, Config: r.Final(), Seqs: r.MicroBatch(len(r.Stages) - 1)}, nil
}

// measurement is what growlab bench --json prints.
type measurement struct {
	Shape         string         `json:"shape"`
	Description   string         `json:"description"`
	Device        string         `json:"device"`
	Precision     string         `json:"precision"`
	Threads       int            `json:"threads"`
	Params        int64          `json:"params"`
	StepTokens    int            `json:"tokens_per_step"`
	FLOPsPerToken float64        `json:"flops_per_token"`
	Tokens        float64        `json:"tokens_per_s"` // median
	Best          float64        `json:"best_tokens_per_s"`
	Worst         float64        `json:"worst_tokens_per_s"`
	Spread        float64        `json:"spread"` // from worst to best, over the median
	Runs          []float64      `json:"runs_tokens_per_s"`
	GFLOPS        float64        `json:"gflops"`        // of the median
	Peak          *float64       `json:"peak_gflops"`   // null if the engine cannot measure it
	PeakFraction  *float64       `json:"peak_fraction"` // of the median
	Masked        *maskedRates   `json:"masked,omitempty"`
	Step          profiledStep   `json:"profiled_step"`
	Operations    []profiledCall `json:"operations"`
	Phases        []profiledCall `json:"phases"` // sums of Operations, and what was between them
}

// maskedRates compares the middle of a growth with the plain network, measured in turns.
type maskedRates struct {
	Tokens float64   `json:"tokens_per_s"`
	Best   float64   `json:"best_tokens_per_s"`
	Ratio  float64   `json:"ratio"` // masked to plain, median over the runs
	Runs   []float64 `json:"runs_tokens_per_s"`
}

// profiledStep is an average step with each operation timed.
type profiledStep struct {
	Milliseconds       float64 `json:"ms"`
	ThreadMilliseconds float64 `json:"thread_ms"` // times threads
	Steps              int     `json:"steps"`
}

// profiledCall is what one operation takes of a step.
type profiledCall struct {
	Phase              string  `json:"phase"`
	Operation          string  `json:"operation,omitempty"`
	Calls              int64   `json:"calls,omitempty"`
	ThreadMilliseconds float64 `json:"thread_ms"`
	Share              float64 `json:"share"`            // of the step's thread time
	GFLOPS             float64 `json:"gflops,omitempty"` // of one thread, where there are matrix products
}

func measurementOf(r bench.Result) measurement {
	m := measurement{
		Shape: r.Shape.Name, Description: r.Shape.String(), Device: r.Device, Precision: r.Precision.String(), Threads: r.Threads,
		Params: r.Shape.Config.Params(), StepTokens: r.Shape.Tokens(), FLOPsPerToken: r.Shape.FLOPsPerToken(),
		Tokens: r.Plain.Median(), Best: r.Plain.Best(), Worst: r.Plain.Worst(), Spread: r.Plain.Spread(), Runs: r.Plain,
		GFLOPS: r.FLOPS() / 1e9,
	}
	if r.Peak > 0 {
		peak, fraction := r.Peak/1e9, r.FLOPS()/r.Peak
		m.Peak, m.PeakFraction = &peak, &fraction
	}
	if len(r.Masked) > 0 {
		m.Masked = &maskedRates{r.Masked.Median(), r.Masked.Best(), r.MaskedRatio(), r.Masked}
	}
	whole := r.Profile.Step * time.Duration(r.Threads)
	m.Step = profiledStep{milliseconds(r.Profile.Step), milliseconds(whole), r.Profile.Steps}
	for _, row := range r.Profile.Rows {
		c := profiledCall{
			Phase: row.Phase, Operation: row.Operation, Calls: row.Calls,
			ThreadMilliseconds: milliseconds(row.Time), Share: row.Time.Seconds() / whole.Seconds(),
		}
		if row.FLOPs > 0 && row.Time > 0 {
			c.GFLOPS = row.FLOPs / row.Time.Seconds() / 1e9
		}
		m.Operations = append(m.Operations, c)
	}
	m.sumPhases()
	return m
}

// sumPhases makes Phases of Operations. What no operation accounts for counts as other.
func (m *measurement) sumPhases() {
	rest := m.Step.ThreadMilliseconds
	for _, phase := range []string{profile.Forward, profile.Backward, profile.Gradient, profile.Optimizer, profile.Other} {
		p := profiledCall{Phase: phase}
		for _, c := range m.Operations {
			if c.Phase == phase {
				p.ThreadMilliseconds += c.ThreadMilliseconds
			}
		}
		rest -= p.ThreadMilliseconds
		if phase == profile.Other {
			p.ThreadMilliseconds += max(rest, 0)
		}
		p.Share = p.ThreadMilliseconds / m.Step.ThreadMilliseconds
		m.Phases = append(m.Phases, p)
	}
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
