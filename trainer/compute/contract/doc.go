// Package contract panics where a call of an engine breaks the contract of compute: a length that does not fit, a result laid
// over an argument, a token outside the vocabulary. There is a function for each operation, named like it, which every engine
// calls first; what only one engine can know, as where memory lies, it checks itself.
package contract
