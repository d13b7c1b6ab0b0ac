// Package icon holds the picture of the program: a sprout on stacked blocks. growlab.svg is drawn by hand; growlab.png is
// rendered from it by the test of package app (go test ./app -run Icon -update).
package icon

import _ "embed"

//go:embed growlab.svg
var svg []byte

//go:embed growlab.png
var png []byte

// SVG is the picture for any size.
func SVG() []byte { return svg }

// PNG is the picture at 256 x 256 pixels.
func PNG() []byte { return png }
