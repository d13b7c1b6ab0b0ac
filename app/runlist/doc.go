// Package runlist is the column of runs: a tree of runs and their forks with a search, the runs that are laid over the chart, and
// the queue of runs to come. What is done with a run is the window's business, which the Host is.
package runlist
