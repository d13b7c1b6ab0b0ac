// Package control is the wire between an engine process and whoever watches it: HTTP over a Unix socket of this user
// alone. Events go out as JSON lines; commands come in and wait until the trainer takes them between two steps.
//
// A Server is opened by the engine of one run and found under the run's id, so a second engine on the same run is
// refused, and a socket that a killed engine left behind is replaced. Publish never blocks training: a subscriber that
// does not keep up is disconnected, and reads what it missed from the run file.
package control
