// Package store keeps a run in one SQLite file: its recipe, every step, evaluations, samples, a journal of everything else
// that happened, and checkpoints. The file is the document of the program; schema.md is its published schema.
//
// Most callers want three things. The engine that trains calls [Create] or [OpenWriter] and then [Run.Emit] for every event
// and [Run.Save] for every checkpoint. Windows and commands call [OpenReader]. [List] and [Find] look runs up in the data
// folder, which [Home] names. [Fork] makes a run file that begins with the past of another, [Reader.Export] a small copy of one
// that is done, and [Rename], [Tag] and [Remove] are for people who tidy up.
//
// Guarantees:
//   - One engine at a time: a second one gets [ErrBusy]. The lock is advisory and dies with the process.
//   - Events are written in the order of Emit, four times a second, each batch in one transaction; none is dropped. After a
//     kill the file holds a prefix of them, with at least all that came before the last Flush, Save or Close that returned nil.
//   - A checkpoint is visible only when whole, and when Save returns nil it is on the disk (fsync), together with every
//     event before it. Every chunk carries a CRC-32C, and loading verifies all of them.
//   - Readers never block the engine, nor it them, and they read also what an engine that died left in its write-ahead log.
//   - A full disk loses nothing: the queue waits, [Run.Problem] says why, and writing goes on when there is room.
//
// Events that were queued within the last quarter second before a kill, or before a loss of power since the last checkpoint,
// may be missing; a resumed run computes them again.
//
// Not covered: network file systems (refused), two machines on one file, encryption, and shrinking a file whose
// checkpoints were removed (freed pages are reused).
//
// Nothing in this package opens a run file other than through SQLite: closing any descriptor of a file drops the POSIX
// locks that the process holds on it, and SQLite's with them.
package store
