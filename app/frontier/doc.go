// Package frontier holds growth plans against the lower envelope of fixed sizes: the lowest loss that any network which never grew
// reaches for given FLOPs. It is pure computation on the pairs of package verdict, which reads curves and knows their noise.
//
// The envelope at some FLOPs is the lowest of two kinds of loss, both measured: final losses of fixed sizes that spent no more, and
// the curves there of those that spent more. The latter stand in the middle of their schedules, and would be lower with schedules
// of their own; MidSchedule says where the envelope rests on one. No loss is extrapolated: where no fixed size spent as little, or
// none came as low, a Standing says so; and a growth plan that spent more than every fixed size is Beyond the envelope, not below it.
//
// A fixed size is held against the envelope of the others, and so is on the whole envelope if it is not above theirs.
//
// Most callers want Of, then Figure and CSV.
package frontier
