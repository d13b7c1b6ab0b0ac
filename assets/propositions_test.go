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

// judge says whether a proposition is right, by reading it. words and phrases, of five words, are those of the corpus.
func judge(t *testing.T, proposition string, words, phrases map[string]bool) bool {
	t.Helper()
	var c rune
	said, what, _ := strings.Cut(strings.TrimPrefix(proposition, `"`), `" `)
	switch _, err := fmt.Sscanf(what, "begins with %c.", &c); {
	case what == "is in capitals.":
		return strings.ToUpper(said) == said
	case what == "is a word.":
		return words[said]
	case what == "is said so.":
		return phrases[said]
	case err == nil:
		return strings.HasPrefix(said, string(c))
	}
	t.Fatalf("%q is of no kind", proposition)
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
	_, corpus, err := assets.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	words, phrases := map[string]bool{}, map[string]bool{}
	all := strings.Fields(string(corpus))
	for i, w := range all {
		words[strings.TrimRight(w, ".,;:?!)")] = true
		phrases[strings.Join(all[i:min(i+5, len(all))], " ")] = true
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
		if judge(t, p.Text, words, phrases) != p.Label {
			t.Errorf("%q is said to be %v", p.Text, p.Label)
		}
		if len(p.Text) > 64 {
			t.Errorf("%q has %d bytes, which is much for a context of 128", p.Text, len(p.Text))
		}
	}
	if len(seen) != 4800 || right != 2400 {
		t.Errorf("%d propositions, %d of them right, want 4800 and 2400", len(seen), right)
	}
}
