// Package engine carries out one run in this process: it opens the device and the data, the run file and the control socket,
// and lets a trainer.Trainer work between them. Both growlab train on a terminal and the engine process that a window
// starts are this package.
//
// Most callers want New, Resume, Fork or Replay, then Engine.Train, then Engine.Close. ReadCourse tells what was changed in a run while it
// trained, Compare whether a replay gave its numbers.
//
// Guarantees: what can be found wrong before training is found before the run file exists. A run that was stopped, killed
// or interrupted goes on from its last checkpoint and gives the numbers, bit for bit, of one that was not, on the same
// kernels (growlab doctor names them) and whatever the number of threads.
package engine
