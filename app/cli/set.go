package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/trainer/control"
)

// answerTime is how long a live run may take to come to the end of its step and answer a command.
const answerTime = 5 * time.Minute

func (p Program) set() *cobra.Command {
	return &cobra.Command{
		Use:   "set RUN key=value",
		Short: "change a setting of a run that trains now",
		Long: `Change a setting of a live run, between two of its steps; the run file keeps when. RUN is an id, its beginning, a name or a
file. Settings:

  threads=N   threads of the CPU engine, from 1 to the number that it was started with; a resumed run starts with that again`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return session.Usagef("%s takes a run and a setting, for example: growlab set RUN threads=1", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			commands, err := settings(args[1:])
			if err != nil {
				return err
			}
			home, err := session.Open()
			if err != nil {
				return err
			}
			info, err := find(home, args[0])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), answerTime)
			defer cancel()
			for _, c := range commands {
				if err := home.Send(ctx, info.ID, c); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(p.Streams.Err, "run %s: %s from the next step on\n", info.ID, c.Detail()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// settings reads key=value words.
func settings(words []string) ([]control.Command, error) {
	var all []control.Command
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		c := control.Command{Verb: control.Set, Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)}
		if err := c.Validate(); err != nil {
			return nil, session.Usagef("%q is not a setting: %v", w, err)
		}
		all = append(all, c)
	}
	return all, nil
}
