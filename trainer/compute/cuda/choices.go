package cuda

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// choices are which of cuBLASLt's ways was fastest, for each product, on one kind of GPU with one version of the library. They
// are kept in a file, so that a run that goes on tomorrow adds up in the same order as today. The library lists its
// ways in the same order every time.
type choices struct {
	file string // empty: nowhere
	kind string // GPU and version

	mu  sync.Mutex
	all map[string]map[string]int // by kind, by product
}

func openChoices(file, kind string) *choices {
	c := &choices{file: file, kind: kind, all: map[string]map[string]int{}}
	if text, err := os.ReadFile(file); file != "" && err == nil {
		if json.Unmarshal(text, &c.all) != nil || c.all == nil { // a file that is none costs a new timing
			c.all = map[string]map[string]int{}
		}
	}
	return c
}

func (g product) name() string {
	return fmt.Sprintf("%d x %d x %d, transposed %v %v, bf16 %v %v, adds %v, epilogue %d, aligned %d",
		g.m, g.n, g.k, g.ta, g.tb, g.half, g.narrow, g.adds, g.epilogue, g.aligned)
}

// of is the number of the way for g, if one was chosen.
func (c *choices) of(g product) (way int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	way, known = c.all[c.kind][g.name()]
	return way, known && way >= 0
}

// keep remembers the way for g. That the file cannot be written costs a new timing next time, so nobody is told.
func (c *choices) keep(g product, way int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all[c.kind] == nil {
		c.all[c.kind] = map[string]int{}
	}
	c.all[c.kind][g.name()] = way
	if c.file == "" {
		return
	}
	text, err := json.MarshalIndent(c.all, "", " ")
	if err != nil || os.MkdirAll(filepath.Dir(c.file), 0o755) != nil {
		return
	}
	next := fmt.Sprintf("%s.%d", c.file, os.Getpid())
	if os.WriteFile(next, text, 0o644) != nil || os.Rename(next, c.file) != nil {
		_ = os.Remove(next) // it may not be there
	}
}
