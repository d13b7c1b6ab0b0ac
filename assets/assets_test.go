package assets_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"growlab/assets"
)

// The sum written down in corpus/SOURCE.md. It is part of what makes a run repeatable: a changed corpus
// changes every loss.
const corpusSum = "1e1146e77debba55c46f1985b6048d1a73f21b8cdc5c85a6b145432325503485"

func TestCorpusIsTheTextOfSourceNote(t *testing.T) {
	name, text, err := assets.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if name != assets.CorpusName {
		t.Errorf("name: got %q, want %q", name, assets.CorpusName)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != corpusSum {
		t.Errorf("sha256: got %s, want %s", got, corpusSum)
	}
	if got := len(regexp.MustCompile(`(?m)^[0-9]+:[0-9]+ \S`).FindAll(text, -1)); got != 31_102 {
		t.Errorf("verses: got %d, want 31102", got)
	}
	if !bytes.HasPrefix(text, []byte("Genesis\n\n1:1 In the beginning God created")) {
		t.Errorf("start: got %q", text[:40])
	}
	if !bytes.HasSuffix(text, []byte("Lord Jesus Christ be with you all. Amen.\n")) {
		t.Errorf("end: got %q", text[len(text)-40:])
	}
}

func TestCorpusIsDecompressedOnce(t *testing.T) {
	_, first, err := assets.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := assets.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if &first[0] != &again[0] {
		t.Error("two calls returned two copies of the text")
	}
}

func TestRecipesAreReadByName(t *testing.T) {
	names := assets.Recipes()
	if !slices.IsSorted(names) {
		t.Errorf("names are not sorted: %q", names)
	}
	for _, name := range names {
		text, err := assets.Recipe(name)
		if err != nil {
			t.Errorf("recipe %q: %v", name, err)
		}
		if len(bytes.TrimSpace(text)) == 0 {
			t.Errorf("recipe %q is empty", name)
		}
	}
}

func TestUnknownRecipe(t *testing.T) {
	for _, name := range []string{"", "flm-1t", "README", "../recipes/flm-1m", "flm-1m.toml", "*"} {
		_, err := assets.Recipe(name)
		if !errors.Is(err, assets.ErrNoRecipe) {
			t.Errorf("Recipe(%q): got error %v, want ErrNoRecipe", name, err)
			continue
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("Recipe(%q): the error %q does not name it", name, err)
		}
	}
}
