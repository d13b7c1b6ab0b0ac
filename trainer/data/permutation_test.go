package data

import (
	"math"
	"slices"
	"testing"
)

func TestPermutationIsABijection(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4095, 4096, 4097, 30_000} {
		for key := range uint64(8) {
			p := newPermutation(n, key)
			seen := make([]bool, n)
			for i := range n {
				at := p.at(i)
				if at >= n || seen[at] {
					t.Fatalf("n %d key %d: %d maps to %d, which is out of range or taken", n, key, i, at)
				}
				seen[at] = true
			}
		}
	}
}

// Each place should receive each item about equally often over many keys: chi-square of item 0's place
// and of the distance between items 0 and 1, for sizes at and between powers of four.
func TestPermutationIsUniformOverKeys(t *testing.T) {
	const keys = 20_000
	for _, n := range []uint64{5, 16, 37, 64} {
		place, distance := make([]float64, n), make([]float64, n)
		for key := range uint64(keys) {
			p := newPermutation(n, mix(key))
			a, b := p.at(0), p.at(1)
			place[a]++
			distance[(a+n-b)%n]++
		}
		// The mean of chi-square is its degrees of freedom k; k + 6 sqrt(2k) is far beyond chance.
		if got, limit := chiSquare(place), limit(n-1); got > limit {
			t.Errorf("n %d: place of item 0: chi-square %.1f, want below %.1f", n, got, limit)
		}
		if distance[0] != 0 {
			t.Errorf("n %d: items 0 and 1 share a place", n)
		}
		if got, limit := chiSquare(distance[1:]), limit(n-2); got > limit {
			t.Errorf("n %d: distance of items 0 and 1: chi-square %.1f, want below %.1f", n, got, limit)
		}
	}
}

func chiSquare(counts []float64) float64 {
	var sum, chi float64
	for _, c := range counts {
		sum += c
	}
	mean := sum / float64(len(counts))
	for _, c := range counts {
		chi += (c - mean) * (c - mean) / mean
	}
	return chi
}

func limit(freedom uint64) float64 {
	k := float64(freedom)
	return k + 6*math.Sqrt(2*k)
}

// The order is part of what a run's seed means: a change here changes every loss.
func TestPermutationIsFrozen(t *testing.T) {
	p := newPermutation(10, 42)
	var got []uint64
	for i := range uint64(10) {
		got = append(got, p.at(i))
	}
	want := []uint64{8, 4, 0, 7, 6, 2, 3, 5, 1, 9}
	if !slices.Equal(got, want) {
		t.Errorf("permutation of 10 under key 42: got %v, want %v", got, want)
	}
}
