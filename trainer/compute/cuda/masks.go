package cuda

import (
	"encoding/binary"

	"growlab/cudart"
	"growlab/cudart/kernels"
	"growlab/trainer/compute"
)

// maskKey names the place of a mask in device memory: kernels read masks from there, so that a graph of a step stays right while
// m grows. Masks of one operation have different roles, and so do not meet; masks of one key differ in time only.
type maskKey struct {
	old, n int
	role   maskRole
}

// maskRole is what a mask does in an operation.
type maskRole uint8

const (
	ofOutputs maskRole = iota
	ofInputs           // before an activation, or of queries, keys and values
	ofNorm             // its sum is d_eff
)

// maskPlace is a mask in device memory.
type maskPlace struct {
	block
	now   kernels.MaskBlock // as last written
	known bool
	used  stamp
}

// mask is the address of k over n entries, 0 if it changes nothing.
func (d *device) mask(k compute.Mask, n int, role maskRole) kernels.Mask {
	if k.Plain(n) {
		return 0
	}
	return d.place(maskKey{k.Old, n, role}, kernels.MaskBlock{Old: int32(k.Old), M: float32(k.M)})
}

// normMask is the address of the mask of a norm over n channels, 0 if it changes nothing.
func (d *device) normMask(s compute.NormSpec, n int) kernels.Mask {
	if s.Mask.Plain(n) {
		return 0
	}
	return d.place(maskKey{s.Mask.Old, n, ofNorm}, kernels.MaskBlock{Old: int32(s.Mask.Old), M: float32(s.Mask.M), Sum: float32(s.S)})
}

// place sees to it that b stands in the place of key when what is issued next runs.
func (d *device) place(key maskKey, b kernels.MaskBlock) kernels.Mask {
	if d.tables.masks == nil {
		d.tables.masks = map[maskKey]*maskPlace{}
	}
	m := d.tables.masks[key]
	if m == nil {
		m = &maskPlace{}
		var err error
		if m.block, err = d.take(kernels.MaskBytes); err != nil {
			d.fail(err)
		}
		d.tables.masks[key] = m
	}
	if !m.known || m.now != b {
		m.now, m.known = b, true
		d.renewed(&m.used)
		d.push(work{run: func() error { return d.write(m.p, b) }, first: true})
	}
	d.use(&m.used)
	return m.p
}

// write puts b into device memory, word by word: a memset carries its value with it, and needs no memory that has to stay.
func (d *device) write(p kernels.Mask, b kernels.MaskBlock) error {
	var bytes [kernels.MaskBytes]byte
	b.Put(bytes[:])
	for i := 0; i < len(bytes); i += 4 {
		if err := d.stream.Memset32(p+cudart.Ptr(i), binary.LittleEndian.Uint32(bytes[i:]), 1); err != nil {
			return err
		}
	}
	return nil
}
