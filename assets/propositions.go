package assets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// PropositionsName names the propositions in the program.
const PropositionsName = "words of the King James Bible"

// propositionWords and perKind are how many words the propositions are about, and how many of each kind there are.
const (
	propositionWords = 800
	perKind          = 1000
)

// Propositions returns the propositions in the program: their name, and a JSON object on each line with "text" and "label", as
// trainer/data reads them. They are about the spelling of the commonest words of the embedded corpus, so that whoever reads them
// can judge them; half are right. They are made anew at each call, and always the same:
//
//	"shepherd" begins with s.
//	"shepherd" ends with m.
//	The letter p is in "shepherd".
//	"shepherd" is longer than "king".
//	"king" comes before "shepherd" in a dictionary.
func Propositions() (name string, jsonl []byte, err error) {
	_, text, err := Corpus()
	if err != nil {
		return "", nil, err
	}
	words := commonWords(text, propositionWords)
	g := proposer{words: words, rng: rand.New(rand.NewPCG(1, 2)), seen: map[string]bool{}}
	kinds := []func(right bool) (string, bool){g.begins, g.ends, g.holds, g.longer, g.before}
	for i := range perKind * len(kinds) {
		g.propose(kinds[i%len(kinds)], i/len(kinds)%2 == 0)
	}
	return PropositionsName, g.out, nil
}

// commonWords are the n commonest words of text from 4 to 9 letters, all small, in the order of the alphabet. Of equally common ones the first in the alphabet
// counts as commoner.
func commonWords(text []byte, n int) []string {
	counts := map[string]int{}
	for w := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return !letter(r) && (r < 'A' || r > 'Z') }) {
		if len(w) >= 4 && len(w) <= 9 && !strings.ContainsFunc(w, func(r rune) bool { return !letter(r) }) {
			counts[w]++
		}
	}
	words := make([]string, 0, len(counts))
	for w := range counts {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	words = words[:min(n, len(words))]
	slices.Sort(words)
	return words
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' }

// proposer draws propositions that it has not drawn before.
type proposer struct {
	words []string
	rng   *rand.Rand
	seen  map[string]bool
	out   []byte
}

// propose writes one of a kind. A kind answers false where the words that it drew do not serve.
func (g *proposer) propose(kind func(right bool) (string, bool), right bool) {
	for {
		text, ok := kind(right)
		if ok && !g.seen[text] {
			g.seen[text] = true
			g.out = fmt.Appendf(g.out, "{\"text\": %q, \"label\": %v}\n", text, right)
			return
		}
	}
}

func (g *proposer) word() string { return g.words[g.rng.IntN(len(g.words))] }

// letterFor is the letter c if it is to be right, else another one.
func (g *proposer) letterFor(c byte, right bool) (byte, bool) {
	if right {
		return c, true
	}
	other := g.word()[0] // letters as common as they are at the head of words
	return other, other != c
}

func (g *proposer) begins(right bool) (string, bool) {
	w := g.word()
	c, ok := g.letterFor(w[0], right)
	return fmt.Sprintf("%q begins with %c.", w, c), ok
}

func (g *proposer) ends(right bool) (string, bool) {
	w, other := g.word(), g.word()
	c := w[len(w)-1]
	if right {
		return fmt.Sprintf("%q ends with %c.", w, c), true
	}
	return fmt.Sprintf("%q ends with %c.", w, other[len(other)-1]), other[len(other)-1] != c
}

func (g *proposer) holds(right bool) (string, bool) {
	w, other := g.word(), g.word()
	c := other[g.rng.IntN(len(other))]
	return fmt.Sprintf("The letter %c is in %q.", c, w), strings.Contains(w, string(c)) == right
}

func (g *proposer) longer(right bool) (string, bool) {
	a, b := g.word(), g.word()
	return fmt.Sprintf("%q is longer than %q.", a, b), (len(a) > len(b)) == right
}

func (g *proposer) before(right bool) (string, bool) {
	a, b := g.word(), g.word()
	return fmt.Sprintf("%q comes before %q in a dictionary.", a, b), a != b && (a < b) == right
}
