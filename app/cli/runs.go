package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/session"
)

func (p Program) runs() *cobra.Command {
	cmd := &cobra.Command{Use: "runs", Short: "list runs, show, name, tag or delete them", Args: noArgs, RunE: helpIsUsage}
	cmd.AddCommand(p.runsEvents(), p.runsList(), p.runsShow(), p.runsCheckpoints(), p.runsRename(), p.runsTag(), p.runsTable(), p.runsExport(), p.runsRemove())
	return cmd
}

// openRun opens the data folder and finds the run that an argument means.
func openRun(text string) (*session.Home, session.Info, error) {
	home, err := session.Open()
	if err != nil {
		return nil, session.Info{}, err
	}
	info, err := find(home, text)
	return home, info, err
}

// helpIsUsage is for verbs that need another word.
func helpIsUsage(cmd *cobra.Command, _ []string) error {
	if err := cmd.Help(); err != nil {
		return err
	}
	return session.Usagef("%s needs another word", cmd.CommandPath())
}

func (p Program) runsList() *cobra.Command {
	var asJSON bool
	var tag string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list all runs, newest first",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			infos, err := home.Runs()
			if err != nil {
				return err
			}
			if tag != "" {
				infos = slices.DeleteFunc(infos, func(i session.Info) bool { return !i.Tagged(tag) })
			}
			if asJSON {
				for _, i := range infos {
					if err := writeJSON(p.Streams.Out, i); err != nil {
						return err
					}
				}
				return nil
			}
			if len(infos) == 0 && tag != "" {
				_, err := fmt.Fprintf(p.Streams.Err, "no run has the tag %q\n", tag)
				return err
			}
			if len(infos) == 0 {
				_, err := fmt.Fprintf(p.Streams.Err, "no runs in %s yet; growlab train --recipe flm-1m makes one\n", home.RunFolder())
				return err
			}
			return p.listTable(infos, time.Now())
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "", "only runs that have this `TAG`")
	jsonFlag(cmd, &asJSON, "print a line of JSON for each run")
	return cmd
}

func (p Program) listTable(infos []session.Info, now time.Time) error {
	t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "ID\tNAME\tSTATE\tSTAGE\tSTEP\tLOSS\tVAL\tCREATED\tTAGS") // Flush tells
	for _, i := range infos {
		state, step := i.State, fmt.Sprintf("%s/%s", grouped(i.Step), grouped(i.Steps))
		created := ago(i.Created, now)
		if i.Created.IsZero() { // not readable
			step, created = "", i.Error
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\t%s\t%s\n",
			i.ID, i.Name, state, i.Stage, i.Stages, step, lossOrNone(i.Loss), lossOrNone(i.ValLoss), created, i.Tags)
	}
	return t.Flush()
}

func lossOrNone(l float64) string {
	if l == 0 {
		return "-"
	}
	return fixed(l, 4)
}

func (p Program) runsShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "report on one run",
		Args:  oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			home, info, err := openRun(args[0])
			if err != nil {
				return err
			}
			a, err := readAccount(info)
			if err != nil {
				return err
			}
			if asJSON {
				a.Socket = home.Socket(cmd.Context(), info)
				return writeJSON(p.Streams.Out, a)
			}
			return a.write(p.Streams.Out)
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON object")
	return cmd
}
