// Package verdict says who won: it compares a grown run with its rivals by their curves of validation loss. It is pure
// computation; package lab reads the run files.
//
// A Contender is one recipe with all its runs, which differ in their seed; a Pair compares two. Most callers want Judge.
//
// What is compared
//
//   - FLOPs to equal loss: what the rival computes until its curve first reaches the lowest loss that all runs of both reach,
//     over what the run computes until then. Above 1 the run needs less.
//   - Loss at equal FLOPs, at all that the thriftier of the two spent: what the paper (FLM-101B, arXiv:2309.03852) lacks.
//   - Wall clock at equal tokens: the rival's active seconds over the run's, both until the number of tokens that the shorter
//     of the two saw. With the twin for a rival this is the paper's 3.56x (76.74 days over 21.54); as the paper has no twin, it
//     takes the throughput of the last stage for it, and so does PaperWallClock.
//   - Final losses, each run's last and largest evaluation.
//
// Contenders that learn different things (Objective) get a Caution: their numbers are told, but do not compare as they stand, and the
// winner is sought among the others first.
//
// # How a curve is read
//
// Losses are interpolated linearly over the logarithm of FLOPs, between the points of the best decreasing fit (pool adjacent
// violators), so that noise does not let a curve cross a level twice. Whose final loss the level is takes all its FLOPs to it. A
// curve that is at the level at its first point says no more than "at most", and there is no ratio.
//
// Evaluations during a run use few windows of the held-out text, the final one many, and the two sets differ in difficulty (by
// 0.03 nats in flm-1m). If the last network's losses on the few windows are known (Run.Windows), the whole curve is shifted so
// that it ends in the final loss; if not, curves are taken as they are and end before the run does.
//
// # What the intervals cover
//
// With two or more runs of a contender: 95 % for the difference of the means, of log FLOPs or of losses, by Welch's t over runs.
// Where only one side has several runs, the other is taken to spread as they do.
//
// With one run each: the noise of measuring only, 95 % of 1,000 redrawn pairs of curves (a parametric bootstrap). Each
// point moves by the scatter of its curve about its neighbours, and all of them together by what the shift may be off; the
// end moves as the final loss would on other text. The last two follow from the spread over windows of the difference
// between the two networks. How another seed would end is not in it. So differences of loss below OneSeed nats are called
// noise, whatever the interval says. On curves made up with normal noise, 95 % of 200 such intervals held the true
// ratio.
//
// Not covered: that a rival read in the middle of its schedule has not lowered its learning rate yet, and would be better
// there with a schedule of its own; Judge says so.
package verdict
