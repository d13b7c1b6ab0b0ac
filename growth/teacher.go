package growth

import (
	"math"

	"growlab/growth/shape"
)

// Teacher mixes a second signal into the text, as FreeLM does (arXiv:2305.01616): propositions, each right or wrong, of which only
// the label is learnt. FLM-101B's eFLM-16B (2.2) writes the label as a token that the same output matrix predicts, and has texts
// and propositions side by side in every batch; so does a run with a Teacher. Its vocabulary has a token more for each label.
//
// Deviation: the paper takes two emoji for labels that its vocabulary has already; ours are tokens of their own, since a byte has a
// meaning in the text.
// Deviation: how much labels weigh is not printed. Here a sequence of propositions counts as much as one of text: the gradient is
// that of (1-share)·(mean loss of a byte) + share·(mean loss of a label).
// Deviation: eFLM goes on from a trained network; a run has its Teacher from the first step to the last.
type Teacher struct {
	File  string  `toml:"file,omitempty" json:"file,omitempty" comment:"of propositions, JSONL, or builtin"`
	Share float64 `toml:"share,omitempty" json:"share,omitempty" comment:"of the sequences of each batch that hold propositions"`
}

// TeacherBuiltin is the File that stands for the propositions in the program.
const TeacherBuiltin = "builtin"

// TeacherLabels is the number of tokens that a Teacher adds to the vocabulary: wrong and right.
const TeacherLabels = 2

// On reports whether there are propositions at all.
func (t Teacher) On() bool { return t.File != "" }

// Taught is how many of the first n sequences of a run hold propositions. They are spread evenly: a batch has its share of them,
// rounded down or up. It depends on n alone, so that a run may change its batch and resume anywhere.
func (r Recipe) Taught(n int64) int64 {
	if !r.Teacher.On() {
		return 0
	}
	return int64(math.Floor(float64(n) * r.Teacher.Share))
}

// vocab is the number of tokens.
func (r Recipe) vocab() int {
	if r.Teacher.On() {
		return r.Model.Vocab + TeacherLabels
	}
	return r.Model.Vocab
}

// leavesText reports whether a batch of so many sequences has a text among them wherever it begins.
func (t Teacher) leavesText(seqs int64) bool { return math.Ceil(float64(seqs)*t.Share) < float64(seqs) }

func (r Recipe) validateTeacher(bad func(string, ...any)) {
	t := r.Teacher
	switch {
	case !t.On() && t.Share != 0:
		bad("teacher.share is %v, but teacher.file names no propositions; %q are those in the program", t.Share, TeacherBuiltin)
	case t.On() && !(t.Share > 0 && t.Share <= 0.9):
		bad("teacher.share is %v; it must be the part of the sequences that hold propositions, above 0 and at most 0.9", t.Share)
	}
}

// validateLessons checks that stage i goes on reading.
func (r Recipe) validateLessons(i int, c shape.Config, bad func(string, ...any)) {
	if seqs := r.batch(i) / int64(c.Context); r.Teacher.On() && seqs > 0 && !r.Teacher.leavesText(seqs) {
		bad("a batch of %d sequences, of which teacher.share takes %v, may have none of text; give a larger batch or a smaller share",
			seqs, r.Teacher.Share)
	}
}
