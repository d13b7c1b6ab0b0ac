package control

import "growlab/trainer/event"

// Status is where an engine stands, as its published events tell.
type Status struct {
	Run    string `json:"run"`
	PID    int    `json:"pid"`
	Paused bool   `json:"paused"`
	Ended  bool   `json:"ended"`
	Step   int64  `json:"step"`
	Tokens int64  `json:"tokens"`
	Stage  int    `json:"stage"`
	Events int64  `json:"events"` // published by this process
}

// note moves s along with an event.
func (s *Status) note(e event.Event) {
	s.Events++
	switch e := e.(type) {
	case event.Start:
		s.Step = e.Resumed
	case event.Step:
		s.Step, s.Tokens, s.Stage = e.Step, e.Tokens, e.Stage
	case event.Grew:
		s.Stage = e.Stage
	case event.Paused:
		s.Paused = true
	case event.Resumed:
		s.Paused = false
	case event.Ended:
		s.Paused, s.Ended = false, true
	case event.Eval, event.Saved, event.Sampled, event.Command, event.Blocks, event.Shrank, event.GPUs, event.Memory:
	}
}
