package cpu

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"growlab/trainer/compute"
)

// Lanes gives each worker one sequence at a time, and counts the workers that there can be.
func (d *device) Lanes(seqs int) (count, per int) { return max(1, min(len(d.lanes), seqs)), 1 }

// Run calls f for each sequence of b.
func (d *device) Run(b compute.Batch, f func(compute.Lane)) {
	batch("Run", b)
	d.change()
	d.parallel(b.Seqs, func(worker, i int) {
		l := d.lanes[worker]
		l.batch, l.first = b, i
		f(l)
	})
}

// parallel calls f for each task below n. Workers, numbered below d.threads, take the next task when they are done with
// one; the caller is worker 0. A panic in a task surfaces here.
func (d *device) parallel(n int, f func(worker, task int)) {
	workers := min(d.threads, n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		failed atomic.Pointer[taskPanic]
	)
	work := func(worker int) {
		defer func() {
			if r := recover(); r != nil {
				failed.CompareAndSwap(nil, &taskPanic{r, debug.Stack()})
			}
		}()
		for failed.Load() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(worker, i)
		}
	}
	for w := 1; w < workers; w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
	if p := failed.Load(); p != nil {
		panic(p)
	}
}

// taskPanic carries a panic from a worker to the caller, with the place where it happened.
type taskPanic struct {
	value any
	stack []byte
}

// Error shows the panic and its stack.
func (p *taskPanic) Error() string { return fmt.Sprintf("%v\n\nin a worker:\n%s", p.value, p.stack) }
