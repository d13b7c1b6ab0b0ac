// Package network draws a transformer that grows: one row for each block, bottom to top as the data flows, with its
// attention heads and its feed-forward units drawn to scale. What the last growth added is green and as strong as its mask;
// the room that later stages will fill is outlined faintly, so that the drawing keeps its scale for the whole run.
//
// Most callers want New and Diagram.Set. Stages is a small still picture of a whole plan.
//
// Layout of a drawing is plain arithmetic (Picture.lay); the widgets only carry its result to a fixed pool of canvas
// objects.
package network
