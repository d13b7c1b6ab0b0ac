package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"growlab/app/lab"
	"growlab/app/session"
	"growlab/store"
)

func (p Program) runsExport() *cobra.Command {
	every := int64(10)
	cmd := &cobra.Command{
		Use:   "export RUN FILE.growlab",
		Short: "write a small copy of a run that is done: its curves and its journal, without checkpoints",
		Long: `Write a copy of a run that is done into a new file, with every evaluation, everything in the journal and every tenth step, and without
checkpoints: a hundredth of the size. Every command that only reads takes it, such as growlab plot and growlab compare.`,
	}
	cmd.Args, cmd.RunE = atHome(func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return session.Usagef("%s takes a run and the file to write", cmd.CommandPath())
		}
		if every < 1 {
			return session.Usagef("--every is %d; it must be 1 or more", every)
		}
		return nil
	}, func(_ *cobra.Command, h *session.Home, args []string) error {
		info, err := find(h, args[0])
		if err != nil {
			return err
		}
		if err := export(info.File, args[1], every); err != nil {
			return err
		}
		f, err := os.Stat(args[1])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Streams.Err, "run %s is copied to %s, %s\n", info.ID, args[1], bytesOf(f.Size()))
		return err
	})
	cmd.Flags().Int64Var(&every, "every", every, "keep each so manieth `STEP`")
	return cmd
}

// export copies the run in file, with one step of so many and those that were evaluated.
func export(file, to string, every int64) (err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	evals, err := r.Evals()
	if err != nil {
		return err
	}
	measured := map[int64]bool{}
	for _, e := range evals {
		measured[e.Step] = true
	}
	return r.Export(to, func(step int64) bool { return step%every == 0 || measured[step] })
}

func (p Program) runsTable() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "table RUN...",
		Short: "print finished runs beside each other as a Markdown table: how they grow, what they cost, where they end",
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
		var entries []lab.Entry
		for _, i := range infos {
			e, err := lab.Read(i)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		_, err = p.Streams.Out.Write(lab.Table(entries))
		return err
	})
	return cmd
}
