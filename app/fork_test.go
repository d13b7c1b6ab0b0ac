package app

import (
	"strings"
	"testing"

	"growlab/app/session"
)

// A fork from the end of a run would have nothing to train.
func TestAForkIsOfferedFromWhereSomethingIsLeft(t *testing.T) {
	for _, row := range []struct {
		name, reasons string
		want          int // counted from the newest
	}{
		{"done", "cadence transition end", 1},
		{"live", "cadence transition cadence", 0},
		{"of one step", "end", 0},
	} {
		var saved []session.Saved
		for _, reason := range strings.Fields(row.reasons) {
			saved = append(saved, session.Saved{Reason: reason})
		}
		if got := forkFrom(saved); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
}

// What is offered to be different in a fork is a setting of a recipe, or of a live run.
func TestForkOffersCanBeSet(t *testing.T) {
	info := session.Info{Stages: 3}
	offers := forkOffers(info, session.Saved{Stage: 1})
	if n := len(forkOffers(info, session.Saved{Stage: 3})); n != len(offers)-1 {
		t.Errorf("in the last stage %d are offered, want one less than %d: nothing grows any more", n, len(offers))
	}
	for _, o := range offers {
		var sets []string
		for _, set := range fields(o.Text) {
			if !strings.HasPrefix(set, "lr=") { // of a live run
				sets = append(sets, set)
			}
		}
		if _, err := session.LoadRecipe(session.Launch{Recipe: "flm-1m", Set: sets}); err != nil {
			t.Errorf("%s (%s): %v", o.Label, o.Text, err)
		}
	}
}
