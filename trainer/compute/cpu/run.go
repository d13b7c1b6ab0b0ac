package cpu

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"growlab/trainer/compute"
	"growlab/trainer/compute/contract"
)

// Lanes gives each worker one sequence at a time, and counts the workers that there can be.
func (d *device) Lanes(seqs int) (count, per int) { return max(1, min(len(d.lanes), seqs)), 1 }

// Run calls f for each sequence of b. Where there are fewer of them than workers, and they are long, the workers share each
// operation on one sequence after another; else each worker carries its own through f.
func (d *device) Run(b compute.Batch, f func(compute.Lane)) {
	const long = 128 // positions worth sharing
	contract.Run(b)
	d.change()
	if b.Seqs < d.threads && b.T >= long {
		l := d.lanes[0]
		l.shared = true
		defer func() { l.shared = false }()
		for i := range b.Seqs {
			l.batch, l.first = b, i
			f(l)
		}
		return
	}
	d.parallel(b.Seqs, func(worker, i int) {
		l := d.lanes[worker]
		l.batch, l.first = b, i
		f(l)
	})
}

// Workers is how many threads work on the lane's sequence.
func (l *lane) Workers() int {
	if l.shared {
		return l.threads
	}
	return 1
}

// share calls f for parts of n that are multiples of unit, on all workers if the sequence is shared, or once for the whole. w
// has scratch memory for the part.
func (l *lane) share(n, unit int, f func(w *lane, first, count int)) {
	const each = 4 // parts for a worker, so that one who is late holds up little
	if !l.shared {
		f(l, 0, n)
		return
	}
	units := (n + unit - 1) / unit
	size := unit * max(1, units/(each*l.threads))
	l.parallel((n+size-1)/size, func(worker, i int) {
		f(l.lanes[worker], i*size, min(size, n-i*size))
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
