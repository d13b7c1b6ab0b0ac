package lab

import (
	"errors"
	"fmt"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
)

// Task is what a run's losses are of. Those of two runs compare only if it is the same text, in the same tokens and windows.
type Task struct {
	Run  string // id
	Name string // of the text
	// Text is the SHA-256 of the text without a teacher's propositions; "" if they cannot be told apart any more, and Why says why.
	Text string
	Why  string
	Hash string // SHA-256 of all that the run learns from

	Vocab, Context     int
	Tokens, LastTokens int64 // of an evaluation during the run, and of the last
}

// TaskOf is the task of a run of r.
func TaskOf(m store.Meta, r growth.Recipe) Task {
	t := Task{
		Run: m.ID, Name: m.DataName, Hash: m.DataHash, Vocab: r.Model.Vocab, Context: r.Model.Context,
		Tokens: int64(r.Eval.Tokens), LastTokens: int64(r.Eval.FinalTokens),
	}
	var err error
	if t.Text, err = engine.TextHash(m, r.Teacher); err != nil {
		t.Why = err.Error()
	}
	return t
}

// ReadTask is the task of the run in info, and its recipe.
func ReadTask(info session.Info) (t Task, recipe growth.Recipe, err error) {
	r, err := store.OpenReader(info.File)
	if err != nil {
		return t, recipe, err
	}
	m, err := r.Meta()
	if err = errors.Join(err, r.Close()); err != nil {
		return t, recipe, err
	}
	if recipe, err = growth.Parse(m.RecipeName, []byte(m.Recipe)); err != nil {
		return t, recipe, fmt.Errorf("run file %s: %w", info.File, err)
	}
	return TaskOf(m, recipe), recipe, nil
}

// sameText reports whether both were trained on one text, whatever propositions beside it.
func (t Task) sameText(o Task) bool { return t.Hash == o.Hash || t.Text != "" && t.Text == o.Text }

// SameEnd is nil if the final losses of two runs are of the same thing, else a sentence on what differs.
func (t Task) SameEnd(o Task) error {
	if !t.sameText(o) {
		if t.Name == o.Name && t.Why+o.Why != "" {
			return session.Usagef("runs %s and %s may have seen different texts, which cannot be told from their propositions: %s%s", t.Run, o.Run, t.Why, o.Why)
		}
		return session.Usagef("runs %s and %s saw different texts (%s, SHA-256 %.12s…, and %s, %.12s…): losses compare on one text only",
			t.Run, o.Run, t.Name, t.textOrHash(), o.Name, o.textOrHash())
	}
	return t.same(o, []quantity{
		{"model.vocab", int64(t.Vocab), int64(o.Vocab)},
		{"model.context", int64(t.Context), int64(o.Context)},
		{"eval.final_tokens", t.LastTokens, o.LastTokens},
	})
}

// Same is nil if the losses of two runs, during them and at their end, are of the same thing, else a sentence on what differs.
func (t Task) Same(o Task) error {
	if err := t.SameEnd(o); err != nil {
		return err
	}
	return t.same(o, []quantity{{"eval.tokens", t.Tokens, o.Tokens}})
}

func (t Task) textOrHash() string {
	if t.Text != "" {
		return t.Text
	}
	return t.Hash
}

// quantity is a key of a recipe with the values of two.
type quantity struct {
	key  string
	a, b int64
}

func (t Task) same(o Task, all []quantity) error {
	for _, q := range all {
		if q.a != q.b {
			return session.Usagef("runs %s and %s have %s of %d and %d: their losses are of different things", t.Run, o.Run, q.key, q.a, q.b)
		}
	}
	return nil
}

// objective is what a run of r learns from, in words.
func objective(r growth.Recipe) string {
	if !r.Teacher.On() {
		return "text alone"
	}
	return fmt.Sprintf("text and, in %.3g %% of its sequences, from propositions (teacher.file %s, whose labels are %d tokens more)",
		100*r.Teacher.Share, r.Teacher.File, growth.TeacherLabels)
}
