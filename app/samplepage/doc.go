// Package samplepage is the page on which one reads what a network writes: the samples of a run along its steps, beside those
// of another run if one likes, and texts that it is asked for now, as they come.
//
// The page knows sessions' types but neither the window nor how texts are come by: Actions tell what a person asked for, and
// the caller answers by Show, ShowOther, Begin, Write and End.
package samplepage
