package data_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"growlab/trainer/data"
)

// write makes a file below a new folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func whole(s *data.Set) string { return string(s.Train) + string(s.Valid) }

func TestOpenFile(t *testing.T) {
	text := strings.Repeat("In the beginning. ", 100)
	path := write(t, t.TempDir(), "gen.txt", text)
	set, err := data.Open(path, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := whole(set); got != text {
		t.Errorf("text: got %q…, want %q…", got[:20], text[:20])
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); set.Hash != want {
		t.Errorf("hash: got %s, want %s", set.Hash, want)
	}
	if set.Name != "gen.txt" || set.Files != 1 || len(set.Skipped) != 0 {
		t.Errorf("got name %q, %d files, skipped %q; want gen.txt, 1 file, none skipped", set.Name, set.Files, set.Skipped)
	}
	embedded, err := data.Embedded("gen.txt", []byte(text), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if embedded.Hash != set.Hash || !bytes.Equal(embedded.Train, set.Train) {
		t.Error("the same text embedded is another set")
	}
}

func TestOpenFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.md", "second")
	write(t, dir, "a.txt", "\ufefffirst\n")
	write(t, dir, "sub/deep/c.txt", "third")
	write(t, dir, "sub/empty.txt", "")
	write(t, dir, ".hidden.txt", "no")
	write(t, dir, ".git/config", "no")
	write(t, dir, "photo.png", "\x89PNG\r\n\x1a\n\x00\x00")
	write(t, dir, "long.bin", strings.Repeat("x", 3<<20)+"\x00")
	outside := write(t, t.TempDir(), "outside.txt", "no")
	for link, to := range map[string]string{"link.txt": outside, "loop": ".", "inside.txt": "a.txt"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := data.Open(dir, data.Options{ValidBytes: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := whole(set), "first\n\n\nsecond\n\nthird"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
	if want := []string{"inside.txt", "link.txt", "long.bin", "loop", "photo.png", "pipe"}; !slices.Equal(set.Skipped, want) {
		t.Errorf("skipped: got %q, want %q", set.Skipped, want)
	}
	if set.Files != 4 || set.Name != filepath.Base(dir) {
		t.Errorf("got %d files, name %q; want 4 and %q", set.Files, set.Name, filepath.Base(dir))
	}
	again, err := data.Open(filepath.Join(dir, "sub", ".."), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash != set.Hash || again.Name != set.Name {
		t.Errorf("by another path: got %s %q, want %s %q", again.Hash, again.Name, set.Hash, set.Name)
	}
}

func TestOpenThroughALinkThatTheUserNamed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "real/a.txt", "some text")
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	set, err := data.Open(filepath.Join(dir, "link"), data.Options{ValidBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if whole(set) != "some text" {
		t.Errorf("got %q, want %q", whole(set), "some text")
	}
}

func TestBadInputIsOneSentence(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "pictures/a.png", "\x00")
	write(t, dir, "pictures/empty", "")
	write(t, dir, "mixed/good.txt", "good")
	write(t, dir, "mixed/latin.txt", "caf\xe9 noir")
	for _, tc := range []struct {
		name, path string
		want       []string
	}{
		{"missing", filepath.Join(dir, "nowhere"), []string{"nowhere", "no such file", "UTF-8"}},
		{"empty file", write(t, dir, "empty.txt", ""), []string{`"empty.txt" is empty`, "UTF-8"}},
		{"only a byte order mark", write(t, dir, "bom.txt", "\ufeff"), []string{`"bom.txt" is empty`}},
		{"binary", write(t, dir, "prog", "\x7fELF\x02\x00"), []string{"prog", "byte 5 is 0x00", "binary", "UTF-8"}},
		{"binary after a megabyte", write(t, dir, "late", strings.Repeat("a", 2_500_000)+"\x00"), []string{"byte 2500000 is 0x00"}},
		{"latin1", write(t, dir, "latin.txt", "caf\xe9"), []string{"latin.txt", "byte 3 (0xe9)", "UTF-8", "iconv"}},
		{"cut in a character", write(t, dir, "cut.txt", "ab\xe2\x82"), []string{"byte 2 (0xe2)"}},
		{"utf-16", write(t, dir, "notepad.txt", "\xff\xfea\x00b\x00"), []string{"notepad.txt", "UTF-16", "UTF-8"}},
		{"named pipe", pipe, []string{"pipe", "neither a file nor a folder"}},
		{"folder without text", filepath.Join(dir, "pictures"), []string{"pictures", "no text", "1 empty", "1 skipped"}},
		{"one bad file in a folder", filepath.Join(dir, "mixed"), []string{"latin.txt", "byte 3 (0xe9)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := data.Open(tc.path, data.Options{})
			if !errors.Is(err, data.ErrData) {
				t.Fatalf("got %v, want an error that wraps ErrData", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to contain %q", err, want)
				}
			}
			if strings.ContainsAny(err.Error(), "\n\x00") || strings.Count(err.Error(), data.ErrData.Error()) != 1 {
				t.Errorf("not one sentence: %q", err)
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "secret.txt", "text")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, dir} {
		set, err := data.Open(path, data.Options{ValidBytes: 1})
		switch {
		case os.Geteuid() == 0: // root reads everything
			if err != nil || whole(set) != "text" {
				t.Errorf("Open(%s) as root: got %v, want the text", path, err)
			}
		case !errors.Is(err, data.ErrData) || !errors.Is(err, os.ErrPermission):
			t.Errorf("Open(%s): got %v, want ErrData and ErrPermission", path, err)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		name  string
		text  string
		valid int
		want  int // bytes held out; -1 is an error
	}{
		{"a tenth", strings.Repeat("a", 1000), 0, 100},
		{"never more than 200,000", strings.Repeat("a", 3_000_000), 0, 200_000},
		{"as asked", strings.Repeat("a", 1000), 333, 333},
		{"all but one", "abc", 2, 2},
		{"everything", "abc", 3, -1},
		{"more than there is", "abc", 4, -1},
		{"negative", "abc", -1, -1},
		{"between characters", strings.Repeat("é", 10), 5, 6},
		{"between long characters", strings.Repeat("😈", 10), 5, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := data.Embedded("x", []byte(tc.text), data.Options{ValidBytes: tc.valid})
			if tc.want < 0 {
				if !errors.Is(err, data.ErrData) {
					t.Errorf("got %v, want ErrData", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := len(set.Valid); got != tc.want || whole(set) != tc.text {
				t.Errorf("held out: got %d bytes of %d in all, want %d of %d", got, len(whole(set)), tc.want, len(tc.text))
			}
		})
	}
}

func TestFits(t *testing.T) {
	for _, tc := range []struct {
		name         string
		train, valid int
		want         string // "" is a fit
	}{
		{"just enough", 33, 9, ""},
		{"a byte short to train on", 32, 9, `"x" has 32 bytes to train on, but one batch of 4 sequences of 8 needs 33`},
		{"a byte short to evaluate on", 33, 8, `"x" has 8 bytes held out for validation, but one sequence of 8 needs 9`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := &data.Set{Name: "x", Train: make([]byte, tc.train), Valid: make([]byte, tc.valid)}
			err := set.Fits(4, 8)
			if tc.want == "" {
				if err != nil {
					t.Errorf("got %v, want a fit", err)
				}
				return
			}
			if !errors.Is(err, data.ErrData) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want ErrData with %q", err, tc.want)
			}
		})
	}
}

func TestTrainDoesNotReachIntoValid(t *testing.T) {
	set, err := data.Embedded("x", bytes.Repeat([]byte("abcdefghij"), 500), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if cap(set.Train) != len(set.Train) {
		t.Errorf("an append to Train would overwrite Valid: cap %d, len %d", cap(set.Train), len(set.Train))
	}
	if got := set.Order(5); len(got.Text) != len(set.Train) || got.Seed != 5 {
		t.Errorf("Order: got %d bytes and seed %d, want %d and 5", len(got.Text), got.Seed, len(set.Train))
	}
	if got := set.Spread(3); len(got.Text) != len(set.Valid) || got.Windows != 3 {
		t.Errorf("Spread: got %d bytes and %d windows, want %d and 3", len(got.Text), got.Windows, len(set.Valid))
	}
}

func FuzzOpen(f *testing.F) {
	for _, seed := range []string{"", "a", "In the beginning", "caf\xe9", "\ufeffmark", "\xff\xfea\x00", "\x00", "日本語のテキスト"} {
		f.Add([]byte(seed), 0)
		f.Add([]byte(seed), 3)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, valid int) {
		path := filepath.Join(dir, "in.txt")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := data.Open(path, data.Options{ValidBytes: valid})
		if err != nil {
			if !errors.Is(err, data.ErrData) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %q, want one sentence that wraps ErrData", err)
			}
			return
		}
		if want := strings.TrimPrefix(string(text), "\ufeff"); whole(set) != want {
			t.Fatalf("got %q, want %q", whole(set), want)
		}
		if !utf8.Valid(set.Train) || !utf8.Valid(set.Valid) {
			t.Fatalf("cut in a character: %q | %q", set.Train, set.Valid)
		}
	})
}
