package app

import (
	"testing"

	"growlab/app/session"
	"growlab/trainer/event"
)

func TestControlsFollowTheState(t *testing.T) {
	for _, row := range []struct {
		name, state, pending string
		resumable            bool
		want                 controls
	}{
		{"no run", "", "", false, controls{train: true}},
		{"running", session.Running, "", false, controls{train: true, toggle: togglePause, stop: true}},
		{"pausing", session.Running, pendingPause, false, controls{train: true, toggle: togglePause, wait: true}},
		{"paused", session.Paused, "", false, controls{train: true, toggle: toggleGoOn, stop: true}},
		{"stopping", session.Paused, pendingStop, false, controls{train: true, toggle: toggleGoOn, wait: true}},
		{"stopped", session.Stopped, "", true, controls{train: true, toggle: toggleRevive}},
		{"reviving", session.Stopped, pendingResume, true, controls{train: true, toggle: toggleRevive, wait: true}},
		{"interrupted", session.Interrupted, "", true, controls{train: true, toggle: toggleRevive}},
		{"done", session.Done, "", false, controls{train: true}},
		{"starting", "", pendingStart, false, controls{wait: true}},
	} {
		if got := controlsOf(row.state, row.pending, row.resumable); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}

func TestProgressInWords(t *testing.T) {
	running := session.Info{Name: "r", State: session.Running}
	for _, row := range []struct {
		name, left, right, pending string
		info                       session.Info
		view                       *runView
	}{
		{"preparing", "Preparing data and engine…", "", "", running, viewAt(0)},
		{"training", "Stage 1 of 3 · 3L × 64 · step 800 of 2,026", "60.0k tokens/s · 1 min 11 s left", "", running, viewAt(800)},
		{"pausing", "Pausing: finishing the step and saving a checkpoint…", "step 800 of 2,026", pendingPause, running, viewAt(800)},
		{"resuming", "Resuming r…", "step 800 of 2,026", pendingResume, running, viewAt(800)},
		{
			"interrupted", "Interrupted: its engine is gone · Resume goes on from the last checkpoint", "step 800 of 2,026", "",
			session.Info{State: session.Interrupted},
			viewAt(800),
		},
		{"done", "Done · validation loss 1.5532 · 73.4 % saved vs. its twin", "2,026 steps in 1 min 31 s", "", session.Info{State: session.Done}, viewAt(planSteps)},
	} {
		p := progressOf(row.view, row.info, row.pending)
		if p.left != row.left || p.right != row.right {
			t.Errorf("%s: got %q and %q, want %q and %q", row.name, p.left, p.right, row.left, row.right)
		}
	}
}

func TestSegmentsFillTheBar(t *testing.T) {
	for _, segments := range [][]float64{nil, {1}, {78.8, 12.7, 8.5}, {1, 1e9}, {0, 0}} {
		parts := segmentWidths(segments, 300)
		sum := float32(len(parts)-1) * barGap
		for _, p := range parts {
			if p < minSegment {
				t.Errorf("%v: got a segment of %g, want at least %d", segments, p, minSegment)
			}
			sum += p
		}
		if full := float32(300); sum > full+0.01 || sum < full-0.01 && (len(segments) == 0 || segments[0] > 0) {
			t.Errorf("%v: got %g in all, want 300", segments, sum)
		}
	}
}

func TestStatus(t *testing.T) {
	v := newRunView()
	v.apply([]event.Event{event.Start{File: "/data/r.growlab"}, event.Saved{Step: 1597, Bytes: 7_020_000}})
	if got, want := statusText(v, session.Info{}), "last checkpoint at step 1,597 · 7.02 MB · run file /data/r.growlab"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	t.Setenv("HOME", "/home/ada")
	for path, want := range map[string]string{"/home/ada/x": "~/x", "/home/adam/x": "/home/adam/x"} {
		if got := tilde(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
