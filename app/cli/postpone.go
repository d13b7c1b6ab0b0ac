package cli

import (
	"github.com/spf13/cobra"

	"growlab/trainer/control"
)

func (p Program) postpone() *cobra.Command {
	return p.longer(control.Postpone, "let the stage of a run that trains now end later",
		`Let the present stage of a live run end so many tokens later, rounded to whole steps, and with it the growth that follows. The
learning rate does not jump: it goes the rest of its way over what is then left. The state before is saved. A stage that ends on a
plateau of its loss still does.`, "grows %s tokens later")
}
