package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"growlab/app/glload"
	"growlab/app/session"
)

// ErrNoWindow is wrapped when a window is asked for where none can open.
var ErrNoWindow = errors.New("no window can open here")

// guiFlags are the flags of growlab gui.
type guiFlags struct{ train, run, theme, picture, page string }

func (p Program) gui() *cobra.Command {
	var f guiFlags
	cmd := &cobra.Command{
		Use:   "gui",
		Short: "open the window (as growlab alone does)",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.openWindow(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.train, "train", "", "start a run of this `RECIPE` (a preset or a TOML file) at once")
	cmd.Flags().StringVar(&f.run, "run", "", "show this `RUN`")
	cmd.Flags().StringVar(&f.theme, "theme", "", "dark, light or system")
	cmd.Flags().StringVar(&f.picture, "screenshot", "", "draw the window into this PNG `FILE` instead of opening it; needs no display")
	cmd.Flags().StringVar(&f.page, "page", "", "page of the screenshot: one of a run, such as loss, or presets, plan, devices")
	return cmd
}

// openWindow starts what is to be started, and opens the window on it.
func (p Program) openWindow(ctx context.Context, f guiFlags) error {
	if f.train != "" && f.run != "" {
		return session.Usagef("--train starts a run and --run shows an old one; give one of them")
	}
	if p.Window == nil {
		return fmt.Errorf("%w: this build of growlab has none; growlab train works without", ErrNoWindow)
	}
	if f.page != "" && f.picture == "" {
		return session.Usagef("--page says what a screenshot shows; give --screenshot FILE too")
	}
	if f.train != "" && f.picture != "" {
		return session.Usagef("--screenshot shows a run that is there; give --run instead of --train")
	}
	if err := glload.Available(); err != nil && f.picture == "" {
		return fmt.Errorf("%w: %w (growlab train works without a window; growlab --help lists the rest)", ErrNoWindow, err)
	}
	home, err := session.Open()
	if err != nil {
		return err
	}
	defer home.Detach()
	w := Window{Home: home, Theme: f.theme, Picture: f.picture, Page: f.page}
	switch {
	case f.train != "":
		info, err := home.Start(ctx, session.Launch{Recipe: f.train})
		if err != nil {
			return err
		}
		w.Run = info.ID
	case f.run != "":
		info, err := find(home, f.run)
		if err != nil {
			return err
		}
		w.Run = info.ID
	}
	return p.Window(w)
}

// NoWindow marks an error of the Window function as one of a machine on which none can open.
func NoWindow(err error) error { return noWindow{err} }

type noWindow struct{ error }

func (e noWindow) Unwrap() []error { return []error{ErrNoWindow, e.error} }
