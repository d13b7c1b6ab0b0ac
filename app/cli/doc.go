// Package cli is the command line: the verbs, their flags, what they print, and the exit code of every failure.
//
// Data goes to stdout, messages and progress to stderr. With --json stdout is JSON, one object a line. Progress is one
// updating line on a terminal, and plain lines at intervals anywhere else.
//
// Most callers want Main, which main.go hands everything to. The window is a function that Main is given, so that this
// package, and its tests, know no toolkit.
package cli
