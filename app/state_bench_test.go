package app

import "testing"

// BenchmarkApply measures what the window's goroutine spends on one event of a run's past.
func BenchmarkApply(b *testing.B) {
	events := script("r")
	for b.Loop() {
		newRunView().apply(events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
}
