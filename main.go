// Growlab trains a small GPT, grows it without disturbing what it computes, and trains on. See package app/cli for the
// command line and ARCHITECTURE.md for the rest.
package main

import (
	"errors"
	"os"

	"growlab/app"
	"growlab/app/cli"
)

func main() {
	os.Exit(cli.Main(cli.Program{Window: window}, os.Args[1:]))
}

// window opens the window; cli itself knows no toolkit.
func window(w cli.Window) error {
	err := app.Run(app.Options{Sessions: w.Home, Open: w.Run, Theme: w.Theme})
	if errors.Is(err, app.ErrNoWindow) {
		return cli.NoWindow(err)
	}
	return err
}
