package cuda

import (
	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// tables are small things in device memory that stay until the next Reserve.
type tables struct {
	masks  map[maskKey]*maskPlace
	rotary map[rotaryKey]*fed
}

// rotaryKey says which angles a table has.
type rotaryKey struct {
	compute.Rotary
	t, dim int
}

func (t *tables) forget(d *device) {
	for _, m := range t.masks {
		d.give(&m.block)
	}
	for _, b := range t.rotary {
		d.give(&b.block)
	}
	*t = tables{}
}

// rotation is the address of the table for t positions and heads of dim, 0 if r rotates nothing.
func (d *device) rotation(r compute.Rotary, t, dim int) cudart.Ptr {
	if r.Base == 0 {
		return 0
	}
	if d.tables.rotary == nil {
		d.tables.rotary = map[rotaryKey]*fed{}
	}
	key := rotaryKey{r, t, dim}
	b := d.tables.rotary[key]
	if b == nil {
		b = &fed{}
		d.tables.rotary[key] = b
		table := make([]float32, kernels.RotaryLen(t, dim))
		if !d.dry {
			kernels.Rotary(table, t, dim, r.Base, r.XPos, r.Center)
		}
		d.feed(b, bytesOf(table))
	}
	return b.p
}
