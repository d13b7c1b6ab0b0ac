package trainer

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPick: what each setting may draw from tokens of probabilities 1/2, 1/4, 1/8, 1/16, 1/16, and how often.
func TestPick(t *testing.T) {
	logits := []float32{float32(math.Log(2)), float32(math.Log(8)), 0, float32(math.Log(4)), 0}
	for _, row := range []struct {
		name string
		s    Sampling
		want map[int]float64
	}{
		{"all", Sampling{Temperature: 1}, map[int]float64{1: 8, 3: 4, 0: 2, 2: 1, 4: 1}},
		{"greedy", Sampling{TopK: 3}, map[int]float64{1: 1}},
		{"top-k", Sampling{Temperature: 1, TopK: 2}, map[int]float64{1: 8, 3: 4}},
		{"top-k of more than there are", Sampling{Temperature: 1, TopK: 99}, map[int]float64{1: 8, 3: 4, 0: 2, 2: 1, 4: 1}},
		{"top-p", Sampling{Temperature: 1, TopP: 0.8}, map[int]float64{1: 8, 3: 4, 0: 2}},
		{"top-p of less than the likeliest", Sampling{Temperature: 1, TopP: 0.1}, map[int]float64{1: 1}},
		{"top-p of all", Sampling{Temperature: 1, TopP: 1}, map[int]float64{1: 8, 3: 4, 0: 2, 2: 1, 4: 1}},
		{"top-p of what top-k leaves", Sampling{Temperature: 1, TopK: 2, TopP: 0.6}, map[int]float64{1: 1}},
		{"equal ones", Sampling{Temperature: 1, TopK: 4}, map[int]float64{1: 8, 3: 4, 0: 2, 2: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			const draws = 20_000
			rng := rand.New(rand.NewPCG(1, 2))
			got, total := map[int]float64{}, 0.0
			for range draws {
				got[row.s.pick(logits, rng)]++
			}
			for _, w := range row.want {
				total += w
			}
			for token, w := range row.want {
				if share := got[token] / draws; math.Abs(share-w/total) > 0.02 {
					t.Errorf("token %d: %.3f of the draws, want %.3f", token, share, w/total)
				}
				delete(got, token)
			}
			if len(got) > 0 {
				t.Errorf("drew %v too, want none of them", slices.Sorted(maps.Keys(got)))
			}
		})
	}
}
