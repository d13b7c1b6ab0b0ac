package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
)

// remote is what a growlab on another machine, which shows a run of this one, asks of this one through ssh; session.Far is the
// other side. People have other commands for all of it.
func (p Program) remote() *cobra.Command {
	cmd := &cobra.Command{Use: "remote", Short: "what a window on another machine asks for", Hidden: true, Args: noArgs}
	cmd.AddCommand(p.remoteResume(), p.remoteFork("fork"), p.remoteFork("revert"), p.remoteCourse(), p.remoteRecipe(), p.remoteCopy(), p.remoteWeigh())
	return cmd
}

// ofRun is a command on one run.
func ofRun(use string, do func(cmd *cobra.Command, h *session.Home, run string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use + " RUN"}
	cmd.Args, cmd.RunE = atHome(oneRun, func(cmd *cobra.Command, h *session.Home, args []string) error {
		return notFound(do(cmd, h, args[0]))
	})
	return cmd
}

// remoteResume starts an engine that outlives this process, and prints the run.
func (p Program) remoteResume() *cobra.Command {
	return ofRun("resume", func(cmd *cobra.Command, h *session.Home, run string) error {
		info, err := h.Resume(cmd.Context(), run)
		if err != nil {
			return err
		}
		return writeJSON(p.Streams.Out, info)
	})
}

func (p Program) remoteFork(verb string) *cobra.Command {
	f := session.Fork{Revert: verb == "revert"}
	cmd := ofRun(verb, func(cmd *cobra.Command, h *session.Home, run string) error {
		f.Run = run
		info, err := h.Fork(cmd.Context(), f)
		if err != nil {
			return err
		}
		return writeJSON(p.Streams.Out, info)
	})
	forkFlags(cmd, &f, "what is different")
	return cmd
}

func (p Program) remoteCourse() *cobra.Command {
	return ofRun("course", func(_ *cobra.Command, h *session.Home, run string) error {
		info, err := h.Find(run)
		if err != nil {
			return err
		}
		c, err := engine.ReadCourse(info.File)
		if err != nil {
			return err
		}
		r, err := farRecipe(c.Now, "")
		if err != nil {
			return err
		}
		return writeJSON(p.Streams.Out, session.FarCourse{FarRecipe: r, Step: c.Step, Tokens: c.Tokens, Edits: len(c.Journal)})
	})
}

func (p Program) remoteRecipe() *cobra.Command {
	rival := ""
	cmd := ofRun("recipe", func(_ *cobra.Command, h *session.Home, run string) error {
		of, err := lab.Of(h, run, "")
		if err != nil {
			return err
		}
		r := of.Recipe
		if rival != "" {
			if r, err = r.Rival(rival, of.Spent); err != nil {
				return err
			}
		}
		far, err := farRecipe(r, of.Data)
		if err != nil {
			return err
		}
		return writeJSON(p.Streams.Out, far)
	})
	cmd.Flags().StringVar(&rival, "rival", "", "of this rival of the run")
	return cmd
}

func farRecipe(r growth.Recipe, data string) (session.FarRecipe, error) {
	text, err := r.TOML()
	return session.FarRecipe{Name: r.Name, Recipe: string(text), Data: data}, err
}

// remoteCopy prints a file: a small copy of a run that is done, with every step.
func (p Program) remoteCopy() *cobra.Command {
	return ofRun("copy", func(_ *cobra.Command, h *session.Home, run string) (err error) {
		info, err := h.Find(run)
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "growlab-copy-")
		if err != nil {
			return fmt.Errorf("copy of run %s: %w", info.ID, err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path := filepath.Join(dir, filepath.Base(info.File))
		if err := export(info.File, path, 1); err != nil {
			return err
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("copy of run %s: %w", info.ID, err)
		}
		_, err = p.Streams.Out.Write(whole)
		return err
	})
}

func (p Program) remoteWeigh() *cobra.Command {
	return ofRun("weigh", func(_ *cobra.Command, h *session.Home, run string) error {
		info, err := h.Find(run)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Streams.Out, h.Weight(info))
		return err
	})
}
