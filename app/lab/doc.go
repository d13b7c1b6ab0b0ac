// Package lab lays finished runs beside each other: it reads their files, makes sure that they can be compared, lets package
// verdict judge, and writes the lab report. Both the terminal and the window use it.
//
// An Entry is one run as it is read. Most callers want Read for each run, then Measure, then Compare, and WriteReport with the
// Comparison. Of finds the recipe whose rival is to be trained. A Tuning says how the contenders came to their learning rates;
// package search makes it.
package lab
