package data

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
)

// The tokens of labels, which follow those of the bytes.
const (
	Wrong  = Vocab
	Right  = Vocab + 1
	Labels = 2
)

// NoTarget is the target of a token after which there is nothing to predict.
const NoTarget = -1

// Proposition is a line of a teacher's file: a sentence, said of a text or by itself, and whether it is right.
//
//	{"text": "Pharaoh dreamed.", "proposition": "Somebody dreamed.", "label": true}
//	{"text": "\"shepherd\" begins with m.", "label": false}
type Proposition struct {
	Text        string `json:"text"`
	Proposition string `json:"proposition,omitempty"`
	Label       *bool  `json:"label"`
}

// bytes is what a network reads of p before it judges: the text, and on a line of its own the proposition.
func (p Proposition) bytes() []byte {
	if p.Proposition == "" {
		return []byte(p.Text)
	}
	return []byte(p.Text + "\n" + p.Proposition)
}

// Teacher is a set of propositions to learn and one, held out, to be examined on.
type Teacher struct {
	Name string
	Hash string // SHA-256 of the whole file, in hex

	train, held []judged
}

// judged is a proposition as tokens.
type judged struct {
	text  []byte
	label int32 // Wrong or Right
}

// A tenth of the propositions is held out, but never more than this; and there are to be so many in all.
const (
	mostHeld = 200
	fewest   = 20
)

// maxLine is the longest line of a teacher's file.
const maxLine = 1 << 20

