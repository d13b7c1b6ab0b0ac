package app

import (
	"bytes"
	"io"
)

// noiseFilter drops two harmless messages of Fyne: that it cannot watch the theme of a desktop without D-Bus, and that a home has no
// folder for videos. Each comes as three lines, each one Write. Everything else passes.
type noiseFilter struct {
	out     io.Writer
	dropped int // lines of the message still to come
}

// Write implements io.Writer for one line of the log.
func (f *noiseFilter) Write(line []byte) (int, error) {
	switch {
	case bytes.Contains(line, []byte("Fyne error:  failed to watch theme settings")), bytes.Contains(line, []byte("Fyne error:  Getting favorite locations")):
		f.dropped = 2
		return len(line), nil
	case f.dropped > 0 && (bytes.Contains(line, []byte("  Cause:")) || bytes.Contains(line, []byte("  At:"))):
		f.dropped--
		return len(line), nil
	}
	f.dropped = 0
	return f.out.Write(line)
}
