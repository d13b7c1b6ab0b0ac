package growth

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// TestTaught: the lessons are spread evenly over the sequences, whatever the batch, and none without a teacher.
func TestTaught(t *testing.T) {
	r := parse(t, "teacher.file=builtin", "teacher.share=0.3")
	for first := range int64(500) {
		for _, n := range []int64{1, 3, 12} {
			if k := r.Taught(first+n) - r.Taught(first); k < n*3/10 || k > (n*3+9)/10 {
				t.Errorf("%d lessons among the %d sequences from %d", k, n, first)
			}
		}
	}
	if n := r.Taught(1_000_000); n != 300_000 {
		t.Errorf("%d lessons in a million sequences, want 300,000", n)
	}
	if n := parse(t).Taught(1_000_000); n != 0 {
		t.Errorf("%d lessons without a teacher", n)
	}
}

// TestTeacherInARecipe: two tokens more in every stage; the text of a recipe without a teacher does not know the word.
func TestTeacherInARecipe(t *testing.T) {
	r := parse(t, "teacher.file=builtin", "teacher.share=0.25")
	for i := range r.Stages {
		if v := r.Config(i).Vocab; v != 258 {
			t.Errorf("stage %d has a vocabulary of %d, want 258", i+1, v)
		}
	}
	text, err := r.TOML()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Parse("t", text); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("read back: %+v, %v", again.Teacher, err)
	}
	plain, err := parse(t).TOML()
	if err != nil || bytes.Contains(plain, []byte("teacher")) || parse(t).Final().Vocab != 256 {
		t.Errorf("a recipe without a teacher says\n%s%v", plain, err)
	}
}

func TestBadTeachers(t *testing.T) {
	for name, c := range map[string]struct {
		sets []string
		want string
	}{
		"no file":     {[]string{"teacher.share=0.2"}, "teacher.share is 0.2, but teacher.file names no propositions"},
		"no share":    {[]string{"teacher.file=builtin"}, "teacher.share is 0; it must be"},
		"all of it":   {[]string{"teacher.file=builtin", "teacher.share=1"}, "teacher.share is 1; it must be"},
		"NaN":         {[]string{"teacher.file=builtin", "teacher.share=nan"}, "teacher.share is NaN"},
		"small batch": {[]string{"teacher.file=builtin", "teacher.share=0.6", "train.batch=256"}, "stage 1: a batch of 2 sequences, of which teacher.share takes 0.6, may have none of text"},
	} {
		_, err := Parse("t", []byte(flm1m), c.sets...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that says %q", name, err, c.want)
		}
	}
	r := parse(t, "teacher.file=builtin", "teacher.share=0.6")
	if _, err := r.Edit(at(r, 5, "batch", "256")); err == nil || !strings.Contains(err.Error(), "may leave none of text") {
		t.Errorf("a batch of two by an edit: %v", err)
	}
}
