package trainer

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"growlab/trainer/control"
)

// Several ranks do the same work in the same order, each on its share of the sequences. Whatever the course of a run depends on is
// either a function of what all of them have, or a sum that all of them get alike, or decided by rank 0 between two steps.

// share is the range of n sequences, or windows, that this rank takes.
func (t *Trainer) share(n int) (first, end int) {
	rank, size := t.Ranks.Rank(), t.Ranks.Size()
	return n * rank / size, n * (rank + 1) / size
}

// micro is how many sequences of stage i this rank takes at once.
func (t *Trainer) micro(i int) int {
	most := MicroBatch(t.Recipe, t.plan, i, t.Ranks.Size())
	if t.room > 0 {
		return min(most, t.room)
	}
	return most
}

// joinStop makes the wish that any rank should stop, which is the end of its ctx, one of rank 0. The others follow its orders, so
// that all stop after the same step.
func (t *Trainer) joinStop(ctx context.Context) (joined context.Context, release func()) {
	if t.Ranks.Size() == 1 {
		return ctx, func() {}
	}
	if !t.Ranks.Leads() {
		stop := context.AfterFunc(ctx, t.Ranks.AskStop)
		return context.WithoutCancel(ctx), func() { stop() }
	}
	joined, release = context.WithCancel(ctx)
	go func() {
		select {
		case <-t.Ranks.StopAsked():
			release()
		case <-joined.Done():
		}
	}()
	return joined, release
}

// order is what rank 0 tells the others between two steps: to stop, to take a command, or, with neither, to take a step.
type order struct {
	Stop    bool             `json:"stop,omitempty"`
	Command *control.Command `json:"command,omitempty"`
}

// next returns what rank 0 decides: a command, nil for a step, or errStop.
func (t *Trainer) next(ctx context.Context) (*control.Request, error) {
	if !t.Ranks.Leads() {
		return t.obey()
	}
	r, err := t.decide(ctx)
	if t.Ranks.Size() == 1 || err != nil && !errors.Is(err, errStop) {
		return r, err
	}
	o := order{Stop: err != nil}
	if r != nil {
		o.Command = &r.Command
	}
	text, lost := json.Marshal(o)
	if lost == nil {
		_, lost = t.Ranks.Broadcast(text)
	}
	if lost != nil {
		if r != nil {
			r.Reply(lost)
		}
		return nil, lost
	}
	return r, err
}

// obey waits for an order.
func (t *Trainer) obey() (*control.Request, error) {
	text, err := t.Ranks.Broadcast(nil)
	if err != nil {
		return nil, err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("an order of rank 0: %w", err)
	}
	switch {
	case o.Stop:
		return nil, errStop
	case o.Command == nil:
		return nil, nil
	}
	return &control.Request{Command: *o.Command}, nil
}

// sameWeights fails if the ranks have not come to the same numbers: their machines or libraries compute differently, or one of them
// computes wrongly.
func (t *Trainer) sameWeights(c Checkpoint) error {
	if t.Ranks.Size() == 1 {
		return nil
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	var part [4096]byte
	c.Each(func(_ string, data []float32) {
		for len(data) > 0 {
			n := min(len(data), len(part)/4)
			for i, x := range data[:n] {
				binary.LittleEndian.PutUint32(part[4*i:], math.Float32bits(x))
			}
			_, _ = sum.Write(part[:4*n]) // a hash takes everything
			data = data[n:]
		}
	})
	return t.Ranks.Same(fmt.Sprintf("the network after step %d", c.Step), fmt.Appendf(nil, "checksum %08x", sum.Sum32()))
}
