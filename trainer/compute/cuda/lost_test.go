//go:build linux

package cuda

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/trainer/compute"
	"growlab/trainer/ranks"
)

// pair opens two GPUs of m, with little patience, and runs f for the ranks that have them. What f returns is what Close of the device,
// which comes before that of the group, is to return too.
func pair(t *testing.T, m *fake.Machine, patience time.Duration, f func(rank int, d *device, g *ranks.Group) error) (errs [2]error) {
	t.Helper()
	m.Set("devices 2")
	var wg sync.WaitGroup
	for rank, g := range ranks.Local(2) {
		o := Options{Ordinal: rank, Finder: &cudart.Finder{Env: m.Env}, Image: image(t)}
		wg.Go(func() {
			d, err := open(o)
			if err != nil {
				t.Error(err)
				return
			}
			d.patience = patience
			errs[rank] = f(rank, d, g)
			if err := d.Close(); (err == nil) != (errs[rank] == nil) && d.side != nil && d.side.comm != nil {
				t.Errorf("rank %d: Close says %v after %v", rank, err, errs[rank])
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return errs
}

// comes is all of Join that comes before NCCL's own start.
func comes(d *device, g *ranks.Group) error {
	if _, _, err := d.meeting(g); err != nil {
		return err
	}
	return g.Agree(nil)
}

// TestStartWithoutAll: where a rank dies, fails or hangs while NCCL starts, the others do not wait for ever, and say what happened.
func TestStartWithoutAll(t *testing.T) {
	for name, tt := range map[string]struct {
		patience time.Duration
		second   func(d *device, g *ranks.Group) error // what rank 1 does
		says     string                                // in the error of rank 0
	}{
		"it dies": {time.Hour, func(d *device, g *ranks.Group) error {
			return errors.Join(comes(d, g), g.Close())
		}, "rank 1 on this machine: "},
		"it fails": {time.Hour, func(d *device, g *ranks.Group) error {
			err := comes(d, g)
			g.Fail(errors.New("no room in the shared memory"))
			return err
		}, "rank 1 on "},
		"it hangs": {50 * time.Millisecond, func(d *device, g *ranks.Group) error {
			err := comes(d, g)
			<-g.Lost() // until rank 0 gives up
			return err
		}, "the GPUs of the other ranks did not answer within 50ms"},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			errs := pair(t, m, tt.patience, func(rank int, d *device, g *ranks.Group) error {
				if rank == 1 {
					return tt.second(d, g)
				}
				return d.Join(g)
			})
			if errs[1] != nil {
				t.Errorf("rank 1: %v", errs[1])
			}
			if errs[0] == nil || !strings.Contains(errs[0].Error(), tt.says) || !strings.HasPrefix(errs[0].Error(), "cuda: join the GPUs: ") {
				t.Errorf("rank 0: got %v, want in it %q", errs[0], tt.says)
			}
			m.MustBeClean()
		})
	}
}

// TestSumWithoutAll: where a rank dies or hangs, or NCCL no longer hears it, sums that wait for it are given up, and the error says why.
func TestSumWithoutAll(t *testing.T) {
	for name, tt := range map[string]struct {
		patience time.Duration
		second   func(m *fake.Machine, d *device, g *ranks.Group) error
		says     string
	}{
		"it dies": {time.Hour, func(_ *fake.Machine, _ *device, g *ranks.Group) error { return g.Close() }, "rank 1 on this machine: "},
		"it hangs": {2 * time.Second, func(_ *fake.Machine, _ *device, g *ranks.Group) error {
			<-g.Lost()
			return nil
		}, "did not answer within 2s"},
		"NCCL loses it": {time.Hour, func(m *fake.Machine, _ *device, g *ranks.Group) error {
			m.Fail("ncclAsync", 0, 6)
			<-g.Lost()
			return nil
		}, "remote process exited"},
		"it leaves before anybody says why": {time.Hour, func(_ *fake.Machine, d *device, g *ranks.Group) error {
			err := d.side.comm.Abort()
			<-g.Lost()
			return err
		}, "remote process exited"},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t)
			errs := pair(t, m, tt.patience, func(rank int, d *device, g *ranks.Group) error {
				if err := d.Join(g); err != nil {
					return err
				}
				if rank == 1 {
					return tt.second(m, d, g)
				}
				buf, err := d.Alloc(64)
				if err != nil {
					return err
				}
				return errors.Join(d.Reduce(compute.All(buf)), d.Sync())
			})
			if errs[0] == nil || !strings.Contains(errs[0].Error(), tt.says) {
				t.Errorf("rank 0: got %v, want in it %q", errs[0], tt.says)
			}
		})
	}
}
