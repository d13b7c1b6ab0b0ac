package control

import "sync"

// Request is a command on its way to the trainer, which answers it by Reply.
type Request struct {
	Command Command
	reply   func(error)
}

// NewRequest makes a request whose first Reply calls reply.
func NewRequest(c Command, reply func(error)) Request {
	var once sync.Once
	return Request{c, func(err error) { once.Do(func() { reply(err) }) }}
}

// Reply accepts the command, or refuses it with a sentence that the person who asked will read. Only the first counts.
func (r Request) Reply(refusal error) {
	if r.reply != nil {
		r.reply(refusal)
	}
}
