// Package shape says what a network is made of: its Config, the table of its parameter tensors with named axes, the
// two-valued Masks of a growth in progress, and the host Tree that holds numbers for every tensor.
//
// It is the vocabulary that growth (which turns one Tree into a larger one) and trainer/model (which runs a Tree on a
// device) share. It is a leaf: no device, no file, no clock, no schedule.
//
// Axes. Every tensor dimension carries an Axis. Growth copies leading blocks, so the order of entries along an axis never
// changes: entry i of the small network is entry i of the large one. Query, key and value are one tensor of shape
// (3, heads*head_dim, hidden), never a flat (3*heads*head_dim, hidden) block, because a leading-block copy of the latter
// would move keys into values when heads grow.
package shape
