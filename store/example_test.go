package store_test

import (
	"fmt"
	"os"
	"path/filepath"

	"growlab/store"
	"growlab/trainer/event"
)

func Example() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder

	// The engine.
	id := store.NewID()
	run, err := store.Create(filepath.Join(dir, store.FileName("first try", id)), store.Meta{ID: id, Name: "first try"})
	if err != nil {
		panic(err)
	}
	run.Emit(event.Step{Step: 1, Tokens: 4096, Stage: 1, Loss: 5.54})
	weights := store.Tensor{Name: "wte", Data: []float32{0.1, -0.2}}
	if _, err := run.Save(store.Checkpoint{Step: 1, Reason: "asked", Tensors: []store.Tensor{weights}}); err != nil {
		panic(err)
	}
	if err := run.Close(); err != nil {
		panic(err)
	}

	// Anyone who reads.
	r, err := store.OpenReader(run.Path())
	if err != nil {
		panic(err)
	}
	defer r.Close() //nolint:errcheck // nothing was written
	steps, err := r.Steps(0, 0)
	if err != nil {
		panic(err)
	}
	last, err := r.LatestCheckpoint()
	if err != nil {
		panic(err)
	}
	c, err := r.LoadCheckpoint(last.ID)
	fmt.Println(steps[0].Loss, c.Tensors, err)
	// Output: 5.54 [{wte [0.1 -0.2]}] <nil>
}
