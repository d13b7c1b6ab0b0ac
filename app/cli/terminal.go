package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are where the program reads and writes.
type Streams struct {
	Out io.Writer // data
	Err io.Writer // messages and progress
}

// terminal is what Err can do.
type terminal struct {
	io.Writer
	live   bool // one line can be rewritten
	colour bool
	fd     int
}

func openTerminal(w io.Writer, noColour bool) terminal {
	t := terminal{Writer: w, fd: -1}
	f, ok := w.(*os.File)
	tty := ok && term.IsTerminal(int(f.Fd()))
	dumb := os.Getenv("TERM") == "dumb"
	if tty {
		t.fd = int(f.Fd())
		t.live = !dumb
	}
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case noColour || os.Getenv("NO_COLOR") != "":
	case force != "" && force != "0":
		t.colour = true
	default:
		t.colour = tty && !dumb
	}
	return t
}

// width is the number of columns, 80 if nobody knows.
func (t terminal) width() int {
	if t.fd >= 0 {
		if w, _, err := term.GetSize(t.fd); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// The colours, as SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	green  = "32"
	red    = "31"
	yellow = "33"
)

// paint wraps s in an SGR sequence, where colours are on.
func (t terminal) paint(sgr, s string) string {
	if !t.colour {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}
