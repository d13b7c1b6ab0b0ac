package session_test

import (
	"os"
	"testing"
	"time"

	"growlab/app/session"
)

// TestRunsReadsAgainWhatChanged holds the list to what files say, and to not opening those again that nobody touched.
func TestRunsReadsAgainWhatChanged(t *testing.T) {
	h := home(t)
	info := start(t, h)
	all(t, watch(t, h, info.ID), nil)
	one := func() session.Info {
		t.Helper()
		infos, err := h.Runs()
		if err != nil || len(infos) != 1 {
			t.Fatalf("%d runs, %v; want 1", len(infos), err)
		}
		return infos[0]
	}
	old := time.Now().Add(-time.Hour)
	age := func(to time.Time) {
		t.Helper()
		if err := os.Chtimes(info.File, to, to); err != nil {
			t.Fatal(err)
		}
	}
	age(old)
	first := one()
	if first.State != session.Done || first.Error != "" {
		t.Fatalf("the run is listed as %+v", first)
	}

	if _, err := h.Rename(info.ID, "renamed"); err != nil {
		t.Fatal(err)
	}
	if got := one().Name; got != "renamed" {
		t.Errorf("after renaming it is called %q", got)
	}

	age(old)
	want := one()
	file, err := os.Stat(info.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(info.File, make([]byte, file.Size()), 0o644); err != nil {
		t.Fatal(err)
	}
	age(old)
	if got := one(); got != want {
		t.Errorf("a file that looks untouched was read again: %+v", got)
	}
	age(old.Add(time.Second))
	if got := one(); got.State != session.Failed {
		t.Errorf("a file that changed was not read again: %+v", got)
	}
}
