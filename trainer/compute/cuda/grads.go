package cuda

import (
	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// WeightGrad adds scale * dyᵀ x to dw, and scale * the column sums of dy to db.
func (d *device) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	contract.WeightGrad(dw, db, dy, x)
	rows := dy.Rows()
	from := d.operandArray(dy.Vec)
	d.product(kernels.Product{
		Layout: kernels.TN, M: dy.Cols, N: x.Cols, K: rows, A: from, B: d.operandArray(x.Vec), Out: kernels.F32(ptr(dw)), Scale: kernels.Const(scale),
		Add: true,
	}, regionOf(dw))
	if db.N > 0 {
		to, tmp := ptr(db), d.scratch(kernels.ColumnSumsScratch(rows, dy.Cols))
		d.issue(struct {
			op         string
			to         cudart.Ptr
			from       kernels.Array
			rows, cols int
			scale      float64
			tmp        cudart.Ptr
		}{"ColumnSums", to, from, rows, dy.Cols, scale, tmp}, func() error { return d.set.ColumnSums(d.stream, to, from, rows, dy.Cols, kernels.Const(scale), tmp) }, regionOf(db))
	}
}

// SumRows adds the sum of the rows of parts to dst.
func (d *device) SumRows(dst compute.Vec, parts compute.Mat) {
	contract.SumRows(dst, parts)
	rows := parts.Rows()
	to, from := ptr(dst), ptr(parts.Vec)
	d.issue(struct {
		op         string
		to, from   cudart.Ptr
		rows, cols int
	}{"SumRows", to, from, rows, parts.Cols}, func() error { return d.set.SumRows(d.stream, to, from, rows, parts.Cols) }, regionOf(dst))
}

// EmbedGrad adds each row of dx to the rows of demb and dpos that it came from.
func (d *device) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	vocab, rows := contract.EmbedGrad(demb, dpos, dx, b), b.Seqs*b.T
	groups := make([]int32, kernels.GroupsLen(rows, vocab))
	if !d.dry {
		kernels.Groups(groups, b.Inputs, vocab)
	}
	into := []region{regionOf(demb)}
	if dpos.N > 0 {
		into = append(into, regionOf(dpos))
	}
	d.feed(&d.batch.groups, bytesOf(groups), into...)
	e := kernels.EmbedGrad{DTable: ptr(demb), DPos: ptr(dpos), DX: ptr(dx.Vec), Groups: d.batch.groups.p, Rows: rows, T: b.T, C: dx.Cols, V: vocab}
	d.use(&d.batch.groups.used)
	d.issue(e, func() error { return d.set.EmbedGrad(d.stream, e) }, into...)
}

// AdamW takes one step on the parameters of spans.
func (d *device) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	contract.AdamW(p, g, m, v, spans, a)
	table := make([]kernels.Span, len(spans))
	for i, s := range spans {
		table[i] = kernels.Span{Off: int64(s.Off), N: int64(s.N), LR: s.LR, Decay: s.Decay}
	}
	data := make([]byte, kernels.AdamBytes+kernels.SpanBytes*len(spans))
	kernels.AdamBlock{Beta1: a.Beta1, Beta2: a.Beta2, Eps: a.Eps, Step: a.Step}.Put(data)
	tiles := kernels.PutSpans(data[kernels.AdamBytes:], table)
	d.feed(&d.batch.adam, data)
	k := kernels.AdamW{
		P: ptr(p), G: ptr(g), M: ptr(m), V: ptr(v), Block: d.batch.adam.p, Spans: d.batch.adam.p + kernels.AdamBytes, SpanCount: len(spans), Tiles: tiles,
		Clip: d.clip(a),
	}
	d.use(&d.batch.adam.used)
	d.issue(k, func() error { return d.set.AdamW(d.stream, k) })
}
