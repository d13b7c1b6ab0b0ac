// Package assets holds what the binary carries with it: the preset recipes, the corpus that the first
// run trains on, and the program's icon.
//
// Most callers want [Recipe] for a preset's text by name and [Corpus] for the text to train on. Everything
// is embedded at build time, so nothing here reads the file system. A preset is handed out as text: this
// package does not know what a recipe means.
package assets
