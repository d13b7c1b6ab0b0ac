// Package microscope is the page of the window that shows a growth closely: what the loss did in the 200 steps before and after it, with
// mask, learning rate and gradient norm below each other, what was measured on the frozen batch, and a verdict in words.
package microscope
