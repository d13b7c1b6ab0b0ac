package data

import (
	"fmt"
	"math/bits"
)

// Order serves the windows of a text shuffled, epoch after epoch without end. It holds no state: the
// sequences of a run are numbered from 0, and sequence i is always the same window.
//
// An epoch is the windows that start at phase, phase+T, phase+2T, …, each once. The phase (0 to T-1) and the
// order of the windows are drawn anew each epoch, so later epochs cut the text at other places. The up to
// 2T-1 bytes that a phase leaves over at the two ends are not seen in that epoch.
type Order struct {
	Text []byte
	Seed uint64
}

// Order is the training text in shuffled order.
func (s *Set) Order(seed uint64) Order { return Order{Text: s.Train, Seed: seed} }

// Fill writes the sequences first to first+seqs-1: inputs, and targets, which are the inputs shifted by
// one; both (seqs, T). The text must have at least T+1 bytes, see [Set.Fits].
func (o Order) Fill(first int64, seqs, T int, inputs, targets []int32) {
	mustHold(len(o.Text), seqs, T, inputs, targets)
	for s := range seqs {
		copyWindow(o.Text[o.start(first+int64(s), T):], inputs[s*T:][:T], targets[s*T:][:T])
	}
}

// Windows is the number of windows in an epoch.
func (o Order) Windows(T int) int64 {
	// One window fewer than there is room for without a phase, so that each phase has as many.
	return int64(max(1, (len(o.Text)-T)/T))
}

// start is where sequence i begins in the text.
func (o Order) start(i int64, T int) int {
	n := o.Windows(T)
	epoch, k := i/n, i%n
	key := mix(mix(o.Seed) + uint64(epoch))
	phases := min(T, len(o.Text)-int(n)*T) // fewer than T only if the text is shorter than 2T
	phase, _ := bits.Mul64(mix(key), uint64(phases))
	return int(phase) + T*int(newPermutation(uint64(n), key).at(uint64(k)))
}

// Spread serves a fixed number of windows at equal distances from the first bytes of a text to its last,
// the same ones in every call: what losses are compared on. They overlap if there are more than fit.
type Spread struct {
	Text    []byte
	Windows int
}

// Spread is windows fixed windows of the held-out text.
func (s *Set) Spread(windows int) Spread { return Spread{Text: s.Valid, Windows: windows} }

// Fill writes the windows first to first+seqs-1 as [Order.Fill] does; after the last one follows the
// first.
func (w Spread) Fill(first int64, seqs, T int, inputs, targets []int32) {
	mustHold(len(w.Text), seqs, T, inputs, targets)
	last := len(w.Text) - T - 1
	for s := range seqs {
		i, at := int((first+int64(s))%int64(w.Windows)), 0
		if w.Windows > 1 {
			at = i * last / (w.Windows - 1)
		}
		copyWindow(w.Text[at:], inputs[s*T:][:T], targets[s*T:][:T])
	}
}

// copyWindow turns the first T+1 bytes of text into T inputs and T targets.
func copyWindow(text []byte, inputs, targets []int32) {
	for t := range inputs {
		inputs[t] = int32(text[t])
		targets[t] = int32(text[t+1])
	}
}

func mustHold(text, seqs, T int, inputs, targets []int32) {
	if T < 1 || text < T+1 {
		panic(fmt.Sprintf("data: %d bytes hold no window of %d tokens", text, T))
	}
	if len(inputs) < seqs*T || len(targets) < seqs*T {
		panic(fmt.Sprintf("data: room for %d inputs and %d targets, not %d x %d", len(inputs), len(targets), seqs, T))
	}
}
