package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrData is wrapped by every error that the user's text, or its place, is the reason for.
var ErrData = errors.New("unusable data")

// Vocab is the number of tokens: one for each value of a byte.
const Vocab = 256

// The part that is held out unless Options says otherwise: a tenth, but never more than this.
const validBytes = 200_000

// Set is a text for training. Train and Valid are neighbouring parts of one text and must not be changed.
type Set struct {
	Name  string // of the corpus, the file or the folder
	Hash  string // SHA-256 of the whole text, in hex; with a Teacher, of the text's hash and the teacher's
	Text  string // SHA-256 of the whole text alone
	Train []byte
	Valid []byte // the end of the text, held out

	Files   int      // files that the text came from; 0 if it was embedded
	Skipped []string // what a folder held besides text, by path

	Teacher *Teacher // propositions beside the text; nil is none
}

// WithTeacher is s with propositions beside the text.
func (s *Set) WithTeacher(t *Teacher) *Set {
	both := *s
	both.Teacher = t
	sum := sha256.Sum256([]byte(s.Hash + " " + t.Hash))
	both.Hash = hex.EncodeToString(sum[:])
	return &both
}

// Options are what a caller may choose about a Set.
type Options struct {
	// ValidBytes is how much of the end is held out, to within a UTF-8 character; 0 is the smaller of
	// 200,000 bytes and a tenth of the text.
	ValidBytes int
}

// Embedded returns a Set of a text that is already in memory, which it keeps.
func Embedded(name string, text []byte, o Options) (*Set, error) {
	if err := check(name, text); err != nil {
		return nil, bad("%w", err)
	}
	return split(name, text, o)
}

// Fits reports whether the set has at least one batch of seqs windows to train on and one window to
// evaluate on, for T tokens a window.
func (s *Set) Fits(seqs, T int) error {
	if need := seqs*T + 1; len(s.Train) < need {
		return bad("%q has %d bytes to train on, but one batch of %d sequences of %d needs %d: give a longer text or a smaller batch",
			s.Name, len(s.Train), seqs, T, need)
	}
	if need := T + 1; len(s.Valid) < need {
		return bad("%q has %d bytes held out for validation, but one sequence of %d needs %d: give a longer text",
			s.Name, len(s.Valid), T, need)
	}
	if s.Teacher != nil {
		return s.Teacher.Fits(T)
	}
	return nil
}

// split cuts text into its two parts, between two characters.
func split(name string, text []byte, o Options) (*Set, error) {
	if len(text) == 0 {
		return nil, bad("%q is empty: give UTF-8 text", name)
	}
	valid := o.ValidBytes
	if valid == 0 {
		valid = min(validBytes, len(text)/10)
	}
	if valid < 0 || valid >= len(text) {
		return nil, bad("%q has %d bytes, so %d cannot be held out for validation: hold out less, or give a longer text",
			name, len(text), valid)
	}
	cut := len(text) - valid
	for cut > 0 && cut < len(text) && !utf8.RuneStart(text[cut]) {
		cut--
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	return &Set{Name: name, Hash: hash, Text: hash, Train: text[:cut:cut], Valid: text[cut:]}, nil
}

// bad is an error that wraps ErrData.
func bad(format string, a ...any) error {
	return fmt.Errorf("%w: %w", ErrData, fmt.Errorf(format, a...))
}
