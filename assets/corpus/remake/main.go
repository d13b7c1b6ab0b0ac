// Command remake makes the embedded corpus again from Debian's King James Bible.
//
// It needs the Debian packages bible-kjv (the program bible) and bible-kjv-text (its data), and is run
// by go generate in package assets. It refuses to write a text that lacks a book or a verse.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// verses is the number of verses in the 66 books of the King James Version.
const verses = 31_102

func main() {
	out := flag.String("out", "corpus/kjv.txt.zst", "compressed `file` to write")
	flag.Parse()
	if err := remake(*out); err != nil {
		fmt.Fprintln(os.Stderr, "remake:", err)
		os.Exit(1)
	}
}

func remake(out string) error {
	// -f prints one verse a line, "1Sm3:4 And it came to pass …", all 66 books in order.
	listing, err := exec.Command("bible", "-f", "Gen1:1-Rev22:21").Output()
	if err != nil {
		return fmt.Errorf("bible (apt-get install bible-kjv bible-kjv-text): %w", err)
	}
	text, err := format(string(listing))
	if err != nil {
		return err
	}
	packed, err := compress(text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, packed, 0o644); err != nil {
		return err
	}
	fmt.Printf("text: %d bytes, sha256 %x\n%s: %d bytes, sha256 %x\n",
		len(text), sha256.Sum256(text), out, len(packed), sha256.Sum256(packed))
	return nil
}

// verseLine matches one verse of the listing: book, chapter, verse, words.
var verseLine = regexp.MustCompile(`^([1-3]?[A-Za-z]+)([0-9]+):([0-9]+) (.+)$`)

// format turns the listing into running text: each book under its name, chapters parted by an empty
// line, one verse a line as "3:16 For God so loved …".
func format(listing string) ([]byte, error) {
	var text bytes.Buffer
	var book, chapter string
	count, next := 0, 0
	for line := range strings.Lines(listing) {
		verse := verseLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if verse == nil {
			return nil, fmt.Errorf("not a verse: %q", line)
		}
		if verse[1] != book {
			if next == len(books) || books[next].short != verse[1] {
				return nil, fmt.Errorf("book %q is out of order after %d books", verse[1], next)
			}
			if next > 0 {
				text.WriteByte('\n')
			}
			fmt.Fprintf(&text, "%s\n", books[next].name)
			book, chapter = verse[1], ""
			next++
		}
		if verse[2] != chapter {
			text.WriteByte('\n')
			chapter = verse[2]
		}
		words := strings.Join(strings.Fields(verse[4]), " ") // two verses have a doubled space
		fmt.Fprintf(&text, "%s:%s %s\n", verse[2], verse[3], words)
		count++
	}
	if next != len(books) || count != verses {
		return nil, fmt.Errorf("%d books and %d verses; the King James Version has %d and %d", next, count, len(books), verses)
	}
	return text.Bytes(), nil
}

func compress(text []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression),
		zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(text, nil), w.Close()
}
