package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"growlab/app/session"
)

// TestSample: the text comes in pieces that together are the text of the event, with the settings that were asked for.
func TestSample(t *testing.T) {
	h := home(t)
	info := finished(t, h)
	var pieces []string
	e, err := h.Sample(t.Context(), info.ID, session.Ask{Prompt: "-- In", Tokens: 24, Temperature: 0.9, TopK: 5, TopP: 0.95, Seed: 7}, func(s string) {
		pieces = append(pieces, s)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(pieces, ""); got != e.Text || len(pieces) < 2 {
		t.Errorf("pieces %q, text %q", pieces, e.Text)
	}
	if e.Step != info.Step || e.Prompt != "-- In" || e.Temperature != 0.9 || e.TopK != 5 || e.TopP != 0.95 {
		t.Errorf("got %+v", e)
	}
	again, err := h.Sample(t.Context(), info.ID, session.Ask{Prompt: "-- In", Tokens: 24, Temperature: 0.9, TopK: 5, TopP: 0.95, Seed: 7}, func(string) {})
	if err != nil || again != e {
		t.Errorf("the same seed gave %+v, %v", again, err)
	}
}

func TestSampleRefused(t *testing.T) {
	h := home(t)
	info := finished(t, h)
	_, err := h.Sample(t.Context(), info.ID, session.Ask{Temperature: -1}, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "temperature is -1") || strings.Contains(err.Error(), "growlab:") {
		t.Errorf("got %v, want the sentence on the temperature", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = h.Sample(ctx, info.ID, session.Ask{Temperature: 1, Tokens: 60_000}, func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was given up", err)
	}
}

// finished is a run of the tiny recipe that is done.
func finished(t *testing.T, h *session.Home) session.Info {
	t.Helper()
	info, err := h.Start(t.Context(), session.Launch{Recipe: recipe, Threads: 1, Set: []string{"eval.final_tokens=64"}})
	if err != nil {
		t.Fatal(err)
	}
	events, err := h.Watch(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range events {
	}
	if info, err = h.Find(info.ID); err != nil || info.State != session.Done {
		t.Fatalf("the run is %s: %v", info.State, err)
	}
	return info
}
