package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"growlab/app/doctor"
	"growlab/app/session"
)

// errUnfit is returned by doctor when something that training needs is not well.
var errUnfit = errors.New("this machine cannot train: see what is marked FAIL")

func (p Program) doctor() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check what this machine has for training and for the window",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			fit := true
			term := p.outTerminal(cmd)
			for _, f := range doctor.Examine(home, verbose || asJSON) {
				fit = fit && !f.Unfit()
				show := func() error { return printFinding(term, f) }
				if asJSON {
					show = func() error { return writeJSON(p.Streams.Out, f) }
				}
				if err := show(); err != nil {
					return err
				}
			}
			if !fit {
				return errUnfit
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON, "print a line of JSON for each check")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every place in which NVIDIA's libraries were looked for")
	return cmd
}

// printFinding prints f with a mark that says how good or bad it is.
func printFinding(t terminal, f doctor.Finding) error {
	mark := t.paint(green, "ok  ")
	switch {
	case !f.OK && f.Required:
		mark = t.paint(red, "FAIL")
	case !f.OK:
		mark = t.paint(yellow, "none")
	}
	_, err := fmt.Fprintf(t, "%s  %-9s %s\n", mark, f.Check, f.Detail)
	if err == nil && f.Fix != "" {
		_, err = fmt.Fprintf(t, "      %-9s fix: %s\n", "", f.Fix)
	}
	for _, h := range f.Hints {
		if err == nil {
			_, err = fmt.Fprintf(t, "      %-9s hint: %s\n", "", h)
		}
	}
	for _, a := range f.Attempts {
		if err == nil {
			_, err = fmt.Fprintf(t, "      %-9s %s\n", "", a)
		}
	}
	return err
}
