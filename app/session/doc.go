// Package session is what the window and the terminal share: it finds runs, starts an engine process for one, attaches to
// it, and sends it commands.
//
// A run is one file under the data folder and, while it trains, one engine process. The process belongs to nobody: it
// goes on when the window or the terminal that started it is gone, and anyone may attach through its control socket.
// The file is the truth: what a process did not write down did not happen.
//
// A Fork is a run whose file begins with the past of another. The Queue is an order of runs to train, one at a time; a process of
// its own works on it, and whoever comes next goes on where that died.
//
// Most callers want Open, and of its Home the methods Presets, Runs, Start, Watch, Send, Resume, Fork and Enqueue.
package session
