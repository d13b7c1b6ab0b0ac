package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"growlab/trainer/event"
)

// writeEvent prints one event as a line of JSON.
func writeEvent(w io.Writer, e event.Event) error {
	line, err := event.Marshal(e)
	if err != nil {
		return err
	}
	return writeLine(w, line)
}

// writeJSON prints v as one line of JSON.
func writeJSON(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return writeLine(w, line)
}

func writeLine(w io.Writer, line []byte) error {
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}
