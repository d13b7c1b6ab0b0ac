package session_test

import (
	"reflect"
	"testing"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

// History is what Watch delivers, with the times at which it was written, and the steps that the run went back behind.
func TestHistory(t *testing.T) {
	h := home(t)
	before := time.Now().Truncate(time.Millisecond)
	run, err := store.Create(h.RunFolder()+"/r-abcd1234.growlab", store.Meta{ID: "abcd1234", Name: "r"})
	if err != nil {
		t.Fatal(err)
	}
	all := []event.Event{
		event.Start{Run: "abcd1234"}, event.Step{Step: 1, Tokens: 8}, event.Step{Step: 2, Tokens: 16}, event.Eval{Step: 2, Tokens: 16, Loss: 3},
	}
	for _, e := range append(all, event.Step{Step: 3, Tokens: 24, Loss: 7}) {
		run.Emit(e)
	}
	if err := run.TrimAfter(2); err != nil { // without a checkpoint what was done at step 2 goes too
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	events, past, err := h.History("abcd1234")
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{}
	for _, e := range events {
		kinds = append(kinds, e.Kind())
	}
	if want := []string{"start", "step", "step", "command"}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	if n := len(past.Times); n != 2 || past.Times[0].Before(before) || past.Times[1].Before(past.Times[0]) {
		t.Errorf("times %v, want two from %v on", past.Times, before)
	}
	if want := [][]event.Step{{{Step: 3, Tokens: 24, Loss: 7}}}; !reflect.DeepEqual(past.Undone, want) {
		t.Errorf("undone %v, want %v", past.Undone, want)
	}
	again, err := h.Past("abcd1234")
	if err != nil || !reflect.DeepEqual(again, past) {
		t.Errorf("Past: got %v, %v, want what History says", again, err)
	}
	if _, err := h.Past("nothing"); err == nil {
		t.Error("a run that is not there gives no error")
	}
}
