package kernels

import (
	"fmt"

	"growlab/cudart"
)

// Embed writes x = table[token] + pos[row mod T].
type Embed struct {
	X, Table, Pos cudart.Ptr // float32: (rows, C), (V, C), (at least T, C) or 0
	Tokens        cudart.Ptr // int32: (rows), each in [0, V)
	Rows, T, C    int
}

// Embed launches one kernel.
func (k *Set) Embed(s *cudart.Stream, e Embed) error {
	positive("Embed", e.Rows, e.T, e.C)
	a := struct {
		x, table, pos, tokens cudart.Ptr
		rows, t, c, vec       int32
	}{e.X, e.Table, e.Pos, e.Tokens, i32(e.Rows), i32(e.T), i32(e.C), quads(e.C, F32(e.X), F32(e.Table), F32(e.Pos))}
	return launch(k, s, embedKernel, dim(e.Rows), threads(e.C), 0, &a)
}

// EmbedGrad adds row i of dx to row tokens[i] of the table's gradient, and to row i mod T of the positions'.
type EmbedGrad struct {
	DTable, DPos, DX cudart.Ptr // float32: (V, C), (at least T, C) or 0, (rows, C)
	Groups           cudart.Ptr // int32: what Groups made of the tokens
	Rows, T, C, V    int
}

// EmbedGrad launches one kernel, and one more for positions. The rows of one token are added in eight runs of consecutive ones.
func (k *Set) EmbedGrad(s *cudart.Stream, e EmbedGrad) error {
	positive("EmbedGrad", e.Rows, e.T, e.C, e.V)
	a := struct {
		dtable, dx, groups cudart.Ptr
		rows, c, vec, _    int32
	}{e.DTable, e.DX, e.Groups, i32(e.Rows), i32(e.C), quads(e.C, F32(e.DTable), F32(e.DX)), 0}
	grid := cudart.Dim{X: u32(min(e.Rows, e.V)), Y: u32(ceil(e.C, 128))}
	if err := launch(k, s, embedGradKernel, grid, cudart.Dim{X: 256}, columnShared, &a); err != nil || e.DPos == 0 {
		return err
	}
	p := struct {
		dpos, dx     cudart.Ptr
		rows, t, c   int32
		vec, seqs, _ int32
	}{e.DPos, e.DX, i32(e.Rows), i32(e.T), i32(e.C), quads(e.C, F32(e.DPos), F32(e.DX)), i32(ceil(e.Rows, e.T)), 0}
	return launch(k, s, posGradKernel, dim(e.T), threads(e.C), 0, &p)
}

// GroupsLen is the number of int32 that Groups writes for rows tokens out of a vocabulary of v.
func GroupsLen(rows, v int) int { return 1 + 2*min(rows, v) + 1 + rows }

// Groups sorts the rows of a batch by their token: to gets the number n of different tokens, then room for min(rows, v) tokens, of
// which n are used, then as many places and one more where each token's rows begin, then all rows. Rows of a token keep their order.
func Groups(to, tokens []int32, v int) {
	if len(to) != GroupsLen(len(tokens), v) {
		panic(fmt.Sprintf("kernels: Groups: room for %d numbers, want %d", len(to), GroupsLen(len(tokens), v)))
	}
	most := min(len(tokens), v)
	ids, starts, rows := to[1:1+most], to[1+most:2+2*most], to[2+2*most:]
	place := make([]int32, v)
	for _, t := range tokens {
		place[t]++
	}
	n, at := 0, int32(0)
	for t, count := range place {
		place[t] = at
		if count > 0 {
			ids[n], starts[n] = int32(t), at
			n++
		}
		at += count
	}
	starts[n], to[0] = at, int32(n)
	for row, t := range tokens {
		rows[place[t]] = int32(row)
		place[t]++
	}
}
