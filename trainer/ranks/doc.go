// Package ranks lets several processes train one network: it finds out which of them this one is, and lets them talk.
//
// A rank is one process with one device; the ranks of a run are numbered from 0, and their number is the world's size. A [World] is
// what a launcher (torchrun, Slurm, an MPI's mpirun, or flags) told this process. World.Join meets the others and returns a
// [Group], in which every rank does the same things in the same order: Broadcast, Gather, Exchange, Sum, Reduce, Agree. Most callers
// want Detect, World.Join, and then the methods of Group. A nil *Group is a process that trains alone, and all methods work on it.
// [Local] is a group of goroutines of one process.
//
// Rank 0 is the one that the others meet: it listens while they come, and closes its listener when all are there. All messages
// go through it, and sums are made there in the order of ranks, so that every rank gets the same bits. A rank that fails, ends
// or loses its network fails the next call of all others, with a sentence that names it.
//
// What is covered: launching by others, agreement, small messages, and sums of gradients through the host, which a device that
// has something faster (NCCL) does by itself: see [Reducer].
//
// What is not covered: starting processes on other machines, ranks that come or go while a run trains, and secrecy. Messages
// are not encrypted and, but for a file as meeting place, not authenticated beyond the name of the job: like torchrun and MPI it
// belongs on a network of one's own.
package ranks
