package assets

import (
	_ "embed" // for the corpus
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:generate go run ./corpus/remake -out corpus/kjv.txt.zst

//go:embed corpus/kjv.txt.zst
var corpus []byte

// CorpusName names the embedded corpus in run files and on screens. corpus/SOURCE.md has its source,
// its licence and how it was made.
const CorpusName = "King James Bible"

// Corpus returns the embedded corpus: its name and its text, about 4.3 MB of ASCII. It is decompressed
// on the first call and then shared, so the caller must not change the text. An error means that the
// binary is damaged.
func Corpus() (name string, text []byte, err error) {
	text, err = corpusText()
	return CorpusName, text, err
}

var corpusText = sync.OnceValues(func() ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("embedded corpus: %w", err)
	}
	defer r.Close()
	text, err := r.DecodeAll(corpus, nil)
	if err != nil {
		return nil, fmt.Errorf("embedded corpus: %w", err)
	}
	return text, nil
})
