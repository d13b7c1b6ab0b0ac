package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"growlab/app/session"
	"growlab/growth"
	"growlab/growth/shape"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// Of several ranks, rank 0 has the run file and the control socket, and the others train with it. Before anything is written the
// ranks go through the same gates: rank 0 tells what is to be trained (the charter), each says whether it can, the devices join, the
// state to go on from is handed out, each makes its trainer, and all say that they are ready.

// charter is what rank 0 tells the others about a run.
type charter struct {
	Run     string          `json:"run"`
	Name    string          `json:"name"`
	Version string          `json:"version"`
	Recipe  string          `json:"recipe_name"`
	Text    string          `json:"recipe"` // TOML, with its precision decided
	Kernels string          `json:"kernels"`
	Data    string          `json:"data_path"`
	Hash    string          `json:"data_hash"`
	Replay  *trainer.Replay `json:"replay,omitempty"`
	Resumes bool            `json:"resumes"`
}

// enlist makes all ranks ready for a run, except for their trainers. It is rank 0's part of Follow, and nothing for a process alone.
func (e *Engine) enlist(recipe growth.Recipe, set *data.Set, from *trainer.Checkpoint, start event.Start) error {
	g := e.options.Ranks
	if g.Size() == 1 {
		return nil
	}
	text, err := recipe.TOML()
	if err != nil {
		return err
	}
	c, err := json.Marshal(charter{
		Run: e.id, Name: start.Name, Version: e.options.Version, Recipe: recipe.Name, Text: string(text), Kernels: kernels(e.dev.Name()),
		Data: e.text, Hash: set.Hash, Replay: e.replay, Resumes: from != nil,
	})
	if err != nil {
		return fmt.Errorf("run %s: %w", e.id, err)
	}
	if _, err := g.Broadcast(c); err != nil {
		return err
	}
	if err := g.Agree(nil); err != nil {
		return err
	}
	if err := e.joinDevices(); err != nil || from == nil {
		return err
	}
	return shareCheckpoint(g, recipe, from)
}

// joinDevices joins those that sum over ranks by themselves.
func (e *Engine) joinDevices() error {
	if dev, ok := e.dev.(ranks.Joiner); ok {
		return dev.Join(e.options.Ranks)
	}
	return nil
}

// Follow is ready to train as a rank other than 0 of o.Ranks. l says on which device; if it names a recipe and a text as well, they must
// be those of rank 0. The engine has no run file: Options.Watch sees the events of this rank.
func Follow(l session.Launch, o Options) (*Engine, error) {
	e := &Engine{options: o}
	if err := e.follow(l); err != nil {
		o.Ranks.Fail(err)
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) follow(l session.Launch) error {
	g := e.options.Ranks
	text, err := g.Broadcast(nil)
	if err != nil {
		return err
	}
	var c charter
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("the charter of rank 0: %w", err)
	}
	e.id, e.replay = c.Run, c.Replay
	recipe, set, err := e.accept(c, l)
	if err := g.Agree(err); err != nil {
		return err
	}
	if err := e.joinDevices(); err != nil {
		return err
	}
	var from *trainer.Checkpoint
	if c.Resumes {
		from = &trainer.Checkpoint{}
		if err := shareCheckpoint(g, recipe, from); err != nil {
			return err
		}
	}
	return e.prepareTrainer(recipe, set, from, event.Start{Run: c.Run, Name: c.Name})
}

// accept opens the device and the text of a charter, or says why this rank cannot.
func (e *Engine) accept(c charter, l session.Launch) (recipe growth.Recipe, set *data.Set, err error) {
	if c.Version != e.options.Version {
		return recipe, nil, mismatch{fmt.Sprintf("it runs growlab %s, rank 0 runs %s", e.options.Version, c.Version)}
	}
	if recipe, err = growth.Parse(c.Recipe, []byte(c.Text)); err != nil {
		return recipe, nil, err
	}
	if l.Recipe != "" {
		if err := sameRecipe(recipe, l); err != nil {
			return recipe, nil, err
		}
	}
	if e.dev, err = session.OpenDevice(l.Device, l.Threads, recipe.Train.Precision); err != nil {
		return recipe, nil, err
	}
	if is := kernels(e.dev.Name()); is != c.Kernels {
		return recipe, nil, mismatch{fmt.Sprintf("it would train with %s, rank 0 with %s: all ranks need the same; GROWLAB_CPU and --device choose", is, c.Kernels)}
	}
	path := c.Data
	if l.Recipe != "" {
		path = l.Data
	}
	if set, _, err = openData(path, recipe.Teacher); err != nil {
		return recipe, nil, err
	}
	if set.Hash != c.Hash {
		return recipe, nil, mismatch{fmt.Sprintf("its text is not that of rank 0 (SHA-256 %.12s…, there %.12s…)", set.Hash, c.Hash)}
	}
	return recipe, set, nil
}

