// Package trainer carries a run through its recipe: steps, growth, evaluation, samples and checkpoints, and between two steps
// the commands of people who watch.
//
// Most callers want New and Trainer.Run. What happens leaves as events through a Sink, whose Save keeps checkpoints; the
// trainer knows neither screens nor SQL. A run that is interrupted anywhere and goes on from a checkpoint gives the same
// numbers, bit for bit, as one that was not: where it stands follows from its recipe, the journal of stages that ended early,
// which is in the checkpoint, and the tokens seen.
//
// After each step the order is: evaluation, sample, growth, checkpoint. So a checkpoint at a step holds all that happened at
// that step, and events of later steps are those that a resumed run makes again.
package trainer
