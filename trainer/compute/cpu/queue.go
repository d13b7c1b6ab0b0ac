package cpu

// #include "kernels.h"
import "C"

import (
	"cmp"
	"slices"
	"unsafe"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// job is a parameter gradient to be added to dst. Its columns may be computed apart.
type job struct {
	dst  compute.Mat
	add  func(l *lane, first, count int) // does columns first..first+count, with l's scratch memory
	ops  float64                         // rough cost
	most int                             // columns of a task
}

// enqueue puts off j, to be computed together with others.
func (d *device) enqueue(j job) {
	clear(d.fresh)
	d.queue = append(d.queue, j)
}

// WeightGrad queues dw += scale * dyᵀ x and db += scale * the column sums of dy.
func (d *device) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	contract.WeightGrad(dw, db, dy, x)
	rows := dy.Rows()
	g := C.gl_outer{
		dst: ptr(dw), dy: d.operand(dy.Vec), x: d.operand(x.Vec),
		rows: C.ptrdiff_t(rows), out: C.ptrdiff_t(dy.Cols), in: C.ptrdiff_t(x.Cols), scale: C.float(scale),
	}
	d.enqueue(job{
		dst: compute.Matrix(dw, x.Cols), ops: 2 * float64(rows) * float64(dw.N), most: d.outerWidth(x.Cols),
		add: func(l *lane, first, count int) {
			g := g
			g.first, g.count = C.ptrdiff_t(first), C.ptrdiff_t(count)
			if d.precision == compute.BF16 {
				if g.tmp = (*C.uint16_t)(unsafe.Pointer(l.scratch((C.gl_outer_scratch(g.count) + 1) / 2))); g.tmp == nil {
					return // the fault is noted
				}
			}
			d.outer(&g)
		},
	})
	if db.N > 0 {
		d.addColumns(db, dy, d.operand(dy.Vec), d.precision == compute.BF16, scale)
	}
}

// SumRows queues dst += the sum of the rows of parts.
func (d *device) SumRows(dst compute.Vec, parts compute.Mat) {
	contract.SumRows(dst, parts)
	d.addColumns(dst, parts, unsafe.Pointer(ptr(parts.Vec)), false, 1)
}

// addColumns queues dst += scale * the column sums of x, which lies at p, in bf16 if half.
func (d *device) addColumns(dst compute.Vec, x compute.Mat, p unsafe.Pointer, half bool, scale float64) {
	g := C.gl_columns{dst: ptr(dst), x: p, half: flag(half), rows: C.ptrdiff_t(x.Rows()), cols: C.ptrdiff_t(x.Cols), scale: C.float(scale)}
	d.enqueue(job{dst: compute.Matrix(dst, x.Cols), ops: float64(x.N), most: longRows, add: func(_ *lane, first, count int) {
		g := g
		g.first, g.count = C.ptrdiff_t(first), C.ptrdiff_t(count)
		d.columns(&g)
	}})
}

// EmbedGrad queues the addition of each row of dx to the rows of demb and dpos that it came from.
func (d *device) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	contract.EmbedGrad(demb, dpos, dx, b)
	d.addRows(demb, dx, slices.Clone(b.Inputs), b.T) // the caller may reuse his
	if dpos.N > 0 {
		d.addRows(dpos, dx, nil, b.T)
	}
}

// addRows queues the addition of row i of x to row index[i] of dst, or i mod period.
func (d *device) addRows(dst compute.Vec, x compute.Mat, index []int32, period int) {
	g := C.gl_scatter{dst: ptr(dst), x: ptr(x.Vec), rows: C.ptrdiff_t(x.Rows()), cols: C.ptrdiff_t(x.Cols), period: C.ptrdiff_t(period)}
	d.enqueue(job{dst: compute.Matrix(dst, x.Cols), ops: float64(x.N), most: 32, add: func(_ *lane, first, count int) {
		g := g
		g.first, g.count = C.ptrdiff_t(first), C.ptrdiff_t(count)
		d.scatter(&g, index)
	}})
}

// flush computes what is queued. Jobs that add to the same memory form a chain: a task does all its jobs, in the order of the
// calls, on one range of columns.
func (d *device) flush() {
	if len(d.queue) == 0 {
		return
	}
	var tasks []task
	for _, chain := range chains(d.queue) {
		tasks = append(tasks, d.cut(chain)...)
	}
	d.queue = nil
	// The longest first, so that workers finish together.
	slices.SortStableFunc(tasks, func(a, b task) int { return cmp.Compare(b.ops, a.ops) })
	d.parallel(len(tasks), func(worker, i int) {
		for _, j := range tasks[i].chain {
			first, count := tasks[i].columns(j)
			j.add(d.lanes[worker], first, count)
		}
	})
}

// task is a range of columns of a chain of jobs, or all columns if count is 0.
type task struct {
	chain        []job
	first, count int
	ops          float64
}

func (t task) columns(j job) (first, count int) {
	if t.count == 0 {
		return 0, j.dst.Cols
	}
	return t.first, t.count
}

// longRows is the width of tasks that are better done along whole rows than by few columns.
const longRows = 1024

// outerWidth is the columns of a task of WeightGrad of that many. fp32 packs only x, a panel at a time. bf16 packs dy too, for
// every task anew, and takes as many columns as its scratch memory should hold, in equal shares.
func (d *device) outerWidth(cols int) int {
	const most = 256
	if d.precision == compute.FP32 {
		return d.panel() * ((32 + d.panel() - 1) / d.panel())
	}
	shares := (cols + most - 1) / most
	return d.panel() * d.panels((cols+shares-1)/shares)
}

// cut makes tasks of a chain: by columns, if all its jobs have the same.
func (d *device) cut(chain []job) []task {
	all := task{chain: chain}
	dst, width := chain[0].dst, 0
	for _, j := range chain {
		all.ops += j.ops
		width = max(width, j.most)
		if j.dst != dst {
			return []task{all}
		}
	}
	var tasks []task
	for first := 0; first < dst.Cols; first += width {
		count := min(width, dst.Cols-first)
		tasks = append(tasks, task{chain, first, count, all.ops * float64(count) / float64(dst.Cols)})
	}
	return tasks
}

// chains groups jobs whose destinations overlap, each group in the order of the jobs.
func chains(jobs []job) [][]job {
	// Jobs sorted by address overlap only with neighbours; order holds their places in the queue.
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	start := func(i int) uintptr { return address(jobs[i].dst.Vec) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(start(a), start(b)) })
	var groups [][]int
	var end uintptr
	for _, i := range order {
		if len(groups) == 0 || start(i) >= end {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, i)
		end = max(end, start(i)+uintptr(jobs[i].dst.N)*4)
	}
	result := make([][]job, len(groups))
	for g, members := range groups {
		slices.Sort(members)
		for _, i := range members {
			result[g] = append(result[g], jobs[i])
		}
	}
	return result
}
