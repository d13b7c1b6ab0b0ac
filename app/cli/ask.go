package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/growth"
	"growlab/trainer/control"
)

// answerTime is how long a live run may take to come to the end of its step and answer a command.
const answerTime = 5 * time.Minute

// ask gives a live run commands, one after the other, and says said of each that it took; or, if dry, shows what would come of
// all of them together. If one of several is refused beforehand, none is given.
func (p Program) ask(cmd *cobra.Command, run string, dry bool, said func(control.Command) string, commands ...control.Command) error {
	home, info, err := openRun(run)
	if err != nil {
		return err
	}
	if dry {
		return p.preview(info, commands)
	}
	if len(commands) > 1 { // all or none
		if _, _, err := foresee(info, commands); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), answerTime)
	defer cancel()
	for _, c := range commands {
		if err := deliver(ctx, home, info, c); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.Streams.Err, "run %s %s\n", info.ID, said(c)); err != nil {
			return err
		}
	}
	return nil
}

// lookAgain is how long a command waits for an engine that has its run file, but no socket yet, or no longer.
const lookAgain = 50 * time.Millisecond

// deliver sends a command to the engine of a run, also to one that is just starting.
func deliver(ctx context.Context, home *session.Home, info session.Info, c control.Command) error {
	for {
		err := home.Send(ctx, info.ID, c)
		if !errors.Is(err, control.ErrNoEngine) {
			return err
		}
		if info, err = home.Find(info.File); err != nil {
			return err
		}
		if info.State != session.Running {
			return idle(info)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("run %s trains, but its engine has not answered for %v; try again, or see growlab runs show %s", info.ID, answerTime, info.ID)
		case <-time.After(lookAgain):
		}
	}
}

// idle says that a run does not train, and what can be done about it.
func idle(info session.Info) error {
	hint := "growlab resume goes on with it"
	if info.State == session.Done {
		hint = "growlab fork goes on from one of its checkpoints, with changes"
	}
	return fmt.Errorf("run %s is not running: it is %s; %s", info.ID, info.State, hint)
}

func dryRunFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "dry-run", false, "show what the rest of the run would become, and change nothing")
}

// longer is a verb that gives a stage of a live run more tokens; then says of so many what comes of it.
func (p Program) longer(verb, short, long, then string) *cobra.Command {
	var tokens growth.Tokens
	var dry bool
	cmd := &cobra.Command{
		Use: verb + " RUN --tokens N", Short: short, Long: long, Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("tokens") {
				return session.Usagef("%s needs --tokens, how many more, such as 50k or 2M", cmd.CommandPath())
			}
			c := control.Command{Verb: verb, Tokens: int(tokens)}
			if err := c.Validate(); err != nil {
				return session.Usagef("--tokens is %d: %v", tokens, err)
			}
			return p.ask(cmd, args[0], dry, func(control.Command) string { return fmt.Sprintf(then, grouped(int64(tokens))) }, c)
		},
	}
	cmd.Flags().Var((*amount)(&tokens), "tokens", "how many more, such as 50k or 2M")
	dryRunFlag(cmd, &dry)
	return cmd
}

// amount is a flag that counts tokens.
type amount growth.Tokens

func (a *amount) String() string {
	if *a == 0 {
		return ""
	}
	return fmt.Sprint(int64(*a))
}

func (a *amount) Set(text string) error { return (*growth.Tokens)(a).UnmarshalText([]byte(text)) }

func (*amount) Type() string { return "N" }
