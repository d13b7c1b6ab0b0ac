package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/compute"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// ErrMismatch is wrapped when a run file cannot go on because something it relies on is not what it was.
var ErrMismatch = errors.New("the run cannot go on as it was")

// mismatch is a sentence that wraps ErrMismatch.
type mismatch struct{ sentence string }

func (m mismatch) Error() string { return m.sentence }
func (mismatch) Unwrap() error   { return ErrMismatch }

// ErrDone is returned for a run that has nothing left to do.
var ErrDone = errors.New("the run is done: nothing is left to train")

// Resume is ready to go on with the run in file from its last checkpoint, or from its start if it has none. Of l only
// Device and Threads count; "" and 0 are what the run was started with. The precision stays that of the run, also where
// another would be faster.
func Resume(file string, l session.Launch, o Options) (*Engine, error) {
	e := &Engine{options: o}
	if err := e.again(file, l); err != nil {
		return nil, e.abandon(err)
	}
	return e, nil
}

func (e *Engine) again(file string, l session.Launch) (err error) {
	if e.run, err = store.OpenWriter(file); err != nil {
		return err
	}
	past, err := e.past()
	if err != nil {
		return err
	}
	e.id = past.meta.ID
	if l.Device == "" {
		l.Device = past.told.Device
	}
	if l.Threads == 0 {
		l.Threads = past.meta.Threads
	}
	if err = e.openDevice(l.Device, l.Threads, past.recipe.Train.Precision); err != nil {
		return fmt.Errorf("run %s keeps its precision %s: %w", e.id, past.recipe.Train.Precision, err)
	}
	if was, is := kernels(past.meta.Device), kernels(e.dev.Name()); was != is {
		e.warn("the run began on %s and goes on with %s: its numbers will differ in the last digits", was, is)
	}
	set, err := e.sameData(past.meta)
	if err != nil {
		return err
	}
	e.replay = past.told.Replay
	start := event.Start{Run: e.id, Name: past.meta.Name, File: e.run.Path()}
	if err := e.prepare(past.recipe, set, past.from, start); err != nil {
		return err
	}
	var at int64
	if past.from != nil {
		at = past.from.Step
	}
	if err := e.run.TrimAfter(at); err != nil {
		return err
	}
	for _, c := range past.untold {
		e.run.Emit(c)
	}
	e.connect(past.recipe)
	return nil
}

// kernels is a device's name without what does not change numbers: the threads, and in fp32 which of the vector families it is; bf16
// products round differently in each. Names that old run files keep lack the precision, which was fp32.
func kernels(device string) string {
	name, _, _ := strings.Cut(device, ",")
	words := strings.Fields(name)
	if len(words) == 2 {
		words = append(words, compute.FP32.String())
	}
	vectors := []string{"amx", "avx512bf16", "avx512", "avx2"}
	if len(words) == 3 && words[2] == compute.FP32.String() && slices.Contains(vectors, words[1]) {
		words[1] = "vector"
	}
	return strings.Join(words, " ")
}

// past is what the file tells of a run.
type past struct {
	meta   store.Meta
	told   told
	recipe growth.Recipe
	from   *trainer.Checkpoint // nil if there is none
	// untold are commands of which the checkpoint has the edit, and the journal of events has not: the last engine died right then,
	// or this is a fork from there.
	untold []event.Command
}

func (e *Engine) past() (p past, err error) {
	r, err := store.OpenReader(e.run.Path())
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	state, err := r.State()
	if err != nil {
		return p, err
	}
	if state == store.Done {
		return p, fmt.Errorf("run file %s: %w", r.Path(), ErrDone)
	}
	if p.meta, err = r.Meta(); err != nil {
		return p, err
	}
	if p.told, err = tellings(r, p.meta); err != nil {
		return p, err
	}
	if p.recipe, err = parse(r, p.meta); err != nil {
		return p, err
	}
	if p.from, err = e.latest(r, p.recipe); err != nil || p.from == nil {
		return p, err
	}
	p.untold, err = untold(r, p.recipe, *p.from)
	return p, err
}

