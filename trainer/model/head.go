package model

import (
	"growlab/growth/shape"
	"growlab/trainer/compute"
)

// pieceNumbers is the most numbers of the logits' gradient that are kept at a time, (rows, V), where a device can finish rows by rows: 2 GiB
// in bf16, whatever batch and vocabulary are. By 50,304 tokens that is 21,248 rows, so 65,536 rows, 6.6 GB, go in four pieces of 1.65 GB.
//
// Fewer rows would cost. A piece reads and writes the gradient of the whole classifier: 309 MB by 50,304 x 768 in fp32, 0.11 ms at 2.8 TB/s,
// beside products of 6 x 16,384 x 50,304 x 768 FLOP, 5.8 ms at 650 TFLOP/s; with pieces of 2,048 rows that would be 15 %. And the
// gradient of its input, (rows, 768), has rows/128 x 6 tiles: with 16,384 rows they fill 132 multiprocessors 5.8 times, of which 3 % idle in the
// last round, with 2,048 they do not fill them once. That is arithmetic about an H100, not a measurement.
const pieceNumbers = 1 << 30

// pieceUnit is what pieces are multiples of: the rows of products' largest tiles.
const pieceUnit = 128

// pieceRows is the most rows of logits over a vocabulary that are kept at a time.
func pieceRows(vocab int) int { return max(pieceNumbers/vocab/pieceUnit, 1) * pieceUnit }

// pieceOf is the rows of each piece but the last if n rows are cut into as few as at most most rows allow: as equal as the unit allows.
func pieceOf(n, most int) int {
	if n <= most {
		return n
	}
	count := (n + most - 1) / most
	return ((n+count-1)/count + pieceUnit - 1) / pieceUnit * pieceUnit
}

// PieceRows keeps the logits of at most n rows at a time, a multiple of 128, where the device can finish rows by rows: tests have small
// networks.
func PieceRows(n int) Option { return func(m *Model) { m.piece = max(n/pieceUnit, 1) * pieceUnit } }

// cutHead decides whether the head is done in pieces: on a compute.Serial with one lane. Other devices compute parameter gradients over
// the whole batch at the end, and keep all logits' gradients.
func (m *Model) cutHead() {
	rows := m.seqs * m.Config.Context
	if s, ok := m.dev.(compute.Serial); ok && m.oneLane() {
		m.serial, m.piece = s, pieceOf(rows, m.piece)
		return
	}
	m.piece = rows
}

// head writes the loss and carries it back to dy, the gradient of the last norm's output, and, in pieces, to the classifier.
func (p *pass) head(l compute.Lane, dy compute.Mat) {
	m, a := p.m, &p.m.act
	first, rows := l.First()*p.t, l.Seqs()*p.t
	y, loss := a.y.of(p.seqs*p.t).Part(first, rows), p.loss.At(first, rows)
	if m.serial == nil {
		p.classify(l, loss, a.dlogits.of(p.seqs*p.t).Part(first, rows), y, dy)
		return
	}
	each := pieceOf(rows, m.piece)
	for at := 0; at < rows; at += each {
		n := min(each, rows-at)
		d, in := a.dlogits.of(n), y.Part(at, n)
		p.classify(m.serial.Rows(l, at, n), loss.At(at, n), d, in, dy.Part(at, n))
		m.dev.WeightGrad(m.unemb.d, compute.Vec{}, d, in, p.logitMult)
	}
}

// classify is the loss of the rows of l, and its gradient back to dy.
func (p *pass) classify(l compute.Lane, loss compute.Vec, dlogits, y, dy compute.Mat) {
	w := p.m.unemb.weight
	l.Classify(loss, dlogits, y, w, p.logitMult, p.scale)
	l.LinearGrad(dy, dlogits, w, p.logitMult, compute.Epilogue{})
}

// LogitSeqs is the most sequences of a network of shape c that Logits takes: 8, or as many as have 2^27 logits, 512 MiB, but one at least.
func LogitSeqs(c shape.Config) int { return min(max((1<<27)/(c.Context*c.Vocab), 1), 8) }
