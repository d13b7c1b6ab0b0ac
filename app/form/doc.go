// Package form is the inputs of the window: labelled entries and choices that show a refused value in red and keep what a person
// is typing. It knows nothing of runs.
package form
