// Package trainer carries a run through its recipe: steps, growth, evaluation, samples and checkpoints, and between two steps
// the commands of people who watch.
//
// Most callers want New and Trainer.Run. What happens leaves as events through a Sink, whose Save keeps checkpoints; the
// trainer knows neither screens nor SQL. A run that is interrupted anywhere and goes on from a checkpoint gives the same
// numbers, bit for bit, as one that was not: where it stands follows from its recipe, the journal of edits, which is in the
// checkpoint, and the tokens seen. An edit is what people change in a live run's course (the peak learning rate, the batch, a growth
// now or later), or a stage that ended on its plateau. The state before it is saved together with the journal that has it, and the
// run goes on from that checkpoint; a Replay makes all edits of another run at their steps.
//
// After each step the order is: evaluation, sample, growth, checkpoint. So a checkpoint at a step holds all that happened at
// that step, and events of later steps are those that a resumed run makes again.
package trainer
