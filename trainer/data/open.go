package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBytes is the longest text that Open accepts: training holds all of it in memory.
const maxBytes = 8 << 30

// errBinary marks a file with a NUL byte, which no text has.
var errBinary = errors.New("binary file")

// Open reads the text at path. A file is read whole. Of a folder every regular file is read, also in
// folders below it, in the order of [fs.WalkDir], with an empty line between two files. Names that start
// with a dot are passed over; symbolic links inside the folder, and binary files (those with a NUL byte),
// are listed in Skipped. A byte order mark at the start of a file is dropped.
//
// Every error wraps [ErrData]: a path that is missing, unreadable or neither file nor folder; a file
// that is not UTF-8; no text at all.
func Open(path string, o Options) (*Set, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, bad("%w", err)
	}
	info, err := os.Stat(full)
	if err != nil {
		return nil, bad("%w: give a file or folder of UTF-8 text", err)
	}
	var in input
	switch {
	case info.IsDir():
		err = in.addFolder(full)
	case info.Mode().IsRegular():
		err = in.addFile(os.Open, full, info.Size())
	default:
		err = fmt.Errorf("%s is neither a file nor a folder (%s): give UTF-8 text", path, info.Mode().Type())
	}
	if err != nil {
		return nil, bad("%w", err)
	}
	set, err := split(filepath.Base(full), in.text, o)
	if err != nil {
		return nil, err
	}
	set.Files, set.Skipped = in.files, in.skipped
	return set, nil
}

// input gathers the text of one or many files.
type input struct {
	text    []byte
	files   int
	skipped []string
}

// addFolder appends every text file below dir.
func (in *input) addFolder(dir string) error {
	root, err := os.OpenRoot(dir) // nothing outside dir is opened, whatever changes meanwhile
	if err != nil {
		return err
	}
	walk := func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			in.skipped = append(in.skipped, name)
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		err = in.addFile(root.Open, name, info.Size())
		if errors.Is(err, errBinary) {
			in.skipped = append(in.skipped, name)
			return nil
		}
		return err
	}
	err = errors.Join(fs.WalkDir(root.FS(), ".", walk), root.Close())
	if err == nil && len(in.text) == 0 {
		err = fmt.Errorf("folder %s holds no text (%d empty files, %d skipped as links or binary): give UTF-8 text",
			dir, in.files, len(in.skipped))
	}
	return err
}

// addFile appends one file, of about size bytes. When it fails, the text is as it was.
func (in *input) addFile(open func(string) (*os.File, error), name string, size int64) error {
	file, err := open(name)
	if err != nil {
		return err
	}
	start := len(in.text)
	if start > 0 {
		in.text = append(in.text, "\n\n"...)
	}
	body := len(in.text)
	err = errors.Join(in.read(file, name, size), file.Close())
	if err == nil && bytes.HasPrefix(in.text[body:], []byte("\ufeff")) {
		in.text = slices.Delete(in.text, body, body+len("\ufeff"))
	}
	if err == nil {
		err = check(name, in.text[body:])
	}
	if err != nil || len(in.text) == body {
		in.text = in.text[:start]
	}
	if err == nil {
		in.files++
	}
	return err
}

// read appends all of file to the text, and stops early at a NUL byte, so that a film among the texts is
// not read to its end.
func (in *input) read(file io.Reader, name string, size int64) error {
	const chunk = 1 << 20
	start := len(in.text)
	if size > maxBytes-int64(start) {
		return fmt.Errorf("%q: the text is longer than %d GiB, which is more than is held in memory: give less", name, maxBytes>>30)
	}
	in.text = slices.Grow(in.text, int(size)+1) // one more, so that the end is found without growing
	for {
		end := len(in.text)
		in.text = slices.Grow(in.text, 1)
		n, err := file.Read(in.text[end:min(cap(in.text), end+chunk)])
		in.text = in.text[:end+n]
		if i := bytes.IndexByte(in.text[end:], 0); i >= 0 && !utf16(in.text[start:]) {
			return notText(name, end-start+i)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		if len(in.text) > maxBytes {
			return fmt.Errorf("%q: the text is longer than %d GiB, which is more than is held in memory: give less", name, maxBytes>>30)
		}
	}
}

// check returns an error unless text is UTF-8 without NUL bytes.
func check(name string, text []byte) error {
	if utf16(text) {
		return fmt.Errorf("%q is UTF-16: save it as UTF-8", name)
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return notText(name, i)
	}
	if utf8.Valid(text) {
		return nil
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return fmt.Errorf("%q: byte %d (0x%02x) is not UTF-8: give UTF-8 text; iconv -f latin1 -t utf8 converts older files",
				name, i, text[i])
		}
		i += n
	}
}

func notText(name string, offset int) error {
	return fmt.Errorf("%q: byte %d is 0x00, so it is a %w: give UTF-8 text", name, offset, errBinary)
}

// utf16 reports whether text starts with the byte order mark of UTF-16.
func utf16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}
