package app

import (
	"context"
	"os"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"growlab/app/session"
)

func TestNewsOfARunAreTold(t *testing.T) {
	for _, row := range []struct {
		name        string
		change      func(*session.Info)
		focus, mute bool
		want        string // "" for nothing
	}{
		{"done", func(i *session.Info) { i.State, i.ValLoss = session.Done, 1.5 }, false, false, "flm-1m is done: validation loss 1.5000 after 1,610 steps"},
		{"failed", func(i *session.Info) { i.State, i.Error = session.Failed, "out of memory" }, false, false, "flm-1m failed: out of memory"},
		{"killed", func(i *session.Info) { i.State, i.ValLoss = session.Interrupted, 0 }, false, false, "flm-1m was interrupted: after 1,610 steps; Resume goes on from the last checkpoint"},
		{"grown", func(i *session.Info) { i.Stage, i.Stages, i.Params = 2, 3, 584_640 }, false, false, "flm-1m has grown: stage 2 of 3: 585k parameters"},
		{"one more step", func(i *session.Info) { i.Step++ }, false, false, ""},
		{"done before our eyes", func(i *session.Info) { i.State = session.Done }, true, false, ""},
		{"grown before our eyes", func(i *session.Info) { i.Stage++ }, true, false, ""},
		{"done, told not to", func(i *session.Info) { i.State = session.Done }, false, true, ""},
		{"stopped by a person", func(i *session.Info) { i.State = session.Stopped }, false, false, ""},
		{"its machine is lost", func(i *session.Info) { i.Lost = "no route to host" }, false, false, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, at(1610))
			b.focused = row.focus
			b.prefs.SetBool(prefQuiet, row.mute)
			var told []string
			b.notify = func(n *fyne.Notification) { told = append(told, n.Title+": "+n.Content) }
			before, after := slices.Clone(b.infos), slices.Clone(b.infos)
			before[0].Step, before[0].Stage = 1610, 1
			after[0].Step, after[0].Stage = 1610, 1
			row.change(&after[0])
			b.notifyNews(before, after)
			b.notifyNews(after, after) // once is enough
			var want []string
			if row.want != "" {
				want = []string{row.want}
			}
			if !slices.Equal(told, want) {
				t.Errorf("told %q, want %q", told, want)
			}
		})
	}
}

// A notification service that hangs keeps nobody waiting, and what there is no room for is dropped.
func TestANotificationServiceThatHangsIsNotWaitedFor(t *testing.T) {
	t.Setenv(busAddress, "unix:path=/a/bus")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hangs, sent := make(chan struct{}), make(chan string, 100)
	notify := newCrier(ctx, func(n *fyne.Notification) {
		<-hangs
		sent <- n.Title
	})
	for range 3 * crierWaits {
		notify(fyne.NewNotification("again", ""))
	}
	close(hangs)
	if got := <-sent; got != "again" {
		t.Errorf("sent %q", got)
	}
}

func TestNoBusIsStarted(t *testing.T) {
	if path := userBus(); path != "" {
		t.Logf("this person has a bus at %s", path)
	}
	for _, row := range []struct {
		name, address, want string
		has                 bool
	}{
		{"a desktop", "unix:path=/a/bus", "unix:path=/a/bus", true},
		{"none, as was found before", noBus, noBus, false},
		{"nothing known", "", map[bool]string{true: "", false: noBus}[userBus() != ""], userBus() != ""},
	} {
		t.Setenv(busAddress, row.address)
		if err := leaveBusAlone(); err != nil {
			t.Fatal(err)
		}
		if got := os.Getenv(busAddress); got != row.want || hasBus() != row.has {
			t.Errorf("%s: the bus is %q, and there is one: %v; want %q, %v", row.name, got, hasBus(), row.want, row.has)
		}
	}
}
