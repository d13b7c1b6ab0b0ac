// Package search looks for hyperparameters on a small proxy network, as FLM-101B did (section 3: learning rate, initial standard
// deviation and output multiplier on a proxy of width 256), and carries the best over to the recipe by muP. And it tunes the
// contenders of a comparison, each with as many runs of its own size (Tuner), so that a verdict is on recipes and not on rates.
//
// A Space is the grid: each Point of it is a recipe of one stage. A Queue trains recipes one after another, each as an ordinary
// run with a file of its own. Nothing else is kept: a search finds its runs again by their recipes and their text, so the same
// search after an interruption goes on where it stopped, and a wider one trains only what is new. Most callers want Space.Points,
// Queue.Run, and Rank of what they give.
//
// Not covered: anything but a full grid, or a line of rates; several seeds of a trial; and what muP does not carry over, which is depth, batch and length.
package search
