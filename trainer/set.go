package trainer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"growlab/growth"
	"growlab/trainer/compute"
)

// setting is something that the command set changes in a live run, between two steps, and that is no part of its numbers; what
// is, growth.Settable lists, and edit changes. Given a value as a person wrote it, it
// returns what gives t that value, or says why t cannot have it.
type setting func(t *Trainer, value string) (apply func(), refusal error)

// settings are all of them, by key.
var settings = map[string]setting{"threads": setThreads}

// setting reads the command set.
func (t *Trainer) setting(key, value string) (apply func(), refusal error) {
	s, ok := settings[key]
	if !ok {
		return nil, fmt.Errorf("a live run cannot change %q; it can change %s", key, strings.Join(slices.Concat(growth.Settable(), slices.Sorted(maps.Keys(settings))), ", "))
	}
	return s(t, value)
}

// setThreads changes the number of workers of the device. The numbers of the run do not depend on it, and a resumed run starts
// with what it was begun with.
func setThreads(t *Trainer, value string) (apply func(), refusal error) {
	dev, ok := t.Device.(compute.Threaded)
	if !ok {
		return nil, fmt.Errorf("the number of threads of %s cannot be changed", t.Device.Name())
	}
	_, most := dev.Threads()
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return nil, fmt.Errorf("threads is %q; it must be a number from 1 to %d, those that the engine was started with", value, most)
	}
	return func() { dev.SetThreads(n) }, nil
}
