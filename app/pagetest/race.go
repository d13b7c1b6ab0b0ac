//go:build race

package pagetest

// raced is whether the race detector is on. Pictures have no races, and drawing them is slow under it.
const raced = true
