package data_test

import (
	"fmt"
	"strings"

	"growlab/trainer/data"
)

func Example() {
	text := strings.Repeat("In the beginning God created the heaven and the earth. ", 20)
	set, err := data.Embedded("Genesis", []byte(text), data.Options{ValidBytes: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	const seqs, T = 2, 8
	if err := set.Fits(seqs, T); err != nil {
		fmt.Println(err)
		return
	}
	inputs, targets := make([]int32, seqs*T), make([]int32, seqs*T)
	set.Order(1).Fill(0, seqs, T, inputs, targets) // the first batch of a run with seed 1
	fmt.Printf("%q\n%q\n", string(letters(inputs[:T])), string(letters(targets[:T])))

	set.Spread(4).Fill(0, seqs, T, inputs, targets) // always the same
	fmt.Printf("%q\n", string(letters(inputs[:T])))
	// Output:
	// "eaven an"
	// "aven and"
	// "inning G"
}

// letters are tokens as bytes.
func letters(tokens []int32) []byte {
	text := make([]byte, len(tokens))
	for i, token := range tokens {
		text[i] = byte(token)
	}
	return text
}
