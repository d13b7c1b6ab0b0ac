// Package knobs is the page on which a run is changed while it trains: edits are staged, what the rest of the run would become is
// shown, and then they are applied together.
//
// Staged is the edits and what would come of them, as growlab set --dry-run shows it; it knows no widget. A Page shows one.
package knobs
