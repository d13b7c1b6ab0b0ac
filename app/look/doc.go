// Package look is what all parts of the window are drawn with: its theme, lines of text, and a few layouts. It knows nothing of
// runs.
package look
