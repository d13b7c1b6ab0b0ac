// Growlab trains a small GPT, grows it without disturbing what it computes, and trains on. See package app/cli for the
// command line and ARCHITECTURE.md for the rest.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"growlab/app"
	"growlab/app/cli"
	"growlab/app/desk"
)

func main() {
	os.Exit(cli.Main(cli.Program{Window: window}, os.Args[1:]))
}

// window opens the window; cli itself knows no toolkit.
func window(w cli.Window) error {
	o := app.Options{Sessions: desk.Desk{Home: w.Home}, Open: w.Run, Version: cli.Version(), Theme: w.Theme}
	if w.Picture != "" {
		return picture(o, w.Picture, w.Page)
	}
	err := app.Run(o)
	if errors.Is(err, app.ErrNoWindow) {
		return cli.NoWindow(err)
	}
	return err
}

// picture draws a page of the window into a PNG file, whole or not at all. A plus and how the network is coloured may follow the page.
func picture(o app.Options, file, page string) error {
	page, colours, _ := strings.Cut(page, "+")
	var png bytes.Buffer
	if err := app.Screenshot(&png, o, app.Shot{Width: 1280, Height: 800, Page: page, Colours: colours}); err != nil {
		return err
	}
	if err := os.WriteFile(file, png.Bytes(), 0o644); err != nil {
		return fmt.Errorf("screenshot: %w", err)
	}
	return nil
}
