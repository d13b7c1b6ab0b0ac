// Package chart draws training curves: lines over steps, tokens, FLOPs or active time, with the stages of a growing run
// marked on them. It is pure: a Figure and a Theme make an image, the same bytes every time, on any goroutine and with no
// window; the window (package plot) and the PNG that the terminal writes show the same picture.
//
// A Series is append-only data and may be appended to from any goroutine while others draw it. A Figure says which series
// to show and how; it is a plain value. Most callers want
//
//	loss := chart.NewSeries("train loss")
//	loss.Append(chart.Pos{Step: 1, Tokens: 4096, FLOPs: 2e9, Seconds: 0.1}, 5.54)
//	loss.Break(120) // a stage starts after step 120: smoothing starts afresh
//	f := chart.Figure{YName: "loss", LogY: true, Smooth: 0.9, Lines: []chart.Line{{Series: loss}}}
//	err := chart.WritePNG(w, f, chart.Light(), 960, 540, 2)
//
// Every point counts: a column of pixels shows the first, smallest, largest and last value that fall into it (M4; Jugel
// et al., VLDB 2014), so no spike is lost at any zoom. Cost grows with the width of the picture, not with the number of
// points. Smoothing is the exponential moving average with bias correction, as in TensorBoard and W&B; points that are not
// finite are skipped, never averaged in.
//
// Not covered: error bars, several vertical axes, series whose x goes back (see Series.Append).
package chart
