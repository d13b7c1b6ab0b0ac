package trainer

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/event"
)

var update = flag.Bool("update", false, "write testdata anew; only for a change that means to change numbers")

// TestGolden: the losses of a run that grows twice, to the last bit, for each family of shapes. A refactor must leave them
// alone. They are of the float64 reference, so that they hold on every machine of an architecture.
func TestGolden(t *testing.T) {
	for _, family := range growth.Families {
		t.Run(family, func(t *testing.T) {
			var m memory
			end := finishRun(t, recipe(t, "model.family="+family), &m, nil)
			var got bytes.Buffer
			for _, s := range of[event.Step](m.events) {
				fmt.Fprintf(&got, "step %d stage %d mask %.4f lr %.6e loss %.17g grad_norm %.17g\n", s.Step, s.Stage, s.Mask, s.LR, s.Loss, s.GradNorm)
			}
			fmt.Fprintf(&got, "final %.17g\n", end.Loss)
			path := filepath.Join("testdata", fmt.Sprintf("golden-%s-%s.txt", family, runtime.GOARCH))
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; run go test ./trainer -run Golden -update on this architecture once", err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%swant\n%s", got.Bytes(), want)
			}
		})
	}
}

// TestResumeNeedsOnlyTheCheckpoint: what a checkpoint holds, carried through its named tensors, is enough.
func TestResumeNeedsOnlyTheCheckpoint(t *testing.T) {
	var whole, rest memory
	end := finishRun(t, recipe(t), &whole, nil)
	c := whole.saved[1]
	kept := map[string][]float32{}
	c.Each(func(name string, data []float32) { kept[name] = append([]float32(nil), data...) })
	bare := Checkpoint{Step: c.Step, Tokens: c.Tokens, Stage: c.Stage, Meta: c.Meta}
	if err := bare.Fill(recipe(t), func(name string) []float32 { return kept[name] }); err != nil {
		t.Fatal(err)
	}
	if bare.Params.Config == (shape.Config{}) {
		t.Fatal("no shape")
	}
	if got := finishRun(t, recipe(t), &rest, &bare); got.Loss != end.Loss {
		t.Errorf("final loss %v, want %v", got.Loss, end.Loss)
	}
}
