package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
)

// TestPieces: a head in pieces, the last of them smaller, gives the same losses bit for bit, the same gradients but for the order in which
// the classifier's add up, twice the same bits, and takes memory for the logits of one piece only.
func TestPieces(t *testing.T) {
	for name, v := range variants {
		for _, p := range []compute.Precision{compute.FP32, compute.BF16} {
			t.Run(fmt.Sprintf("%s/%v", name, p), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(6, uint64(len(name))))
				c := sized(v, 1, 2, 10, 12)
				const seqs = 50 // 300 rows: pieces of 128, 128 and 44
				tree, b := randomTree(c, rng, 0.3), randomBatch(c, rng, seqs, c.Context)
				b.Targets[130] = -1
				run := func(options ...Option) (loss float64, grads []float64, floats int) {
					dev := &serial{Reference: &computetest.Reference{Per: seqs, Operands: p}}
					net, err := New(dev, c, seqs, options...)
					if err != nil {
						t.Fatal(err)
					}
					defer net.Free()
					net.Load(tree)
					net.SetMasks(halfGrown(c, 0.3))
					loss = net.Grad(b, 1)
					short := compute.Batch{Seqs: 30, T: 5, Inputs: b.Inputs[:150], Targets: b.Targets[:150]} // pieces of 128 and 22
					loss += net.Grad(short, 0.5)
					return loss, slices.Clone(computetest.Data(net.Grads())), dev.n
				}
				whole, want, floats := run()
				loss, got, fewer := run(PieceRows(128))
				if loss != whole {
					t.Errorf("the loss is %v, want %v", loss, whole)
				}
				var top float64
				for _, x := range want {
					top = max(top, math.Abs(x))
				}
				for i, x := range want {
					if math.Abs(got[i]-x) > 1e-13*top {
						t.Fatalf("gradient %d is %v, want %v", i, got[i], x)
					}
				}
				if less := (300 - 128) * c.Vocab; floats-fewer != less {
					t.Errorf("it takes %d numbers of memory and %d in pieces, want %d fewer", floats, fewer, less)
				}
				if again, bits, _ := run(PieceRows(128)); again != loss || !slices.Equal(bits, got) {
					t.Error("the second time the numbers differ")
				}
			})
		}
	}
}

// serial counts the numbers that are allocated.
type serial struct {
	*computetest.Reference
	n int
}

func (s *serial) Alloc(n int) (compute.Buffer, error) {
	s.n += n
	return s.Reference.Alloc(n)
}

func (s *serial) AllocOperand(n int) (compute.Buffer, error) {
	s.n += n
	return s.Reference.AllocOperand(n)
}

// TestPieceOf: pieces are as few as the limit allows, as equal as the unit allows, never above the limit, and cover all rows.
func TestPieceOf(t *testing.T) {
	for _, c := range []struct{ rows, most, want int }{
		{100, 128, 100},
		{128, 128, 128},
		{129, 128, 128},
		{300, 128, 128},
		{65536, 21248, 16384},
		{65536, 1 << 20, 65536},
		{1000, 512, 512},
		{1100, 512, 384},
	} {
		if got := pieceOf(c.rows, c.most); got != c.want {
			t.Errorf("pieces of %d rows, at most %d: got %d, want %d", c.rows, c.most, got, c.want)
		}
	}
	for vocab, want := range map[int]int{256: 1 << 22, 50_304: 21_248, 100_256: 10_624, 1 << 30: 128} {
		if got := pieceRows(vocab); got != want || got*vocab > pieceNumbers && got > pieceUnit {
			t.Errorf("of %d tokens %d rows are kept, want %d", vocab, got, want)
		}
	}
}

// TestLogitSeqs: the memory for Logits is bounded too, and there is room for one sequence always.
func TestLogitSeqs(t *testing.T) {
	for _, c := range []struct{ context, vocab, want int }{{128, 256, 8}, {1024, 50_304, 2}, {2048, 100_256, 1}} {
		if got := LogitSeqs(shape.Config{Context: c.context, Vocab: c.vocab}); got != c.want {
			t.Errorf("context %d, %d tokens: %d sequences, want %d", c.context, c.vocab, got, c.want)
		}
	}
}
