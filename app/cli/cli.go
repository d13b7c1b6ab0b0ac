package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"growlab/app/session"
)

// version is set by the build: -ldflags "-X growlab/app/cli.version=1.2.3".
var version = "dev"

// Program is what the command line needs from outside.
type Program struct {
	Streams Streams // os.Stdout and os.Stderr if zero
	// Window opens the window and returns when it is closed; nil in a build without one.
	Window func(Window) error
}

// Window says what the window shows first.
type Window struct {
	Home  *session.Home
	Run   string // id; "" for the newest
	Theme string // "dark", "light", "system", or "" for the one remembered

	// Picture is the PNG file to draw the window into instead of opening it; "" opens it. Page is what it shows.
	Picture, Page string
}

// Main runs the program with the given arguments and returns its exit code.
func Main(p Program, args []string) int {
	if p.Streams == (Streams{}) {
		p.Streams = Streams{os.Stdout, os.Stderr}
	}
	root := p.commands()
	root.SetArgs(args)
	root.SetOut(p.Streams.Out)
	root.SetErr(p.Streams.Err)
	err := root.ExecuteContext(context.Background())
	if err != nil {
		p.tell(err)
	}
	return code(err)
}

// tell prints an error. One that joins several, as a recipe with several faults does, has a line for each.
func (p Program) tell(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintf(p.Streams.Err, "growlab: %s\n", line) // nobody to tell
	}
}

// commands is the tree of verbs.
func (p Program) commands() *cobra.Command {
	var env bool
	root := &cobra.Command{
		Use:   "growlab",
		Short: "train a small GPT, grow it without disturbing it, train on",
		Long: `Growlab trains a small GPT and grows it while it trains, after FLM-101B: masks let the larger network compute exactly
what the smaller one did, and fade the new part in.

Without a command it opens the window. A run is one file; it goes on after a stop, a crash or a kill.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if env {
				return writeVariables(cmd.OutOrStdout())
			}
			return p.openWindow(cmd.Context(), guiFlags{})
		},
	}
	root.SetVersionTemplate("growlab {{.Version}}\n")
	root.Flags().BoolVar(&env, "help-env", false, "list the environment variables, with value and meaning")
	root.PersistentFlags().Bool("no-color", false, "no colours")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return session.Usagef("%v; see %s --help", err, cmd.CommandPath())
	})
	for _, g := range []struct {
		title string
		verbs []*cobra.Command
	}{
		{"Train:", []*cobra.Command{p.presets(), p.operators(), p.plan(), p.train(), p.resume(), p.queue(), p.launchScript()}},
		{"Change a run, or take another way from it:", []*cobra.Command{p.set(), p.grow(), p.postpone(), p.extend(), p.fork(), p.revert(), p.replay()}},
		{"Find out what growing is worth:", []*cobra.Command{p.twin(), p.compare(), p.frontier(), p.search(), p.predict()}},
		{"Look at runs:", []*cobra.Command{p.gui(), p.attach(), p.runs(), p.plot(), p.sample(), p.query()}},
		{"This machine and program:", []*cobra.Command{p.devices(), p.doctor(), p.bench(), p.version()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, v := range g.verbs {
			v.GroupID = g.title
		}
		root.AddCommand(g.verbs...)
		root.SetHelpCommandGroupID(g.title) // of the last
		root.SetCompletionCommandGroupID(g.title)
	}
	root.AddCommand(p.engine(), p.remote(), exitCodes())
	return root
}

// noArgs refuses arguments, and suggests the verb that was meant.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasSubCommands() {
		return session.Usagef("%s takes no argument %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := fmt.Sprintf("see %s --help", cmd.CommandPath())
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		hint = "did you mean " + strings.Join(s, " or ") + "?"
	}
	return session.Usagef("there is no command %q; %s", strings.Join(append([]string{cmd.CommandPath()}, args[0]), " "), hint)
}

// oneRun asks for the argument RUN.
func oneRun(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return session.Usagef("%s takes one run: an id, its beginning, a name or a file; growlab runs list shows them", cmd.CommandPath())
	}
	return nil
}

// find looks up the run that an argument means.
func find(h *session.Home, text string) (session.Info, error) {
	info, err := h.Find(text)
	return info, notFound(err)
}

// notFound makes it bad usage that there is no such run.
func notFound(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return session.Usagef("%v", err)
	}
	return err
}

// terminal is stderr, for progress and messages; outTerminal is stdout.
func (p Program) terminal(cmd *cobra.Command) terminal {
	return openTerminal(p.Streams.Err, noColor(cmd))
}

func (p Program) outTerminal(cmd *cobra.Command) terminal {
	return openTerminal(p.Streams.Out, noColor(cmd))
}

func noColor(cmd *cobra.Command) bool {
	off, err := cmd.Flags().GetBool("no-color")
	if err != nil {
		panic(err) // the root defines it
	}
	return off
}

func exitCodes() *cobra.Command {
	var text strings.Builder
	text.WriteString("The exit codes of growlab:\n\n")
	if err := writeExitCodes(&text); err != nil {
		panic(err) // a Builder takes everything
	}
	return &cobra.Command{Use: "exit-codes", Short: "what the exit codes mean", Long: text.String()}
}
