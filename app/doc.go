// Package app is the window: it starts runs, shows them live, and steers their engines.
//
// It is written as a view model and views. runView (state.go) is computed from the events of one run and knows no widget;
// the parts (header, cards, journal, side, banner) and the pages in packages of their own (curvepage, samplepage, knobs, comparison,
// microscope, runlist, planner, devicepage) each show a piece of it and know nothing of each other; window joins them. feed brings events and
// lists of runs from goroutines to the one that draws, in batches, at most five times a second. app.go alone starts Fyne.
//
// What sessions can do beside Sessions is asked for by small interfaces (sampler, attacher, machine, workshop, …); what they cannot is
// not offered. stepCursor keeps the parts on the step that a person looks at, place what stands in the middle.
//
// The window owns nothing that matters: engines are processes of their own, the run file is the truth. Closing or killing
// the window at any moment leaves the runs going, and a new window finds them again.
//
// Callers want Run, or Screenshot for a picture of the window without a screen.
package app
