package cli

import (
	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/store"
)

func (p Program) fork() *cobra.Command {
	var f session.Fork
	cmd := &cobra.Command{
		Use:   "fork RUN --at STEP",
		Short: "go on with a run from one of its checkpoints as another run, with changes",
		Long: `Make a new run whose past is that of RUN until one of its checkpoints, and train it on from there. RUN stays as it is, and may
train meanwhile. growlab runs checkpoints RUN lists them; without --at it is the newest.

--set changes what comes: a setting that growlab set has (lr=0.5x, clip=0.5, batch=3072...), or a key of the recipe that concerns
nothing that has been (stage.3.operator=stack). growlab replay reproduces a fork like any run, from its first step.`,
	}
	return p.branch(cmd, &f, "key=value, as above; repeatable")
}

func (p Program) revert() *cobra.Command {
	f := session.Fork{Revert: true}
	cmd := &cobra.Command{
		Use:   "revert RUN",
		Short: "go back to before the last change of a run, and train on without it",
		Long: `Go back to the state just before the last change that was made to RUN while it trained (growlab set, grow, postpone, extend), and
train on without that change, and without what came after it, as a new run. A run that trains is stopped first. Nothing is lost:
RUN keeps its file, with the curve past that point and the journal. --at takes the last change made at a step.`,
	}
	return p.branch(cmd, &f, "what to change instead, as growlab fork takes it; repeatable")
}

// branch fills in a command that forks.
func (p Program) branch(cmd *cobra.Command, f *session.Fork, set string) *cobra.Command {
	var asJSON bool
	cmd.Args = oneRun
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		home, err := session.Open()
		if err != nil {
			return err
		}
		f.Run = args[0]
		aimed, err := home.Aim(cmd.Context(), *f)
		if err != nil {
			return notFound(err)
		}
		return p.work(cmd, asJSON, func(o engine.Options) (*engine.Engine, error) { return engine.Fork(home, store.NewID(), aimed, o) })
	}
	forkFlags(cmd, f, set)
	jsonFlag(cmd, &asJSON, "print every event as a line of JSON")
	return cmd
}

// forkFlags adds the flags of a fork.
func forkFlags(cmd *cobra.Command, f *session.Fork, set string) {
	placeFlags(cmd, &f.Device, &f.Threads)
	cmd.Flags().Int64Var(&f.Step, "at", 0, "the `STEP` of the checkpoint")
	cmd.Flags().Int64Var(&f.Checkpoint, "checkpoint", 0, "the `ID` of the checkpoint, where a step has several")
	cmd.Flags().StringVar(&f.Name, "name", "", "name of the new run")
	cmd.Flags().StringArrayVar(&f.Set, "set", nil, set)
}
