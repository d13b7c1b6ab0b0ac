package engine

import (
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
)

// The stage of a run file's checkpoint counts from 1, as its stage table does; the trainer's from 0.

// toStore is c as the run file keeps it.
func toStore(c trainer.Checkpoint) store.Checkpoint {
	s := store.Checkpoint{
		Step: c.Step, Tokens: c.Tokens, Stage: c.Stage + 1, Reason: c.Reason, Pinned: c.Pinned, Meta: c.Meta,
	}
	c.Each(func(name string, data []float32) {
		s.Tensors = append(s.Tensors, store.Tensor{Name: name, Data: data})
	})
	return s
}

// fromStore is the inverse of toStore, for a checkpoint of a run of this recipe.
func fromStore(s store.Checkpoint, r growth.Recipe) (trainer.Checkpoint, error) {
	c := trainer.Checkpoint{
		Step: s.Step, Tokens: s.Tokens, Stage: s.Stage - 1, Reason: s.Reason, Pinned: s.Pinned, Meta: s.Meta,
	}
	byName := make(map[string][]float32, len(s.Tensors))
	for _, t := range s.Tensors {
		byName[t.Name] = t.Data
	}
	return c, c.Fill(r, func(name string) []float32 { return byName[name] })
}
