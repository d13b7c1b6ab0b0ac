package app

import (
	"bytes"
	"io"
)

// noiseFilter drops harmless messages of Fyne: that it cannot watch the theme of a desktop without D-Bus, that a home has no folder
// for videos, that its preferences are empty, as it finds them while it writes them, and that a desktop has no tray. Each but the last comes as three lines, each one Write. Everything else passes.
type noiseFilter struct {
	out     io.Writer
	dropped int    // lines of the message still to come
	held    []byte // first line of a message whose cause tells whether it is harmless; nil for none
}

// Write implements io.Writer for one line of the log.
func (f *noiseFilter) Write(line []byte) (int, error) {
	if f.held != nil {
		held := f.held
		f.held = nil
		if bytes.Contains(line, []byte("  Cause: EOF")) {
			f.dropped = 1
			return len(line), nil
		}
		if _, err := f.out.Write(held); err != nil {
			return 0, err
		}
	}
	switch {
	case bytes.Contains(line, []byte("systray error: failed to register")):
		f.dropped = 0
		return len(line), nil
	case bytes.Contains(line, []byte("Fyne error:  Preferences load error:")):
		f.held = bytes.Clone(line)
		return len(line), nil
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
