package profile

import (
	"time"

	"growlab/trainer/compute"
)

// device times the calls on the one that it embeds. What it does not override is handed on and not booked.
type device struct {
	compute.Device
	profile *Profile
	lanes   []*lane       // by Lane.Index
	pending tally         // parameter gradients that were asked for
	late    bool          // work is done after the call that asks for it
	running bool          // inside Run
	settled time.Duration // thread time of parameter gradients inside Run
}

// asynchronous is an engine whose calls return before their work is done.
type asynchronous interface{ Asynchronous() }

// wait waits for the work of a call, so that it is booked there.
func (d *device) wait() {
	if d.late {
		_ = d.Device.Sync() // a fault is sticky: the caller's Sync tells
	}
}

// Wrap returns dev with its operations timed, and where they are booked. The result is a compute.Threaded or a compute.Serial if dev is
// one; none is both. An engine whose calls return early is waited for after each of them, which makes steps take longer than they do
// without a profile.
func Wrap(dev compute.Device) (compute.Device, *Profile) {
	d := &device{Device: dev, profile: &Profile{}}
	_, d.late = dev.(asynchronous)
	switch x := dev.(type) {
	case compute.Threaded:
		return withThreads{d, x}, d.profile
	case compute.Serial:
		return withRows{d, x}, d.profile
	}
	return d, d.profile
}

// withRows hands the method of compute.Serial on as well.
type withRows struct {
	*device
	serial compute.Serial
}

// Rows books what the part of l does as l's.
func (d withRows) Rows(l compute.Lane, first, n int) compute.Lane {
	whole := l.(*lane)
	return &lane{Lane: d.serial.Rows(whole.Lane, first, n), tallies: whole.tallies, wait: whole.wait}
}

// withThreads hands the methods of compute.Threaded on as well.
type withThreads struct {
	*device
	threads compute.Threaded
}

func (d withThreads) Threads() (now, most int) { return d.threads.Threads() }
func (d withThreads) SetThreads(n int)         { d.threads.SetThreads(n) }

// busy is how many threads a call on the device keeps busy or waiting.
func (d *device) busy() time.Duration {
	if t, ok := d.Device.(compute.Threaded); ok {
		now, _ := t.Threads()
		return time.Duration(now)
	}
	return 1
}

// timed books a call on the device.
func (d *device) timed(o op, f func()) {
	d.settle()
	begin := time.Now()
	f()
	d.wait()
	d.profile.tallies[o].add(tally{calls: 1, time: time.Since(begin) * d.busy()})
}

// settle computes and books the parameter gradients that were asked for.
func (d *device) settle() {
	if d.pending.calls == 0 {
		return
	}
	begin := time.Now()
	_ = d.Device.Sync() // a fault is sticky: the caller's Sync tells
	d.pending.time += time.Since(begin) * d.busy()
	d.profile.tallies[gradients].add(d.pending)
	d.pending = tally{}
}

// queued notes a parameter gradient, which an engine may compute at once or later.
func (d *device) queued(flops float64, f func()) {
	begin := time.Now()
	f()
	d.pending.add(tally{calls: 1, time: time.Since(begin) * d.busy(), flops: flops})
	if d.running { // the lane's next operation is not to pay for it
		before := d.profile.tallies[gradients].time
		d.settle()
		d.settled += d.profile.tallies[gradients].time - before
	}
}

func (d *device) Upload(dst compute.Vec, src []float32) {
	d.timed(upload, func() { d.Device.Upload(dst, src) })
}

func (d *device) Download(dst []float32, src compute.Vec) {
	d.timed(download, func() { d.Device.Download(dst, src) })
}

func (d *device) Zero(v compute.Vec) { d.timed(zero, func() { d.Device.Zero(v) }) }
func (d *device) Refresh()           { d.timed(refresh, d.Device.Refresh) }

func (d *device) WeightGrad(dw, db compute.Vec, dy, x compute.Mat, scale float64) {
	d.queued(2*float64(dy.N)*float64(x.Cols), func() { d.Device.WeightGrad(dw, db, dy, x, scale) })
}

func (d *device) SumRows(dst compute.Vec, parts compute.Mat) {
	d.queued(0, func() { d.Device.SumRows(dst, parts) })
}

func (d *device) EmbedGrad(demb, dpos compute.Vec, dx compute.Mat, b compute.Batch) {
	d.queued(0, func() { d.Device.EmbedGrad(demb, dpos, dx, b) })
}

func (d *device) Sum(t compute.Total, v compute.Vec) {
	d.timed(sum, func() { d.Device.Sum(t, v) })
}

func (d *device) SumSquares(t compute.Total, v compute.Vec) {
	d.timed(sumSquares, func() { d.Device.SumSquares(t, v) })
}

func (d *device) Take(t compute.Total) (sum float64) {
	d.timed(taken, func() { sum = d.Device.Take(t) })
	return sum
}

func (d *device) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	d.timed(adamW, func() { d.Device.AdamW(p, g, m, v, spans, a) })
}

func (d *device) Sync() (err error) {
	d.timed(synced, func() { err = d.Device.Sync() })
	return err
}

// Run times the operations of each lane, and books what is left as waiting.
func (d *device) Run(b compute.Batch, f func(compute.Lane)) {
	d.settle()
	count, _ := d.Device.Lanes(b.Seqs)
	for len(d.lanes) < count {
		d.lanes = append(d.lanes, &lane{tallies: new([ops]tally), wait: d.wait})
	}
	begin := time.Now()
	d.running, d.settled = true, 0
	d.Device.Run(b, func(l compute.Lane) {
		mine := d.lanes[l.Index()]
		mine.Lane = l
		f(mine)
	})
	d.running = false
	idle := tally{calls: 1, time: time.Since(begin)*d.busy() - d.settled}
	for _, l := range d.lanes {
		for o, t := range l.tallies {
			d.profile.tallies[o].add(t)
			idle.time -= t.time
		}
		*l.tallies = [ops]tally{}
	}
	d.profile.tallies[waiting].add(idle)
}
