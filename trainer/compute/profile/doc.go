// Package profile measures where an engine spends its time: Wrap returns a compute.Device that hands every call on to another,
// and books how long it took.
//
// Time is thread time: an operation of a lane counts for the one thread that does it, and a call on the device, during which
// nothing else can run, for all threads. So the rows of a Profile add up to threads times the time that passed, less what the
// caller did between two calls. What a Run lasted and no operation accounts for is booked as Waiting.
//
// An engine may queue parameter gradients and compute them with the next call of another kind. A wrapped device asks for them by
// Sync before that call, so that they are booked by themselves, as Gradients, and nothing changes but the time of that Sync.
//
// Not covered: engines that return from an operation before it is done, as one on a GPU.
package profile
