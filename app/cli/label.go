package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"growlab/app/session"
)

func (p Program) runsRename() *cobra.Command {
	cmd := &cobra.Command{Use: "rename RUN NAME", Short: "change the name of a run; its file keeps its own"}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return session.Usagef("%s takes a run and its new name", cmd.CommandPath())
		}
		return nil
	}, func(_ *cobra.Command, h *session.Home, args []string) error {
		info, err := h.Rename(args[0], args[1])
		if err != nil {
			return notFound(err)
		}
		_, err = fmt.Fprintf(p.Streams.Err, "run %s is called %s\n", info.ID, info.Name)
		return err
	})
	return cmd
}

func (p Program) runsTag() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tag RUN [TAG...]",
		Short: "give a run words to sort runs by, or take them from it: -TAG, after --",
		Long: `Give a run tags, words by which growlab runs list --tag and the window sort runs; a word after a hyphen is taken from it. Without any,
list those that it has.

  growlab runs tag RUN good seed-1
  growlab runs tag RUN -- -good`,
	}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return session.Usagef("%s takes a run and tags", cmd.CommandPath())
		}
		return nil
	}, func(_ *cobra.Command, h *session.Home, args []string) error {
		var add, remove []string
		for _, t := range args[1:] {
			if less, is := strings.CutPrefix(t, "-"); is {
				remove = append(remove, less)
			} else {
				add = append(add, t)
			}
		}
		info, err := h.Tag(args[0], add, remove)
		if err != nil {
			return notFound(err)
		}
		_, err = fmt.Fprintln(p.Streams.Out, info.Tags)
		return err
	})
	return cmd
}

func (p Program) runsRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm RUN...",
		Short: "delete runs with their curves and logs, for ever",
		Long: `Delete runs for ever: their files with all checkpoints, their curves and their logs. It says how much that frees and asks first, unless
--yes. A run that trains is not deleted; growlab fork's runs do not need the run that they come from.`,
	}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return session.Usagef("%s takes runs: ids, their beginnings, names or files; growlab runs list shows them", cmd.CommandPath())
		}
		return nil
	}, func(_ *cobra.Command, h *session.Home, args []string) error {
		infos, err := several(h, args)
		if err != nil {
			return err
		}
		var all int64
		for _, i := range infos {
			n := h.Weight(i)
			all += n
			if _, err := fmt.Fprintf(p.Streams.Err, "%s  %s, %s at step %s: %s\n", i.ID, i.Name, i.State, grouped(i.Step), bytesOf(n)); err != nil {
				return err
			}
		}
		if !yes {
			agreed, err := p.agreed(fmt.Sprintf("delete %d runs, %s, for ever? [y/N] ", len(infos), bytesOf(all)))
			if err != nil || !agreed {
				return err
			}
		}
		return p.removeAll(h, infos)
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// several finds runs, each once.
func several(h *session.Home, args []string) (infos []session.Info, err error) {
	for _, arg := range args {
		info, err := find(h, arg)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(infos, func(i session.Info) bool { return i.File == info.File }) {
			infos = append(infos, info)
		}
	}
	return infos, nil
}

func (p Program) removeAll(h *session.Home, infos []session.Info) error {
	var freed int64
	var failed error
	for _, i := range infos {
		n, err := h.Remove(i)
		freed, failed = freed+n, errors.Join(failed, err)
	}
	_, err := fmt.Fprintf(p.Streams.Err, "freed %s\n", bytesOf(freed))
	return errors.Join(failed, err)
}

// agreed asks on the terminal, and refuses where there is none to ask on.
func (p Program) agreed(question string) (bool, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false, session.Usagef("there is no terminal on which to ask whether to delete; give --yes to delete without being asked")
	}
	if _, err := io.WriteString(p.Streams.Err, question); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}
