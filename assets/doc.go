// Package assets holds what the binary carries with it: the preset recipes, the corpus that the first
// run trains on, propositions about its words, and the program's icon.
//
// Most callers want [Recipe] for a preset's text by name, [Corpus] for the text to train on and [Propositions] for what a teacher
// asks. Everything is embedded at build time, so nothing here reads the file system. A preset is handed out as text: this
// package does not know what a recipe means.
package assets
