// Package curvepage is the page of the window that shows curves: charts above each other that share their horizontal axis and the
// cursor, a bar of controls, a table of the values at the cursor, the story of a marker that was clicked, and export of what is
// seen. It knows runs as curves.Run and nothing of the window.
//
// Everything belongs to Fyne's goroutine.
package curvepage
