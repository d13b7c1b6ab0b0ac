package data_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"growlab/trainer/data"
)

// sums are n propositions on sums, every second one right.
func sums(n int) string {
	var b strings.Builder
	for i := range n {
		right := i%2 == 0
		result := i + 3
		if !right {
			result++
		}
		fmt.Fprintf(&b, "{\"text\": \"%d+3=%d\", \"label\": %v}\n", i, result, right)
	}
	return b.String()
}

func teacher(t *testing.T, n int) *data.Teacher {
	t.Helper()
	teacher, err := data.NewTeacher("sums", strings.NewReader(sums(n)))
	if err != nil {
		t.Fatal(err)
	}
	return teacher
}

// told reads the propositions and their labels out of a sequence, and checks that nothing else is a target.
func told(t *testing.T, inputs, targets []int32) (all []string) {
	t.Helper()
	begin := 0
	for i, target := range targets {
		switch target {
		case data.NoTarget:
			continue
		case data.Wrong, data.Right:
		default:
			t.Fatalf("target %d at %d", target, i)
		}
		if i+1 < len(inputs) && inputs[i+1] != target {
			t.Errorf("after the label %d at %d the input is %d", target, i, inputs[i+1])
		}
		all = append(all, fmt.Sprintf("%s %v", letters(inputs[begin:i+1]), target == data.Right))
		begin = i + 2
	}
	if begin < len(inputs) && strings.Trim(string(letters(inputs[begin:])), "\n") != "" {
		t.Errorf("the sequence ends with %q", letters(inputs[begin:]))
	}
	return all
}

func isRight(p string) bool {
	var a, sum int
	if _, err := fmt.Sscanf(p, "%d+3=%d", &a, &sum); err != nil {
		return false
	}
	return a+3 == sum
}

// TestLessons: sequences are full of propositions with their labels, none of them held out; each is the same whatever is filled
// with it, another with another seed, and all propositions have their turn.
func TestLessons(t *testing.T) {
	const seqs, T = 300, 32
	of := teacher(t, 200)
	inputs, targets := make([]int32, seqs*T), make([]int32, seqs*T)
	labels := of.Lessons(7).Fill(40, seqs, T, inputs, targets)
	seen := map[string]bool{}
	n := 0
	for s := range seqs {
		for _, p := range told(t, inputs[s*T:][:T], targets[s*T:][:T]) {
			text, label, _ := strings.Cut(p, " ")
			if fmt.Sprint(isRight(text)) != label {
				t.Errorf("%s is said to be %s", text, label)
			}
			seen[p] = true
			n++
		}
		one, same := make([]int32, T), make([]int32, T)
		of.Lessons(7).Fill(int64(40+s), 1, T, one, same)
		if !slices.Equal(one, inputs[s*T:][:T]) || !slices.Equal(same, targets[s*T:][:T]) {
			t.Fatalf("sequence %d is another one when it is filled alone", 40+s)
		}
	}
	if train, held := of.Len(); len(seen) != train || held != 20 || train != 180 {
		t.Errorf("%d propositions to learn, %d held out; %d had their turn in %d", train, held, len(seen), n)
	}
	if n != labels || of.Lessons(7).Labels(40, seqs, T) != n || n < 3*seqs {
		t.Errorf("%d labels, counted %d and %d", n, labels, of.Lessons(7).Labels(40, seqs, T))
	}
	for _, p := range held(t, of, T) {
		if seen[p] {
			t.Errorf("%s is held out and learnt", p)
		}
	}
	other := make([]int32, seqs*T)
	if of.Lessons(8).Fill(40, seqs, T, other, targets); slices.Equal(other, inputs) {
		t.Error("another seed gives the same lessons")
	}
}

func held(t *testing.T, of *data.Teacher, T int) (all []string) {
	t.Helper()
	exam := of.Exam(T)
	inputs, targets := make([]int32, exam.Sequences()*T), make([]int32, exam.Sequences()*T)
	labels := exam.Fill(0, exam.Sequences(), T, inputs, targets)
	for s := range exam.Sequences() {
		all = append(all, told(t, inputs[s*T:][:T], targets[s*T:][:T])...)
	}
	if labels != len(all) {
		t.Errorf("%d labels, counted %d", len(all), labels)
	}
	return all
}

// TestExam: every held-out proposition comes once, however long the sequences are.
func TestExam(t *testing.T) {
	of := teacher(t, 3000)
	_, n := of.Len()
	var first []string
	for _, T := range []int{11, 12, 64, 5000} {
		all := held(t, of, T)
		if first == nil {
			first = all
		}
		if len(all) != n || n != 200 || !reflect.DeepEqual(all, first) {
			t.Errorf("T %d: %d propositions of %d, or in another order", T, len(all), n)
		}
	}
}

func TestWithTeacher(t *testing.T) {
	set, err := data.Embedded("t", []byte(strings.Repeat("text ", 100)), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := set.WithTeacher(teacher(t, 100)), set.WithTeacher(teacher(t, 102))
	if a.Hash == set.Hash || a.Hash == b.Hash || set.Teacher != nil || a.Teacher == nil {
		t.Errorf("hashes %s without, %s and %s with propositions", set.Hash, a.Hash, b.Hash)
	}
	if err := a.Fits(1, 32); err != nil {
		t.Error(err)
	}
	if err := a.Fits(1, 6); !errors.Is(err, data.ErrData) || !strings.Contains(err.Error(), "context is 6") {
		t.Errorf("propositions longer than the context: %v", err)
	}
}

func TestPremise(t *testing.T) {
	lines := sums(30) + `{"text": "Pharaoh dreamed.", "proposition": "Somebody dreamed.", "label": true}` + "\n\n"
	of, err := data.NewTeacher("two", strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	const seqs, T = 200, 64
	inputs, targets := make([]int32, seqs*T), make([]int32, seqs*T)
	of.Lessons(1).Fill(0, seqs, T, inputs, targets)
	if text := string(letters(inputs)); !strings.Contains(text, "Pharaoh dreamed.\nSomebody dreamed.") {
		t.Error("text and proposition do not stand together")
	}
}

func TestBadTeachers(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"few":        {sums(10), `"x" has 10 propositions: give at least 20`},
		"none":       {"", "has 0 propositions"},
		"not JSON":   {"1+3=4 true\n" + sums(30), "line 1: "},
		"no text":    {sums(20) + `{"label": true}`, `line 21: "text" is empty or absent`},
		"no label":   {sums(20) + `{"text": "a"}`, `line 21: "label" is absent; it must be true or false`},
		"a word":     {sums(20) + `{"text": "a", "label": "yes"}`, "line 21: "},
		"other keys": {sums(20) + `{"text": "a", "label": true, "answer": 1}`, `unknown field "answer"`},
		"two":        {sums(20) + `{"text": "a", "label": true} {"text": "b", "label": true}`, "more on the line than one object"},
		"twice":      {sums(20) + `{"text": "2+3=5", "label": false}`, "line 21: the same proposition as in line 3"},
		"one side":   {strings.ReplaceAll(sums(20), "false", "true"), "are right: give right and wrong ones"},
	} {
		_, err := data.NewTeacher("x", strings.NewReader(c.text))
		if !errors.Is(err, data.ErrData) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, err, c.want)
		}
	}
	if _, err := data.OpenTeacher("no such file"); !errors.Is(err, data.ErrData) {
		t.Errorf("a file that is not there: %v", err)
	}
}
