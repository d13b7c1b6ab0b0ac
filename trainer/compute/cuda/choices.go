package cuda

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// choices are which of cuBLASLt's ways was fastest, for each product, on one kind of GPU with one version of the library. They
// are kept in a file, so that a run that goes on tomorrow adds up in the same order as today. The library lists its
// ways in the same order every time. Ranks share the file, and what the first of them has chosen holds for all.
type choices struct {
	file string // empty: nowhere
	kind string // GPU and version

	mu  sync.Mutex
	all kept
}

// kept is the content of the file: ways by kind, by product.
type kept map[string]map[string]int

func openChoices(file, kind string) *choices {
	return &choices{file: file, kind: kind, all: readChoices(file)}
}

// readChoices is the content of file; empty if it cannot be read, or is none of ours, which costs a new timing.
func readChoices(file string) kept {
	text, err := os.ReadFile(file)
	if all := (kept{}); err == nil && json.Unmarshal(text, &all) == nil && all != nil {
		return all
	}
	return kept{}
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

// keep remembers the way for g unless there is one already, and returns the one that holds. That the file cannot be written costs a new
// timing next time, so nobody is told.
func (c *choices) keep(g product, way int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == "" {
		return c.all.add(c.kind, g.name(), way)
	}
	unlock, err := lockChoices(c.file + ".lock")
	if err != nil {
		return c.all.add(c.kind, g.name(), way)
	}
	defer unlock()
	now := readChoices(c.file) // which others may have added to
	way = now.add(c.kind, g.name(), way)
	_ = now.write(c.file)
	return c.all.add(c.kind, g.name(), way)
}

// add keeps a way for the product of that name unless there is one already, and returns the one that holds.
func (k kept) add(kind, name string, way int) int {
	if k[kind] == nil {
		k[kind] = map[string]int{}
	}
	if first, known := k[kind][name]; known && first >= 0 {
		return first
	}
	k[kind][name] = way
	return way
}

func (k kept) write(file string) error {
	text, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return err
	}
	next := fmt.Sprintf("%s.%d", file, os.Getpid())
	if err := os.WriteFile(next, text, 0o644); err != nil {
		return err
	}
	return os.Rename(next, file)
}

// lockChoices waits for the lock on a file of that name, which only its holder may change choices under.
func lockChoices(name string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err == nil {
			return func() { _ = f.Close() }, nil // which unlocks
		} else if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
	}
}
