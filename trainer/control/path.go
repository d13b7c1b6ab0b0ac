package control

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// maxPath is the longest socket path used. The kernel's limit is 107 bytes on Linux and 103 on the BSDs.
const maxPath = 100

// Path is where the control socket of a run is, or is to be; its folder exists and is ours alone when Path returns.
func Path(run string) (string, error) {
	name, err := socketName(run)
	if err != nil {
		return "", err
	}
	var errs []error
	for _, dir := range folders() {
		path := filepath.Join(dir, name)
		if len(path) > maxPath {
			errs = append(errs, fmt.Errorf("%s is longer than the %d bytes a socket's path may have", path, maxPath))
			continue
		}
		if err := private(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		return path, nil
	}
	return "", fmt.Errorf("control: no place for a socket; set XDG_RUNTIME_DIR to a short path of yours: %w", errors.Join(errs...))
}

// candidates are all places where an engine of this user may have put the socket of a run: its environment may differ
// from ours in XDG_RUNTIME_DIR or TMPDIR.
func candidates(run string) ([]string, error) {
	name, err := socketName(run)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, dir := range folders() {
		if path := filepath.Join(dir, name); len(path) <= maxPath {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// folders are the folders a socket may be in, best first.
func folders() []string {
	uid := strconv.Itoa(os.Getuid())
	var dirs []string
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) { // the standard: relative values are ignored
		dirs = append(dirs, filepath.Join(dir, "growlab"))
	}
	if dir := "/run/user/" + uid; owned(dir) {
		dirs = append(dirs, filepath.Join(dir, "growlab"))
	}
	for _, dir := range []string{os.TempDir(), "/tmp"} {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, filepath.Join(dir, "growlab-"+uid))
		}
	}
	return dirs
}

// socketName is the file name for a run: its id, or a digest of an id that is long.
func socketName(run string) (string, error) {
	if run == "" || run[0] == '.' || strings.ContainsAny(run, "/\x00") {
		return "", fmt.Errorf("control: %q is no run id", run)
	}
	if len(run) > 40 {
		sum := sha256.Sum256([]byte(run))
		run = hex.EncodeToString(sum[:16])
	}
	return run + ".sock", nil
}

// owned reports whether dir is a folder of this user, not a link to one.
func owned(dir string) bool {
	fi, err := os.Lstat(dir)
	if err != nil || !fi.IsDir() {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// private makes dir with mode 0700, or checks that it is ours and closed to others: in a shared /tmp anyone could have
// made it first.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if !owned(dir) {
		return fmt.Errorf("%s is not a folder of this user", dir)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if fi.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return err
		}
	}
	return nil
}
