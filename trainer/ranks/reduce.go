package ranks

import (
	"encoding/binary"
	"fmt"
	"math"

	"growlab/trainer/compute"
)

// Reducer is a device that is joined with those of the other ranks and sums without help of the host.
type Reducer interface {
	compute.Device
	// Reduce makes v, on every rank, the sum over ranks. It may return before that is done: what reads v on the device waits for it.
	Reduce(v compute.Vec) error
}

// Joiner is a device that joins those of the other ranks before anything is done on it, to become a Reducer.
type Joiner interface {
	compute.Device
	Join(g *Group) error
}

// chunk is how many numbers are summed at once, 4 MiB.
const chunk = 1 << 20

// Reduce makes v, on every rank, the sum over ranks: by the device if it is a Reducer, else by the host, where each number is summed in
// float64 in the order of ranks and rounded once, so that the order of ranks alone decides the bits.
func (g *Group) Reduce(dev compute.Device, v compute.Vec) error {
	if g.Size() == 1 {
		return nil
	}
	if r, ok := dev.(Reducer); ok {
		return r.Reduce(v)
	}
	host := make([]float32, v.N)
	dev.Download(host, v)
	if err := g.SumVector(host); err != nil {
		return err
	}
	dev.Upload(v, host)
	return nil
}

// SumVector is Sum for every number of x, in place. All ranks give as many.
func (g *Group) SumVector(x []float32) error {
	if g.Size() == 1 {
		return nil
	}
	for len(x) > 0 {
		part := x[:min(len(x), chunk)]
		if err := g.sumPart(part); err != nil {
			return err
		}
		x = x[len(part):]
	}
	return nil
}

func (g *Group) sumPart(x []float32) error {
	if !g.Leads() {
		if err := g.links[0].send(vector, encode(x)); err != nil {
			return err
		}
		b, err := g.links[0].take(vector)
		if err != nil {
			return err
		}
		return decode(x, b, 0)
	}
	sums := make([]float64, len(x))
	add := func() {
		for i, v := range x {
			sums[i] += float64(v)
		}
	}
	add()
	for _, l := range g.links {
		b, err := l.take(vector)
		if err == nil {
			err = decode(x, b, l.rank)
		}
		if err != nil {
			return err
		}
		add()
	}
	for i, s := range sums {
		x[i] = float32(s)
	}
	return g.sendAll(vector, encode(x))
}

func encode(x []float32) []byte {
	b := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return b
}

func decode(x []float32, b []byte, rank int) error {
	if len(b) != 4*len(x) {
		return fmt.Errorf("rank %d sent %d bytes for %d numbers: the ranks do not do the same", rank, len(b), len(x))
	}
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// BroadcastVector gives every rank the numbers of rank 0; other ranks' x has as many, to be written.
func (g *Group) BroadcastVector(x []float32) error {
	if g.Size() == 1 {
		return nil
	}
	for len(x) > 0 {
		part := x[:min(len(x), chunk)]
		x = x[len(part):]
		var mine []byte
		if g.Leads() {
			mine = encode(part)
		}
		b, err := g.Broadcast(mine)
		if err != nil {
			return err
		}
		if err := decode(part, b, 0); err != nil {
			return err
		}
	}
	return nil
}
