package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// The maps that several operators start from; expand.Keep, which leads in every width and copies added layers, is another.

// silent leads every width, lets the new part write nothing, and mutes added layers.
func silent(from, to shape.Config) expand.Map {
	m := expand.Keep(from, to)
	m.Exact, m.Added = true, expand.Mute
	return m
}

// cycles goes round in every width, exactly, and mutes added layers.
func cycles(from, to shape.Config) expand.Map {
	m := expand.Keep(from, to)
	m.Hidden = expand.Cycle(from.Hidden, to.Hidden)
	m.Heads = expand.Cycle(from.Heads, to.Heads)
	m.FFN = expand.Cycle(from.FFN, to.FFN)
	m.Exact, m.Added = true, expand.Mute
	return m
}

// noisyCycles are cycles whose copies get shares that differ by noise.
func noisyCycles(from, to shape.Config) expand.Map {
	m := cycles(from, to)
	m.Split = expand.Noise
	return m
}
