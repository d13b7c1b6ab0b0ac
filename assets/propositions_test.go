package assets_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"growlab/assets"
)

// judge says whether a proposition is right, by reading it.
func judge(t *testing.T, text string) bool {
	t.Helper()
	var a, b string
	var c rune
	for _, try := range []struct {
		form  string
		args  []any
		right func() bool
	}{
		{"%q begins with %c.", []any{&a, &c}, func() bool { return strings.HasPrefix(a, string(c)) }},
		{"%q ends with %c.", []any{&a, &c}, func() bool { return strings.HasSuffix(a, string(c)) }},
		{"The letter %c is in %q.", []any{&c, &a}, func() bool { return strings.ContainsRune(a, c) }},
		{"%q is longer than %q.", []any{&a, &b}, func() bool { return len(a) > len(b) }},
		{"%q comes before %q in a dictionary.", []any{&a, &b}, func() bool { return a < b }},
	} {
		if n, err := fmt.Sscanf(text, try.form, try.args...); err == nil && n == len(try.args) {
			return try.right()
		}
	}
	t.Fatalf("%q is of no kind", text)
	return false
}

// TestPropositions: each is judged as it should be, half are right, none comes twice, and they are the same every time.
func TestPropositions(t *testing.T) {
	name, jsonl, err := assets.Propositions()
	if err != nil || name == "" {
		t.Fatal(name, err)
	}
	if _, again, err := assets.Propositions(); err != nil || !bytes.Equal(again, jsonl) {
		t.Errorf("another time others: %v", err)
	}
	seen, right := map[string]bool{}, 0
	for lines := bufio.NewScanner(bytes.NewReader(jsonl)); lines.Scan(); {
		var p struct {
			Text  string
			Label bool
		}
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if seen[p.Text] {
			t.Errorf("%q comes twice", p.Text)
		}
		seen[p.Text] = true
		if p.Label {
			right++
		}
		if judge(t, p.Text) != p.Label {
			t.Errorf("%q is said to be %v", p.Text, p.Label)
		}
		if len(p.Text) > 64 {
			t.Errorf("%q has %d bytes, which is much for a context of 128", p.Text, len(p.Text))
		}
	}
	if len(seen) != 5000 || right != 2500 {
		t.Errorf("%d propositions, %d of them right, want 5000 and 2500", len(seen), right)
	}
}
