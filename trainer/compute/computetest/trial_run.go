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

	memory [2]compute.Vec // of fp32, of operands
	owned  []interface{ Free() }
}

// total is a new total.
func (e *env) total() compute.Total {
	t, err := e.Total()
	if err != nil {
		panic(fmt.Sprintf("computetest: %v", err)) // of a few bytes
	}
	return t
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

// call runs the operation.
func (k *trial) call(e *env) {
	if k.device != nil {
		k.device(e)
		return
	}
	e.Run(k.batch, func(l compute.Lane) { k.lane(e, l) })
}

// results is what the arguments of a trial hold afterwards.
type results map[*arg][]float64

// run runs the trial on dev. It errs if dev fails, or if the operation touched what it must not.
func (k *trial) run(dev compute.Device) (results, error) {
	p := k.place(dev.Precision())
	e, err := k.lay(dev, p)
	if err != nil {
		return nil, err
	}
	defer e.free()
	k.call(e)
	var after [2][]float64
	for side, v := range e.memory {
		after[side] = numbers(dev, v)
	}
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

// compare returns an error for the worst element of got that is farther from want than slack times its bound e, scaled by
// precision, and, where operands are bf16, the bound r.
func (k *trial) compare(got, want func(a *arg, i int) float64, precision float64, operands compute.Precision) error {
	allowed := func(w num) float64 {
		d := slack*precision*w.e + floor
		if operands == compute.BF16 {
			d += w.r
		}
		return d
	}
	for _, a := range k.args {
		if !a.output {
			continue
		}
		if len(a.want) != len(a.data) {
			return fmt.Errorf("%s: the formula wants %d of %d elements", a.name, len(a.want), len(a.data))
		}
		bad, worst, at := 0, 0.0, -1
		for i, w := range a.want {
			off := math.Abs(got(a, i)-want(a, i)) / allowed(w)
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
				a.element(at), got(a, at), want(a, at), allowed(a.want[at]), bad, len(a.want), worst)
		}
	}
	return nil
}

// check runs the trial on dev, compares it with Reference, and Reference with the formulas. What an engine rounds must be
// near to what Reference, which saw operands already rounded, does not round.
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
	if err := k.compare(reference, formula, unit64/unit, compute.FP32); err != nil {
		return fmt.Errorf("reference against its formula: %w", err)
	}
	return k.compare(func(a *arg, i int) float64 { return got[a][i] }, reference, 1, dev.Precision())
}
