package assets

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// PropositionsName names the propositions in the program.
const PropositionsName = "words of the King James Bible"

// propositionWords is how many words the propositions are about, phraseWords how many a phrase has, perKind how many propositions there
// are of each kind.
const (
	propositionWords = 800
	phraseWords      = 5
	perKind          = 1200
)

// Propositions returns the propositions in the program: their name, and a JSON object on each line with "text" and "label", as
// trainer/data reads them. They are made of the embedded corpus at each call, and always the same: of each kind half are right.
//
//	"SHEPHERD" is in capitals.              wrong of "shepherd"
//	"shepherd" is a word.                   wrong of the same letters shuffled
//	"and he said unto them" is said so.     wrong of the same words shuffled
//	"shepherd" begins with s.               wrong of another letter
//
// The first can be seen, the two in the middle be told by whoever has read the text, and the last takes a comparison, which small
// networks learn late: the part that is judged rightly says how far a network has come.
func Propositions() (name string, jsonl []byte, err error) {
	_, text, err := Corpus()
	if err != nil {
		return "", nil, err
	}
	g := newProposer(string(text))
	kinds := []func(right bool) (string, bool){g.capitals, g.word, g.phrase, g.begins}
	for i := range perKind * len(kinds) {
		g.propose(kinds[i%len(kinds)], i/len(kinds)%2 == 0)
	}
	return PropositionsName, g.out, nil
}

// proposer draws propositions that it has not drawn before.
type proposer struct {
	rng    *rand.Rand
	common []string        // words from 4 to 9 small letters, in the order of the alphabet
	known  map[string]bool // all words of the text
	text   []string        // its words in order, those with a capital or a mark as ""
	said   map[uint64]bool // hashes of all phrases of phraseWords in it
	seen   map[string]bool
	out    []byte
}

func newProposer(text string) *proposer {
	g := &proposer{rng: rand.New(rand.NewPCG(1, 2)), known: map[string]bool{}, seen: map[string]bool{}, said: map[uint64]bool{}}
	counts := map[string]int{}
	for w := range strings.FieldsSeq(text) {
		bare := strings.TrimRight(w, ".,;:?!)")
		g.known[bare] = true
		if strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) {
			w = ""
		}
		g.text = append(g.text, w)
		if len(w) >= 4 && len(w) <= 9 {
			counts[w]++
		}
	}
	g.common = commonest(counts, propositionWords)
	for at := range len(g.text) - phraseWords + 1 {
		if phrase := g.text[at : at+phraseWords]; !slices.Contains(phrase, "") {
			g.said[hashOf(phrase)] = true
		}
	}
	return g
}

// commonest are the n words that are counted most, in the order of the alphabet. Of words counted alike the first in the alphabet
// goes first.
func commonest(counts map[string]int, n int) []string {
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

// propose writes one of a kind. A kind answers false where what it drew does not serve.
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

func (g *proposer) draw() string { return g.common[g.rng.IntN(len(g.common))] }

func (g *proposer) capitals(right bool) (string, bool) {
	w := g.draw()
	if right {
		w = strings.ToUpper(w)
	}
	return fmt.Sprintf("%q is in capitals.", w), true
}

func (g *proposer) word(right bool) (string, bool) {
	letters := []byte(g.draw())
	if !right {
		g.rng.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	}
	return fmt.Sprintf("%q is a word.", letters), g.known[string(letters)] == right
}

// hashOf tells phrases apart; 64 bits do not make one of a million look like another.
func hashOf(phrase []string) uint64 {
	h := fnv.New64a()
	for _, w := range phrase {
		_, _ = h.Write(append([]byte(w), ' ')) // a hash takes everything
	}
	return h.Sum64()
}

func (g *proposer) phrase(right bool) (string, bool) {
	at := g.rng.IntN(len(g.text) - phraseWords)
	said := slices.Clone(g.text[at : at+phraseWords])
	if slices.Contains(said, "") {
		return "", false
	}
	if !right {
		g.rng.Shuffle(phraseWords, func(i, j int) { said[i], said[j] = said[j], said[i] })
	}
	text := strings.Join(said, " ")
	return fmt.Sprintf("%q is said so.", text), len(text) <= 32 && g.said[hashOf(said)] == right
}

func (g *proposer) begins(right bool) (string, bool) {
	w, c := g.draw(), g.draw()[0]
	if right {
		c = w[0]
	}
	return fmt.Sprintf("%q begins with %c.", w, c), (w[0] == c) == right
}
