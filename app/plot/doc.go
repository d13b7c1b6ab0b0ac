// Package plot is the Fyne side of package chart: a widget that shows a chart.Figure live and lets the pointer and the
// keyboard explore it.
//
//	c := plot.NewChart("loss")
//	loss := chart.NewSeries("grown · train")
//	c.AddLine(chart.Line{Series: loss, Color: 0})
//	loss.Append(pos, 2.31) // any goroutine
//	c.Grow(nil)
//
// Appending to a series may be done anywhere; everything else belongs to Fyne's goroutine.
//
// Pointer: hovering shows the values nearest to the pointer, or what a marker stands for; dragging a box zooms (a flat box
// zooms along x and fits y); the wheel zooms along x at the pointer; dragging with Shift or the middle button moves the
// picture; a double click fits it; a click on a legend entry hides that line. Keys, with the chart focused: arrows move,
// + and - zoom, comma and full stop move the cursor from point to point, digits hide lines, Esc or Home fits.
//
// A Group links charts above each other: they share the horizontal axis and the cursor, and a Readout lists what all their
// lines have there.
//
// A picture is drawn only if it would differ from the one on show by something that an eye can tell, since every picture makes Fyne
// paint the whole window. One that takes long is drawn on a goroutine of its own.
package plot
