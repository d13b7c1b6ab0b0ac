package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// launchFlags adds the flags that say what to train and where.
func launchFlags(cmd *cobra.Command, l *session.Launch) {
	cmd.Flags().StringVar(&l.Recipe, "recipe", "", "what to train: the `NAME` of a preset or a TOML file (required)")
	runFlags(cmd, l, "without it the King James Bible")
}

// runFlags adds those that go with any recipe. otherwise says what is trained on without --data.
func runFlags(cmd *cobra.Command, l *session.Launch, otherwise string) {
	cmd.Flags().StringVar(&l.Name, "name", "", "name of the run, if not the recipe's")
	cmd.Flags().StringVar(&l.Data, "data", "", "text to train on, a UTF-8 file or a folder of them; "+otherwise)
	recipeFlags(cmd, l)
	deviceFlags(cmd, l)
}

func recipeFlags(cmd *cobra.Command, l *session.Launch) {
	cmd.Flags().Var(&seed{&l.Seed}, "seed", "seed of all random numbers, if not the recipe's")
	precisionFlag(cmd, &l.Precision, "default the recipe's")
	cmd.Flags().StringArrayVar(&l.Set, "set", nil, "change the recipe: `section.key=value`, such as train.lr=1e-3 or stage.2.tokens=1M; repeatable")
}

func precisionFlag(cmd *cobra.Command, to *string, unset string) {
	cmd.Flags().Var(&precision{to}, "precision", "of matrix products: fp32, bf16, or auto, what the device does faster ("+unset+")")
}

func deviceFlags(cmd *cobra.Command, l *session.Launch) { placeFlags(cmd, &l.Device, &l.Threads) }

// placeFlags adds those that say where to train.
func placeFlags(cmd *cobra.Command, device *string, n *int) {
	cmd.Flags().StringVar(device, "device", "", "auto, cpu, cuda or cuda:0,1 (default $GROWLAB_DEVICE, or auto)")
	cmd.Flags().Var(&threads{n}, "threads", "threads of the CPU engine (default $GROWLAB_THREADS, or one for each core)")
}

// seed is a flag that can be absent.
type seed struct{ to **uint64 }

func (s *seed) String() string {
	if s.to == nil || *s.to == nil {
		return ""
	}
	return strconv.FormatUint(**s.to, 10)
}

func (s *seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return errors.New("it must be a whole number from 0 to 2^63-1")
	}
	*s.to = &n
	return nil
}

func (*seed) Type() string { return "N" }

// threads is a flag that must be positive when it is given.
type threads struct{ to *int }

func (t *threads) String() string {
	if t.to == nil || *t.to == 0 {
		return ""
	}
	return strconv.Itoa(*t.to)
}

func (t *threads) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return errors.New("it must be a whole number, 1 or more")
	}
	*t.to = n
	return nil
}

func (*threads) Type() string { return "N" }

// precision is a flag that is one of growth.Precisions when it is given.
type precision struct{ to *string }

func (p *precision) String() string {
	if p.to == nil {
		return ""
	}
	return *p.to
}

func (p *precision) Set(text string) error {
	if !slices.Contains(growth.Precisions, text) {
		return fmt.Errorf("it must be one of %s", strings.Join(growth.Precisions, ", "))
	}
	*p.to = text
	return nil
}

func (*precision) Type() string { return "NAME" }

func (p Program) train() *cobra.Command {
	var l session.Launch
	var f ranks.Flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "train --recipe NAME|FILE.toml",
		Short: "train a recipe here, from the first step to the last",
		Long: `Train a recipe in this process, with progress on the terminal and a report at the end.

Ctrl+C finishes the step, saves a checkpoint and ends; growlab resume goes on with the run. The window, if one is open,
shows the run as any other. SIGUSR1 saves a checkpoint.

--set teacher.file=builtin --set teacher.share=0.25 mixes propositions into every batch, of which only the label is learnt, as FreeLM
does. A file of your own has a JSON object on each line, {"text": "…", "proposition": "…", "label": true}, the proposition if you like.

Started several times by torchrun, srun or mpirun, the processes train one run together, each on its share of every batch:
growlab launch-script writes what starts them. Rank 0 has the run file and the terminal.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.trainRanks(cmd, asJSON, f, l, begin)
		},
	}
	launchFlags(cmd, &l)
	rankFlags(cmd, &f)
	jsonFlag(cmd, &asJSON, "print every event as a line of JSON")
	return cmd
}

// begin makes a new run, or goes on with the one that a launcher which starts anew began before.
func begin(w ranks.World, l session.Launch, o engine.Options) (*engine.Engine, error) {
	home, err := session.Open()
	if err != nil {
		return nil, err
	}
	file, err := again(home, w)
	if err != nil {
		return nil, err
	}
	if file != "" {
		return engine.Resume(file, l, o)
	}
	return engine.New(home, store.NewID(), l, o)
}

func (p Program) resume() *cobra.Command {
	var l session.Launch
	var f ranks.Flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "go on with a run that was stopped, or died",
		Long: `Go on with a run from its last checkpoint, in this process. The numbers are those, bit for bit, of a run that was never
interrupted. RUN is an id, its beginning, a name or a file.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.trainRanks(cmd, asJSON, f, l, func(_ ranks.World, l session.Launch, o engine.Options) (*engine.Engine, error) {
				_, info, err := openRun(args[0]) // on the machine of rank 0
				if err != nil {
					return nil, err
				}
				return engine.Resume(info.File, l, o)
			})
		},
	}
	deviceFlags(cmd, &l)
	rankFlags(cmd, &f)
	jsonFlag(cmd, &asJSON, "print every event as a line of JSON")
	return cmd
}

func jsonFlag(cmd *cobra.Command, to *bool, usage string) {
	cmd.Flags().BoolVar(to, "json", false, usage)
}

// work trains in this process what open opens, and shows it.
func (p Program) work(cmd *cobra.Command, asJSON bool, open func(engine.Options) (*engine.Engine, error)) error {
	signal.Ignore(syscall.SIGPIPE) // a reader of ours that ends, as head does, stops the run in good order
	defer signal.Reset(syscall.SIGPIPE)
	ctx, fail := context.WithCancelCause(cmd.Context())
	defer fail(nil)
	show := newProgress(p.terminal(cmd))
	watch := show.show
	var broken error // of stdout
	if asJSON {
		watch = func(e event.Event) {
			if err := writeEvent(p.Streams.Out, e); err != nil && broken == nil {
				broken = err
				fail(err)
			}
		}
	}
	pump := newPump(watch)
	defer pump.end()
	e, err := open(engine.Options{Version: version, Watch: pump.put, Warn: show.message})
	if err != nil {
		return err
	}
	ctx, release := engine.Signals(ctx,
		func(engine.Signal) {
			show.message("stopping: the step ends and a checkpoint is saved; once more ends at once")
		},
		func() { _ = e.Save(ctx) }) // the run file says whether it was
	_, err = e.Train(ctx)
	release()
	pump.end()
	show.end()
	if err == nil {
		err = broken
	}
	file := e.File()
	err = errors.Join(err, e.Close())
	if asJSON {
		return err
	}
	return errors.Join(err, p.report(file), p.reportMemory())
}

// reportMemory tells what this process took, to be compared with the plan.
func (p Program) reportMemory() error {
	peak, known := session.PeakMemory()
	if !known {
		return nil
	}
	_, err := fmt.Fprintf(p.Streams.Err, "memory: %s at most\n", bytesOf(peak))
	return err
}
