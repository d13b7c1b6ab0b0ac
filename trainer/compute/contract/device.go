package contract

import (
	"fmt"

	"growlab/trainer/compute"
)

// Upload checks compute.Device's Upload.
func Upload(dst compute.Vec, src []float32) { length("Upload", "src", len(src), dst.N) }

// Download checks compute.Device's Download.
func Download(dst []float32, src compute.Vec) { length("Download", "dst", len(dst), src.N) }

// Weight checks compute.Device's Weight.
func Weight(w compute.Vec, out, in int) {
	if out < 1 || in < 1 {
		panic(fmt.Sprintf("compute: Weight: shape (%d, %d)", out, in))
	}
	length("Weight", "w", w.N, out*in)
}

// Run checks compute.Device's Run.
func Run(b compute.Batch) { batch("Run", b) }

// Rows checks compute.Serial's Rows of a lane of b, and returns those rows as a batch of sequences of one position.
func Rows(b compute.Batch, first, n int) compute.Batch {
	if first < 0 || n < 0 || first+n > b.Seqs*b.T {
		panic(fmt.Sprintf("compute: Rows: rows %d to %d of %d sequences of %d positions", first, first+n, b.Seqs, b.T))
	}
	part := compute.Batch{Seqs: n, T: 1, Inputs: b.Inputs[first : first+n]}
	if b.Targets != nil {
		part.Targets = b.Targets[first : first+n]
	}
	return part
}

// batch panics unless b holds as many tokens as it says.
func batch(op string, b compute.Batch) {
	if b.Seqs < 0 || b.T < 1 {
		panic(fmt.Sprintf("compute: %s: batch of %d sequences of %d positions", op, b.Seqs, b.T))
	}
	length(op, "Inputs", len(b.Inputs), b.Seqs*b.T)
	if b.Targets != nil {
		length(op, "Targets", len(b.Targets), b.Seqs*b.T)
	}
}

// WeightGrad checks compute.Device's WeightGrad.
func WeightGrad(dw, db compute.Vec, dy, x compute.Mat) {
	shape("WeightGrad", "x", x, whole("WeightGrad", "dy", dy), x.Cols)
	length("WeightGrad", "dw", dw.N, dy.Cols*x.Cols)
	if db.N > 0 {
		length("WeightGrad", "db", db.N, dy.Cols)
	}
	apart("WeightGrad", "dw", dw, db, dy.Vec, x.Vec)
	apart("WeightGrad", "db", db, dy.Vec, x.Vec)
}

// SumRows checks compute.Device's SumRows.
func SumRows(dst compute.Vec, parts compute.Mat) {
	whole("SumRows", "parts", parts)
	length("SumRows", "dst", dst.N, parts.Cols)
	apart("SumRows", "dst", dst, parts.Vec)
}

// EmbedGrad checks compute.Device's EmbedGrad, and returns the size of the vocabulary.
func EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) (vocab int) {
	batch("EmbedGrad", b)
	shape("EmbedGrad", "dx", dx, b.Seqs*b.T, dx.Cols)
	vocab = whole("EmbedGrad", "demb", compute.Matrix(demb, dx.Cols))
	context("EmbedGrad", dpos, dx.Cols, b.T)
	apart("EmbedGrad", "demb", demb, dpos, dx.Vec)
	apart("EmbedGrad", "dpos", dpos, dx.Vec)
	tokens("EmbedGrad", b.Inputs, vocab)
	return vocab
}

// AdamW checks compute.Device's AdamW.
func AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	if a.Step < 1 {
		panic(fmt.Sprintf("compute: AdamW: step %d, want 1 or more", a.Step))
	}
	length("AdamW", "g", g.N, p.N)
	length("AdamW", "m", m.N, p.N)
	length("AdamW", "v", v.N, p.N)
	for _, s := range spans {
		if s.Off < 0 || s.N < 0 || s.Off+s.N > p.N {
			panic(fmt.Sprintf("compute: AdamW: span %d to %d outside the %d parameters", s.Off, s.Off+s.N, p.N))
		}
	}
}
