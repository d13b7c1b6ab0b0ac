package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"growlab/app/session"
	"growlab/trainer/event"
)

// direct runs what is queued at once; the tests of the feed have no window.
var direct = feed{func(f func()) { f() }}

func TestFollowBringsLiveEventsFiveTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := make(chan []event.Event)
		go func() {
			for i := range int64(1000) { // a step a millisecond
				in <- []event.Event{event.Step{Step: i + 1}}
				time.Sleep(time.Millisecond)
			}
			close(in)
		}()
		var batches int
		var next int64 = 1
		direct.follow(t.Context(), in, func(events []event.Event) {
			batches++
			for _, e := range events {
				if got := e.(event.Step).Step; got != next {
					t.Fatalf("got step %d, want %d", got, next)
				}
				next++
			}
		})
		if next != 1001 {
			t.Errorf("got %d events, want 1000", next-1)
		}
		if batches < 5 || batches > 7 {
			t.Errorf("got %d batches in a second, want 5 to 7", batches)
		}
	})
}

func TestFollowBringsALongPastInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := make(chan []event.Event, 2)
		in <- make([]event.Event, 3*historyPart+5)
		in <- make([]event.Event, 7)
		close(in)
		var got []int
		began := time.Now()
		direct.follow(t.Context(), in, func(events []event.Event) { got = append(got, len(events)) })
		total := 0
		for _, n := range got {
			total += n
			if n > historyPart {
				t.Errorf("got a part of %d events, want at most %d", n, historyPart)
			}
		}
		if total != 3*historyPart+12 {
			t.Errorf("got %d events, want %d", total, 3*historyPart+12)
		}
		if took := time.Since(began); took > livePeriod {
			t.Errorf("took %v, want no waiting between the parts", took)
		}
	})
}

func TestFollowEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in := make(chan []event.Event)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			direct.follow(ctx, in, func([]event.Event) {})
		}()
		synctest.Wait()
		cancel()
		<-ended
	})
}

// A window that is closed no longer runs what is queued for it.
func TestDeliverDoesNotWaitForAClosedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dead := feed{func(func()) {}}
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		if dead.deliver(ctx, func() { t.Error("ran") }) {
			t.Error("got true, want false")
		}
	})
}

func TestPollAsksAgainAndAtOnceWhenWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		wake := make(chan struct{}, 1)
		var asked int
		trouble := errors.New("no folder")
		list := func() ([]session.Info, error) { asked++; return nil, trouble }
		go direct.poll(ctx, list, wake, func(_ time.Time, infos []session.Info, err error) {
			if infos != nil || !errors.Is(err, trouble) {
				t.Errorf("got %v, %v; want the answer of the list", infos, err)
			}
		})
		time.Sleep(2*listPeriod + listPeriod/2)
		synctest.Wait()
		if asked != 3 {
			t.Errorf("asked %d times in two and a half periods, want 3", asked)
		}
		wake <- struct{}{}
		synctest.Wait()
		if asked != 4 {
			t.Errorf("asked %d times after a wake, want 4", asked)
		}
		cancel()
		synctest.Wait()
	})
}
