// Package comparison is the page that says who won: the verdict of package lab on a run and its rivals, as a table, in words and
// as charts, with a report to hand in.
package comparison
