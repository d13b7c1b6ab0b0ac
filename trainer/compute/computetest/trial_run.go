package computetest

import (
	"fmt"
	"math"
	"slices"

	"growlab/trainer/compute"
)

// env is a trial laid out on a device.
type env struct {
	compute.Device
	views    map[*arg]compute.Vec
	returned map[*arg][]float64
	weight   compute.Weight
	batch    compute.Batch
}

// vec is the whole of a.
func (e *env) vec(a *arg) compute.Vec {
	if a == nil {
		return compute.Vec{}
	}
	return e.views[a]
}

// mat is the part of a that belongs to l; all of it if l is nil or a is shared by the lanes.
func (e *env) mat(l compute.Lane, a *arg) compute.Mat {
	if a == nil {
		return compute.Mat{}
	}
	m := compute.Matrix(e.views[a], a.cols)
	if l == nil || !a.perLane {
		return m
	}
	each := len(a.data) / e.batch.Seqs
	off, n := l.First()*each, l.Seqs()*each
	return compute.Matrix(m.At(off, min(n, m.N-off)), a.cols)
}

// gap lies between the arguments of a trial, on every side: wider than a vector register, and odd, so that no argument
// is aligned. It holds numbers, to see writes, and NaNs, to see reads.
const gap = 19

func guard(i int) float32 {
	if i%2 == 0 {
		return 12345.678
	}
	return float32(math.NaN())
}

// place is where a trial's arguments lie in their one buffer.
type place struct {
	host []float32
	off  map[*arg]int
}

func (k *trial) place() place {
	p := place{off: map[*arg]int{}}
	fence := func() {
		for i := range gap {
			p.host = append(p.host, guard(i))
		}
	}
	fence()
	for _, a := range k.args {
		if a.returned {
			continue
		}
		p.off[a] = len(p.host)
		p.host = append(p.host, a.data...)
		fence()
	}
	return p
}

// results is what the arguments of a trial hold afterwards.
type results map[*arg][]float64

// lay uploads the trial's arguments; free gives the memory back.
func (k *trial) lay(dev compute.Device, p place) (e *env, buf compute.Buffer, free func(), err error) {
	buf, err = dev.Alloc(len(p.host))
	if err != nil {
		return nil, nil, nil, err
	}
	dev.Upload(compute.All(buf), p.host)
	e = &env{Device: dev, views: map[*arg]compute.Vec{}, returned: map[*arg][]float64{}, batch: k.batch}
	for a, off := range p.off {
		e.views[a] = compute.All(buf).At(off, len(a.data))
	}
	if w := k.weight; w != nil {
		e.weight = dev.Weight(e.views[w], len(w.data)/w.cols, w.cols)
	}
	return e, buf, func() {
		if e.weight != nil {
			e.weight.Free()
		}
		buf.Free()
	}, nil
}

// call runs the operation.
func (k *trial) call(e *env) {
	if k.device != nil {
		k.device(e)
		return
	}
	e.Run(k.batch, func(l compute.Lane) { k.lane(e, l) })
}

// run runs the trial on dev. It errs if dev fails, or if the operation touched what it must not.
func (k *trial) run(dev compute.Device) (results, error) {
	p := k.place()
	e, buf, free, err := k.lay(dev, p)
	if err != nil {
		return nil, err
	}
	defer free()
	k.call(e)
	after := numbers(dev, compute.All(buf))
	if err := dev.Sync(); err != nil {
		return nil, err
	}
	return k.collect(p, after, e.returned)
}

// numbers reads v: from Reference without rounding to float32.
func numbers(dev compute.Device, v compute.Vec) []float64 {
	if _, ok := dev.(*Reference); ok {
		return slices.Clone(Data(v))
	}
	narrow := make([]float32, v.N)
	dev.Download(narrow, v)
	wide := make([]float64, v.N)
	for i, x := range narrow {
		wide[i] = float64(x)
	}
	return wide
}

// collect takes the outputs out of after, the whole buffer, and checks that all the rest is as it was.
func (k *trial) collect(p place, after []float64, returned map[*arg][]float64) (results, error) {
	res := results{}
	may := make([]bool, len(after))
	for _, a := range k.args {
		switch {
		case a.returned:
			res[a] = returned[a]
		case a.output:
			off := p.off[a]
			res[a] = after[off : off+len(a.data)]
			for i := range a.data {
				may[off+i] = true
			}
		}
	}
	for i, x := range after {
		if !may[i] && !same(x, float64(p.host[i])) {
			return nil, fmt.Errorf("%s changed from %g to %g; it is no output", k.where(p, i), p.host[i], x)
		}
	}
	return res, nil
}

// where names element i of the buffer.
func (k *trial) where(p place, i int) string {
	last := "the guard before all arguments"
	for _, a := range k.args {
		off, ok := p.off[a]
		if !ok || i < off {
			continue
		}
		if i < off+len(a.data) {
			return a.element(i - off)
		}
		last = fmt.Sprintf("the guard %d after the end of %s", i-off-len(a.data), a.name)
	}
	return last
}

// element names element i of a.
func (a *arg) element(i int) string { return fmt.Sprintf("%s[%d,%d]", a.name, i/a.cols, i%a.cols) }

// same reports whether a and b are the same bits.
func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// compare returns an error for the worst element of got that is farther from want than slack times its bound, where
// the bounds are scaled by precision.
func (k *trial) compare(got, want func(a *arg, i int) float64, precision float64) error {
	for _, a := range k.args {
		if !a.output {
			continue
		}
		if len(a.want) != len(a.data) {
			return fmt.Errorf("%s: the formula wants %d of %d elements", a.name, len(a.want), len(a.data))
		}
		bad, worst, at := 0, 0.0, -1
		for i, w := range a.want {
			allowed := slack*precision*w.e + floor
			off := math.Abs(got(a, i)-want(a, i)) / allowed
			if off <= 1 {
				continue
			}
			bad++
			if off > worst || math.IsNaN(off) || at < 0 {
				worst, at = off, i
			}
		}
		if bad > 0 {
			return fmt.Errorf("%s: got %.9g, want %.9g within %.2g; %d of %d elements are off, this one %.3g times the tolerance",
				a.element(at), got(a, at), want(a, at), slack*precision*a.want[at].e+floor, bad, len(a.want), worst)
		}
	}
	return nil
}

// check runs the trial on dev, compares it with Reference, and Reference with the formulas.
func (k *trial) check(dev compute.Device) error {
	got, err := k.run(dev)
	if err != nil {
		return err
	}
	ref, err := k.run(NewReference())
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	k.expect()
	formula := func(a *arg, i int) float64 { return a.want[i].v }
	reference := func(a *arg, i int) float64 { return ref[a][i] }
	if err := k.compare(reference, formula, unit64/unit); err != nil {
		return fmt.Errorf("reference against its formula: %w", err)
	}
	return k.compare(func(a *arg, i int) float64 { return got[a][i] }, reference, 1)
}