// untold are the commands of the edits made at c that the file does not have. A stage that c, saved before an edit, finds at its end
// was ended by that edit; any other that ended here did so on its plateau, which is nobody's command.
func untold(r *store.Reader, recipe growth.Recipe, c trainer.Checkpoint) (all []event.Command, err error) {
	journal, err := c.Journal(recipe)
	if err != nil || c.Reason != trainer.ReasonEdit {
		return nil, err
	}
	events, err := r.Events(0)
	if err != nil {
		return nil, err
	}
	for i, e := range journal {
		if e.Tokens != c.Tokens || e.Key == growth.EditEnd && i < len(journal)-1 {
			continue
		}
		want := trainer.CommandOf(e)
		if !slices.ContainsFunc(events, func(j store.Journalled) bool {
			x, ok := j.Event.(event.Command)
			return ok && x.Tokens == want.Tokens && x.Verb == want.Verb && x.Detail == want.Detail
		}) {
			all = append(all, want)
		}
	}
	return all, nil
}

// latest loads the newest checkpoint that is whole, or nil if there never was one.
func (e *Engine) latest(r *store.Reader, recipe growth.Recipe) (*trainer.Checkpoint, error) {
	all, err := r.Checkpoints()
	if err != nil {
		return nil, err
	}
	var damage error
	for i := len(all) - 1; i >= 0; i-- {
		saved, err := r.LoadCheckpoint(all[i].ID)
		if errors.Is(err, store.ErrDamaged) {
			damage = errors.Join(damage, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if damage != nil {
			e.warn("%v; going on from step %d instead", damage, saved.Step)
		}
		c, err := fromStore(saved, recipe)
		if err != nil {
			return nil, fmt.Errorf("run file %s: %w", r.Path(), err)
		}
		return &c, nil
	}
	return nil, damage
}

// Last is the network of a run as its newest checkpoint has it.
type Last struct {
	Recipe     growth.Recipe
	Checkpoint trainer.Checkpoint
}

// LastCheckpoint reads the newest whole checkpoint of the run in file, which an engine may be writing.
func LastCheckpoint(file string) (l Last, err error) {
	r, err := store.OpenReader(file)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	meta, err := r.Meta()
	if err != nil {
		return l, err
	}
	if l.Recipe, err = parse(r, meta); err != nil {
		return l, err
	}
	c, err := (&Engine{}).latest(r, l.Recipe)
	if err != nil {
		return l, err
	}
	if c == nil {
		_, err = r.LatestCheckpoint()
		return l, err
	}
	l.Checkpoint = *c
	return l, nil
}

// tellings reads how the run was started.
func tellings(r *store.Reader, m store.Meta) (t told, err error) {
	if err := json.Unmarshal(m.Options, &t); err != nil {
		return t, mismatch{fmt.Sprintf("run file %s: its options are not readable: %v", r.Path(), err)}
	}
	return t, nil
}

// parse reads the recipe that the run file keeps.
func parse(r *store.Reader, m store.Meta) (growth.Recipe, error) {
	recipe, err := growth.Parse(m.RecipeName, []byte(m.Recipe))
	if err != nil {
		return recipe, mismatch{fmt.Sprintf("run file %s: this program does not accept its recipe: %v", r.Path(), err)}
	}
	if recipe.Train.Precision == "auto" { // from before runs stored theirs
		recipe.Train.Precision = compute.FP32.String()
	}
	return recipe, nil
}

// sameData opens the text of the run and compares it with what the run began on.
func (e *Engine) sameData(m store.Meta) (*data.Set, error) {
	e.text = m.DataPath
	recipe, err := growth.Parse(m.RecipeName, []byte(m.Recipe))
	if err != nil {
		return nil, mismatch{fmt.Sprintf("run %s: this program does not accept its recipe: %v", m.ID, err)}
	}
	set, _, err := openData(m.DataPath, recipe.Teacher)
	if err != nil {
		return nil, err
	}
	if set.Hash == m.DataHash {
		return set, nil
	}
	what := "the embedded corpus of this program is"
	if m.DataPath != "" {
		what = "the text at " + m.DataPath + " is"
	}
	if recipe.Teacher.On() {
		what = strings.TrimSuffix(what, "is") + "or its propositions, " + recipe.Teacher.File + ", are"
	}
	return nil, mismatch{fmt.Sprintf("run %s: %s not what the run began on (SHA-256 %.12s…, then %.12s…): put the old text back, or start a new run",
		m.ID, what, set.Hash, m.DataHash)}
}