// OpenTeacher reads the file of propositions at path.
func OpenTeacher(path string) (t *Teacher, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, bad("%w: give a file of propositions, a JSON object on each line", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return NewTeacher(filepath.Base(path), file)
}

// NewTeacher reads propositions, one JSON object a line; empty lines are passed over. Every error wraps [ErrData]. Which are held
// out depends on their number and order alone.
func NewTeacher(name string, jsonl io.Reader) (*Teacher, error) {
	t, sum := &Teacher{Name: name}, sha256.New()
	in := bufio.NewScanner(io.TeeReader(jsonl, sum))
	in.Buffer(nil, maxLine)
	var all []judged
	seen := map[string]int{} // text -> line
	for line := 1; in.Scan(); line++ {
		if len(bytes.TrimSpace(in.Bytes())) == 0 {
			continue
		}
		p, err := parseProposition(in.Bytes())
		if err != nil {
			return nil, bad("%q, line %d: %w", name, line, err)
		}
		if was, ok := seen[string(p.text)]; ok {
			return nil, bad("%q, line %d: the same proposition as in line %d: leave one of them out", name, line, was)
		}
		seen[string(p.text)] = line
		all = append(all, p)
	}
	if err := in.Err(); err != nil {
		return nil, bad("%q: %w: a line may have %d bytes", name, err, maxLine)
	}
	if len(all) < fewest {
		return nil, bad("%q has %d propositions: give at least %d", name, len(all), fewest)
	}
	t.Hash = hex.EncodeToString(sum.Sum(nil))
	return t, t.split(all)
}

func parseProposition(line []byte) (judged, error) {
	var p Proposition
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	err := dec.Decode(&p)
	if err == nil && dec.More() {
		err = errors.New("there is more on the line than one object")
	}
	if err != nil {
		return judged{}, fmt.Errorf(`%w; write {"text": "…", "proposition": "…", "label": true}, the proposition if you like`, err)
	}
	switch {
	case p.Text == "":
		return judged{}, errors.New(`"text" is empty or absent; it is what is judged, or what the proposition is about`)
	case p.Label == nil:
		return judged{}, errors.New(`"label" is absent; it must be true or false`)
	}
	j := judged{p.bytes(), Wrong}
	if *p.Label {
		j.label = Right
	}
	return j, nil
}

// split holds some out. Neighbouring lines are often of a kind, so they are drawn from all over.
func (t *Teacher) split(all []judged) error {
	held := min(mostHeld, len(all)/10)
	order := newPermutation(uint64(len(all)), golden)
	labels := map[int32]int{}
	for i := range all {
		p := all[order.at(uint64(i))]
		if i < held {
			t.held = append(t.held, p)
			continue
		}
		t.train = append(t.train, p)
		labels[p.label]++
	}
	if labels[Right] == 0 || labels[Wrong] == 0 {
		return bad("%q: of %d propositions to learn %d are right: give right and wrong ones", t.Name, len(t.train), labels[Right])
	}
	return nil
}

// Len is how many propositions there are to learn, and how many are held out.
func (t *Teacher) Len() (train, held int) { return len(t.train), len(t.held) }

// Fits reports whether every proposition fits into a sequence of T tokens.
func (t *Teacher) Fits(T int) error {
	for _, part := range [][]judged{t.train, t.held} {
		for _, p := range part {
			if len(p.text) > T {
				return bad("%q has a proposition of %d bytes, %.40q…, but the context is %d: leave it out, or give a longer context",
					t.Name, len(p.text), p.text, T)
			}
		}
	}
	return nil
}

// Lessons serves sequences of propositions drawn from those to learn, without end. It holds no state: sequence i is always the
// same.
//
// A sequence holds one proposition after another, each followed by the token of its label, as many as fit, and line breaks to its
// end. Only labels are targets.
type Lessons struct {
	of   []judged
	seed uint64
}

// Lessons are drawn by a seed.
func (t *Teacher) Lessons(seed uint64) Lessons { return Lessons{t.train, seed} }

// Fill writes the sequences first to first+seqs-1, (seqs, T) inputs and targets, and returns how many labels they have. No
// proposition may be longer than T, see [Teacher.Fits].
func (l Lessons) Fill(first int64, seqs, T int, inputs, targets []int32) (labels int) {
	for s := range seqs {
		w := newWindow(inputs[s*T:][:T], targets[s*T:][:T])
		key := mix(mix(l.seed) + uint64(first) + uint64(s))
		for draw := uint64(1); ; draw++ {
			i, _ := bits.Mul64(mix(key+draw*golden), uint64(len(l.of)))
			if !w.add(l.of[i]) {
				break
			}
		}
		labels += w.labels
	}
	return labels
}

// Labels is how many labels the sequences first to first+seqs-1 have.
func (l Lessons) Labels(first int64, seqs, T int) int {
	one := make([]int32, 2*T)
	labels := 0
	for s := range seqs {
		labels += l.Fill(first+int64(s), 1, T, one[:T], one[T:])
	}
	return labels
}

// window is a sequence that is being filled.
type window struct {
	inputs, targets []int32
	at, labels      int
}

func newWindow(inputs, targets []int32) *window {
	for t := range inputs {
		inputs[t], targets[t] = '\n', NoTarget
	}
	return &window{inputs: inputs, targets: targets}
}

// add appends p and, if there is room, its label as input to what follows; it does nothing if p does not fit.
func (w *window) add(p judged) bool {
	end := w.at + len(p.text)
	if end > len(w.inputs) {
		return false
	}
	for i, c := range p.text {
		w.inputs[w.at+i] = int32(c)
	}
	w.targets[end-1] = p.label
	if end < len(w.inputs) {
		w.inputs[end] = p.label
	}
	w.at, w.labels = end+1, w.labels+1
	return true
}

// Exam is the held-out propositions in sequences like those of Lessons, each proposition once, the same in every call.
type Exam struct {
	of    []judged
	first []int // proposition that each sequence begins with
}

// Exam lays the held-out propositions out in sequences of T tokens.
func (t *Teacher) Exam(T int) Exam {
	e := Exam{of: t.held}
	room := 0
	for i, p := range t.held {
		if i == 0 || len(p.text) > room {
			e.first, room = append(e.first, i), T
		}
		room -= len(p.text) + 1
	}
	return e
}

// Sequences is how many there are.
func (e Exam) Sequences() int { return len(e.first) }

// Fill writes the sequences first to first+seqs-1, as [Lessons.Fill] does.
func (e Exam) Fill(first, seqs, T int, inputs, targets []int32) (labels int) {
	for s := range seqs {
		w := newWindow(inputs[s*T:][:T], targets[s*T:][:T])
		for i := e.first[first+s]; i < len(e.of) && w.add(e.of[i]); i++ {
			labels++
		}
	}
	return labels
}
