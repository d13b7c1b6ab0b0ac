package computetest

import (
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// gap lies between the arguments of a trial, on every side: wider than a vector register, and odd, so that no argument
// is aligned. It holds numbers, to see writes, and NaNs, to see reads.
const gap = 19

func guard(i int) float32 {
	if i%2 == 0 {
		return 12352 // which bf16 can hold
	}
	return float32(math.NaN())
}

// place is where a trial's arguments lie, in one buffer of fp32 memory and one of operand memory.
type place struct {
	host      [2][]float32 // what goes up
	precision [2]compute.Precision
	off       map[*arg]int
}

// side is the buffer of a.
func (a *arg) side() int {
	if a.operand {
		return 1
	}
	return 0
}

// place lays the trial out for a device of precision p. If that rounds operands, the trial goes on with operands and weights
// that it can hold, for its formula to see, but their neighbours go up, for the device to round.
func (k *trial) place(p compute.Precision) place {
	pl := place{off: map[*arg]int{}, precision: [2]compute.Precision{compute.FP32, p}}
	fence := func(side int) {
		for i := range gap {
			pl.host[side] = append(pl.host[side], guard(i))
		}
	}
	fence(0)
	fence(1)
	for _, a := range k.args {
		if a.returned {
			continue
		}
		side := a.side()
		pl.off[a] = len(pl.host[side])
		for i, x := range a.data {
			if p == compute.BF16 && (a.operand || a == k.weight) {
				a.data[i] = RoundBF16(x)
				x = aside(a.data[i], i)
			}
			pl.host[side] = append(pl.host[side], x)
		}
		fence(side)
	}
	return pl
}

// aside is a number that bf16 rounds to x: it is off by a quarter of the gap below a power of two, which is the least.
func aside(x float32, i int) float32 {
	const quarter = 1.0 / (1 << 10)
	if i%2 == 0 {
		return x * (1 + quarter)
	}
	return x * (1 - quarter)
}

// lay uploads the trial's arguments; free gives the memory back.
func (k *trial) lay(dev compute.Device, p place) (e *env, err error) {
	e = &env{Device: dev, views: map[*arg]compute.Vec{}, returned: map[*arg][]float64{}, batch: k.batch}
	for side, alloc := range []func(int) (compute.Buffer, error){dev.Alloc, dev.AllocOperand} {
		buf, err := alloc(len(p.host[side]))
		if err != nil {
			e.free()
			return nil, err
		}
		e.owned = append(e.owned, buf)
		e.memory[side] = compute.All(buf)
		dev.Upload(e.memory[side], p.host[side])
	}
	for a, off := range p.off {
		e.views[a] = e.memory[a.side()].At(off, len(a.data))
	}
	if w := k.weight; w != nil && !w.operand {
		e.weight = dev.Weight(e.views[w], len(w.data)/w.cols, w.cols)
		e.owned = append(e.owned, e.weight)
	}
	return e, nil
}

// free gives the memory back.
func (e *env) free() {
	for i := range e.owned {
		e.owned[len(e.owned)-1-i].Free()
	}
}

// collect takes the outputs out of after, the buffers, and checks that all the rest is as it was.
func (k *trial) collect(p place, after [2][]float64, returned map[*arg][]float64) (results, error) {
	res := results{}
	may := [2][]bool{make([]bool, len(after[0])), make([]bool, len(after[1]))}
	for _, a := range k.args {
		switch {
		case a.returned:
			res[a] = returned[a]
		case a.output:
			side, off := a.side(), p.off[a]
			res[a] = after[side][off : off+len(a.data)]
			for i := range a.data {
				may[side][off+i] = true
			}
		}
	}
	for side := range after {
		for i, x := range after[side] {
			if was := held(float64(p.host[side][i]), p.precision[side]); !may[side][i] && !same(x, was) {
				return nil, fmt.Errorf("%s changed from %g to %g; it is no output", k.where(p, side, i), was, x)
			}
		}
	}
	return res, k.copied(p, res)
}

// copied checks the outputs that repeat others.
func (k *trial) copied(p place, res results) error {
	for _, a := range k.args {
		if a.copies == nil {
			continue
		}
		for i, x := range res[a.copies] {
			if want := held(x, p.precision[a.side()]); !same(res[a][i], want) {
				return fmt.Errorf("%s: got %.9g, want %.9g, the copy of %s", a.element(i), res[a][i], want, a.copies.name)
			}
		}
	}
	return nil
}

// where names element i of a buffer.
func (k *trial) where(p place, side, i int) string {
	last := "the guard before all arguments"
	for _, a := range k.args {
		off, ok := p.off[a]
		if !ok || a.side() != side || i < off {
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

// same reports whether a and b are the same bits, or both not a number.
func same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}
