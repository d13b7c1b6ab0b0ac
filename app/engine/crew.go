package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"growlab/app/session"
	"growlab/trainer/ranks"
)

// crew are the ranks of one process that train beside its rank 0, each on a GPU of its own, in a goroutine.
type crew struct {
	groups []*ranks.Group
	done   sync.WaitGroup
}

// openDevice opens the device of a launch. Where that is several GPUs of this machine, this engine becomes rank 0 of as many ranks,
// and goroutines of this process follow it, as other processes would.
func (e *Engine) openDevice(spec string, threads int, precision string) (err error) {
	if e.options.Ranks.Size() == 1 {
		gpus, note, err := session.Together(spec)
		if err != nil {
			return err
		}
		if note != "" {
			e.warn("%s", note)
		}
		if len(gpus) > 0 {
			spec = gpus[0]
		}
		if len(gpus) > 1 {
			e.muster(gpus[1:])
		}
	}
	e.dev, err = session.OpenDevice(spec, threads, precision)
	return err
}

// muster starts the ranks after 0, on these devices. They wait for what rank 0 tells them.
func (e *Engine) muster(devices []string) {
	e.crew = &crew{groups: ranks.Local(1 + len(devices))}
	e.options.Ranks = e.crew.groups[0]
	for i, device := range devices {
		o := Options{Version: e.options.Version, Ranks: e.crew.groups[i+1]}
		e.crew.done.Go(func() {
			if err := serve(session.Launch{Device: device}, o); err != nil {
				o.Ranks.Fail(fmt.Errorf("%s: %w", device, err))
			}
		})
	}
}

// serve trains as a rank other than 0, until rank 0 is done. That rank 0 is gone is no error of this one.
func serve(l session.Launch, o Options) error {
	f, err := Follow(l, o)
	if err != nil {
		return err
	}
	_, err = f.Train(context.Background())
	if errors.Is(err, ErrStopped) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// dismiss ends the crew, and waits for it.
func (c *crew) dismiss() error {
	if c == nil {
		return nil
	}
	err := c.groups[0].Close()
	c.done.Wait()
	for _, g := range c.groups[1:] {
		err = errors.Join(err, g.Close())
	}
	return err
}
