package app

import (
	"strings"
	"testing"
	"time"

	"growlab/app/session"
)

func TestWhatTakesLongIsToldAndCanBeGivenUp(t *testing.T) {
	b, _ := openDesk(t, newFake().withRun(session.Done, script("flm-1m")))
	b.shown(planSteps)
	given := false
	quick := b.working("renaming a run", nil)
	quick()
	done := b.working("attaching to box:far", func() { given = true })
	b.jobs.show()
	if b.jobs.object.Visible() {
		t.Error("what has just begun is told of")
	}
	b.jobs.list[0].began = time.Now().Add(-3 * jobPeriod)
	b.jobs.show()
	if got, want := b.jobs.text.Text(), "attaching to box:far… 3 s"; !b.jobs.object.Visible() || got != want {
		t.Errorf("got %q on show %v, want %q", got, b.jobs.object.Visible(), want)
	}
	b.jobs.cancel.OnTapped()
	if !given {
		t.Error("it is not given up")
	}
	done()
	if b.jobs.object.Visible() {
		t.Error("what is done is still told of")
	}
}

func TestDeletingSaysWhatItFreesBeforeAndAfter(t *testing.T) {
	b, _ := openDesk(t, newFake().withRun(session.Done, script("flm-1m")))
	b.shown(planSteps)
	b.infos = append(b.infos, session.Info{ID: "x", Parent: "flm-1m"}, session.Info{ID: "y", Parent: "flm-1m"})
	if got := b.deleteText(b.infos[0], 560_308_224); !strings.Contains(got, "frees 560 MB") || !strings.Contains(got, "2 forks stay") {
		t.Errorf("got %q, want what is freed and that forks stay", got)
	}
	b.remove(b.info(), 12_300_000)
	b.until("the notice", func() bool { return strings.Contains(b.status.Text(), "12.3 MB are free again") })
}