// sameRecipe compares what this rank was told to train with the recipe of rank 0.
func sameRecipe(theirs growth.Recipe, l session.Launch) error {
	mine, err := session.LoadRecipe(l)
	if err != nil {
		return err
	}
	mine.Train.Precision, mine.Name = theirs.Train.Precision, theirs.Name // decided by rank 0
	a, err1 := mine.TOML()
	b, err2 := theirs.TOML()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	was, is := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range max(len(was), len(is)) {
		if x, y := at(was, i), at(is, i); x != y {
			return mismatch{fmt.Sprintf("it was given another recipe than rank 0: line %d is %q, there %q", i+1, x, y)}
		}
	}
	return nil
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// shareCheckpoint gives every rank the checkpoint of rank 0.
func shareCheckpoint(g *ranks.Group, recipe growth.Recipe, c *trainer.Checkpoint) error {
	head := trainer.Checkpoint{Step: c.Step, Tokens: c.Tokens, Stage: c.Stage, Reason: c.Reason, Pinned: c.Pinned, Meta: c.Meta}
	text, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("the checkpoint for other ranks: %w", err)
	}
	if text, err = g.Broadcast(text); err != nil {
		return err
	}
	if !g.Leads() {
		if err := json.Unmarshal(text, c); err != nil {
			return fmt.Errorf("the checkpoint of rank 0: %w", err)
		}
		for _, tree := range c.Trees() {
			*tree.Tree = shape.NewTree(recipe.Config(c.Stage))
		}
	}
	c.Each(func(_ string, data []float32) {
		if err == nil {
			err = g.BroadcastVector(data)
		}
	})
	return err
}

// prepareTrainer makes the trainer, and tells the other ranks whether it could.
func (e *Engine) prepareTrainer(recipe growth.Recipe, set *data.Set, from *trainer.Checkpoint, start event.Start) error {
	o := trainer.Options{
		Recipe: recipe, Device: e.dev, Data: set, Resume: from, Start: start, Replay: e.replay, Ranks: e.options.Ranks,
	}
	if e.openMeter(); e.meter != nil {
		o.Meter = e.meter
	}
	if _, _, apart := session.DeviceMemory(e.dev); !apart {
		o.Memory = session.HeldMemory
	}
	o.Sink = &e.sink
	if e.server != nil {
		o.Requests = e.server.Requests()
	} else {
		o.Sink = (*onlooker)(e)
	}
	err := session.FitsMemory(recipe, e.options.Ranks.Size(), e.dev)
	if err == nil {
		e.trainer, err = trainer.New(o)
	}
	return e.options.Ranks.Agree(err)
}

// onlooker is the Sink of a rank that keeps nothing.
type onlooker Engine

// Emit implements trainer.Sink.
func (o *onlooker) Emit(e event.Event) {
	if o.options.Watch != nil {
		o.options.Watch(e)
	}
}

// Save implements trainer.Sink: rank 0 keeps the checkpoint.
func (*onlooker) Save(trainer.Checkpoint) (int64, error) { return 0, nil }

// Problem implements trainer.Sink.
func (*onlooker) Problem() error { return nil }

// FindJob is the file of the newest run that a job (ranks.World.Job) began and that can go on; "" if there is none. A launcher that
// starts all ranks anew after a failure means that run.
func FindJob(h *session.Home, job string) (file string, err error) {
	if job == "" {
		return "", nil
	}
	all, err := h.Runs()
	if err != nil {
		return "", err
	}
	for _, info := range all {
		if !info.Resumable() {
			continue
		}
		t, err := readTold(info.File)
		if err == nil && t.Job == job { // one that cannot be read is not the one
			return info.File, nil
		}
	}
	return "", nil
}

func readTold(file string) (t told, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	m, err := r.Meta()
	if err != nil {
		return t, err
	}
	return tellings(r, m)
}
