package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"growlab/app/session"
)

// far is a machine that reaches runs of another one, which is called box.
type far struct {
	*fakeSessions
	asked []string
}

func (f *far) Attach(_ context.Context, target string) (session.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, target)
	if !strings.HasPrefix(target, "box:") {
		return session.Info{}, errors.New("there is no run there")
	}
	info := session.Info{ID: target, Name: "far @ box", State: session.Running}
	f.infos = slices.DeleteFunc(f.infos, func(i session.Info) bool { return i.ID == target })
	f.infos = append([]session.Info{info}, f.infos...)
	f.lives[target] = upTo(script(target), 400)
	return info, nil
}

// attached are the targets that were asked for.
func (f *far) attached() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// lose has the machine of a run not answer.
func (f *far) lose(id, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.infos {
		if f.infos[i].ID == id {
			f.infos[i].Lost = why
		}
	}
}

func TestAttachShowsTheRun(t *testing.T) {
	fake := &far{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.showAttach()
	b.attach("box:far")
	b.until("the run of the other machine", func() bool { return b.id == "box:far" })
	b.shown(400)
	if got := fake.attached(); !slices.Equal(got, []string{"box:far"}) {
		t.Errorf("attached to %v", got)
	}
}

func TestALostMachineIsToldAndTriedAgain(t *testing.T) {
	fake := &far{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.attach("box:far")
	b.until("the run of the other machine", func() bool { return b.id == "box:far" })
	b.shown(400)
	fake.lose("box:far", "Connection refused")
	b.look()
	b.until("the strip", func() bool { return b.banner.object.Visible() })
	if want := "The run on box cannot be followed at present: Connection refused. What is on show is as it was."; b.banner.text.Text != want {
		t.Errorf("got %q, want %q", b.banner.text.Text, want)
	}
	if b.view.last.Step != 400 {
		t.Errorf("on show is step %d, want 400 as before", b.view.last.Step)
	}
	test.Tap(b.banner.act)
	b.until("the run once more", func() bool { return len(fake.attached()) == 2 && !b.banner.object.Visible() })
	b.shown(400)
}

// The next window attaches again to what this one showed, but for what is gone.
func TestAttachedRunsAreRemembered(t *testing.T) {
	fake := &far{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.attach("box:far")
	b.until("the run of the other machine", func() bool { return b.id == "box:far" })
	b.remember("gone:run")
	b.remember("one of this machine")
	if got, want := b.prefs.StringList(prefFar), []string{"box:far", "gone:run"}; !slices.Equal(got, want) {
		t.Fatalf("remembered %v, want %v", got, want)
	}
	b.reattach()
	b.until("both attempts", func() bool { return len(fake.attached()) == 3 && len(b.prefs.StringList(prefFar)) == 1 })
	b.forget(b.info())
	if got := b.prefs.StringList(prefFar); len(got) != 0 {
		t.Errorf("remembered %v after it was taken off the list", got)
	}
}

// A second start for a run of another machine has the first window attach to it.
func TestASecondStartShowsAFarRun(t *testing.T) {
	fake := &far{fakeSessions: at(1610)}
	b := openWith(t, fake.fakeSessions, fake)
	b.showAgain("box:far")
	b.until("the run of the other machine", func() bool { return b.id == "box:far" })
}
