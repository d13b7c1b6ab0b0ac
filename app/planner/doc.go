// Package planner is the editor of recipes: a timeline of stages with boundaries to drag, a table of them, and a field for every
// key that a recipe has, over the same TOML that the terminal reads.
//
// A Draft is the recipe under edit and knows no widget; an Editor shows one. Prices, which take a measurement of the machine,
// come from a function that the Editor calls on a goroutine of its own.
package planner
