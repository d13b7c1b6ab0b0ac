package app

// stepCursor is the step of the selected run that a person looks at. Parts that can show a step follow it, and tell it when a
// person points at one in them: the curve and the samples move together.
type stepCursor struct {
	followers []func(step int64)
	telling   bool
}

// follow has f called with every step that a person points at.
func (c *stepCursor) follow(f func(step int64)) { c.followers = append(c.followers, f) }

// tell passes on a step. A follower that tells in turn is not heard, so that parts cannot push each other around.
func (c *stepCursor) tell(step int64) {
	if c.telling {
		return
	}
	c.telling = true
	defer func() { c.telling = false }()
	for _, f := range c.followers {
		f(step)
	}
}
