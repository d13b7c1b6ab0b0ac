package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// Sentinels for errors.Is. The errors that wrap them are sentences for a person, with the path and what to do.
var (
	// ErrNotOurs is a file that is not a run file.
	ErrNotOurs = errors.New("not a Growlab run file")
	// ErrNewer is a run file whose schema is newer than this program.
	ErrNewer = errors.New("run file from a newer Growlab")
	// ErrBusy is a run that another engine, or another program, is writing.
	ErrBusy = errors.New("run file in use")
	// ErrDamaged is a run file, or a checkpoint in it, whose content is not what was written.
	ErrDamaged = errors.New("run file damaged")
	// ErrFull is a disk without room; what could not be written may be tried again.
	ErrFull = errors.New("disk full")
	// ErrNoCheckpoint is a run, or an id, without a checkpoint.
	ErrNoCheckpoint = errors.New("no checkpoint")
	// ErrReadOnly is a query that would change something.
	ErrReadOnly = errors.New("queries only read")
)

// fault is a sentence for a person that wraps a sentinel and, if there is one, the cause.
type fault struct {
	kind     error
	cause    error
	sentence string
}

func (f *fault) Error() string { return f.sentence }

func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

func faultf(kind, cause error, format string, args ...any) error {
	return &fault{kind: kind, cause: cause, sentence: fmt.Sprintf(format, args...)}
}

// explain turns an error of SQLite on the file at path into a sentence; other errors get the path as context.
func explain(path string, err error) error {
	var known *fault
	if err == nil || errors.As(err, &known) {
		return err
	}
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return fmt.Errorf("run file %s: %w", path, err)
	}
	switch {
	case lite.Code == sqlite3.ErrFull, isFull(lite.SystemErrno):
		return faultf(ErrFull, err, "the disk that holds %s is full: free some space; the run waits", path)
	case lite.Code == sqlite3.ErrNotADB:
		return faultf(ErrNotOurs, err, "%s is not a Growlab run file (nor any SQLite database): name a file that ends in %s", path, Extension)
	case lite.Code == sqlite3.ErrCorrupt:
		return faultf(ErrDamaged, err, "the run file %s is damaged (%v): restore it from a copy", path, err)
	case lite.Code == sqlite3.ErrBusy, lite.Code == sqlite3.ErrLocked:
		return faultf(ErrBusy, err, "another program holds the run file %s (%v): close it there", path, err)
	case lite.Code == sqlite3.ErrReadonly, lite.Code == sqlite3.ErrPerm:
		return faultf(fs.ErrPermission, err, "the run file %s cannot be written (%v): check its permissions and those of its folder", path, err)
	}
	return fmt.Errorf("run file %s: %w", path, err)
}

// isFull reports whether no more may be written: no blocks, no quota, or the process's file size limit.
func isFull(errno syscall.Errno) bool {
	return errno == syscall.ENOSPC || errno == syscall.EDQUOT || errno == syscall.EFBIG
}
