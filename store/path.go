package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// locate returns the absolute path of an existing file without symbolic links, so that all names of it share one lock.
func locate(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", faultf(fs.ErrNotExist, nil, "there is no run file %s", path)
	}
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", fmt.Errorf("run file %s: %w", path, reason(err))
	}
	if info, err := os.Stat(real); err == nil && info.IsDir() {
		return "", faultf(ErrNotOurs, nil, "%s is a folder, not a Growlab run file", path)
	}
	return real, nil
}

// makeFolder makes the folder of a new file and returns the file's path as locate will.
func makeFolder(path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", fmt.Errorf("create run file: %w", err)
	}
	if err = os.MkdirAll(dir, 0o755); err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	return filepath.Join(dir, filepath.Base(path)), unwritable(filepath.Join(dir, filepath.Base(path)), err)
}

func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write in the folder %s: %w: choose another with GROWLAB_HOME", filepath.Dir(path), reason(err))
}

// reason strips the operation and the path from an error of package os.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// discard removes a draft of a run file and what SQLite keeps beside it.
func discard(draft string) error {
	var all error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(draft + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// syncFolder makes a rename in dir last.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
