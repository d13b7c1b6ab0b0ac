//go:build !linux || !cgo

package glload

// Available reports whether a window can open here.
func Available() error { return nil }
