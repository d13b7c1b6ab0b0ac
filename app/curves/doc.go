// Package curves turns the events of runs into charts. A Run gathers what one run measured: a series for each Metric, what
// happened as notes that can be explained, spikes, and the points of the parts that were given up when the run went back to a checkpoint. A
// Board is several runs on charts above each other, aligned where asked; the window shows it, and growlab plot writes it.
//
// The package is pure: no window, no file, and no clock but the one it is given.
//
//	r := curves.NewRun("flm-1m-ab12", "flm-1m")
//	r.Apply(events)
//	b := curves.Board{Shown: []curves.Shown{{Run: r}}, Metrics: []curves.Metric{curves.Loss, curves.GradNorm}}
//	err := b.Stack().WriteSVG(w, chart.Light(), 1000, 600)
//
// A Run belongs to one goroutine; its series may be drawn by others meanwhile.
package curves
