package cli

import (
	"github.com/spf13/cobra"

	"growlab/trainer/control"
)

func (p Program) extend() *cobra.Command {
	return p.longer(control.Extend, "give the last stage of a run that trains now more tokens",
		`Give the last stage of a live run, and so the run, so many tokens more, rounded to whole steps; also before it has come there.
The learning rate does not jump: it goes the rest of its way over what is then left. The state before is saved.`, "is %s tokens longer")
}
