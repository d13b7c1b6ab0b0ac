package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"growlab/app/session"
	"growlab/growth"
	"growlab/store"
	"growlab/trainer"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// ForkedVerb is the verb of the journalled command with which a fork says where it comes from.
const ForkedVerb = "fork"

// Fork makes a run under id that begins as another until one of its checkpoints, and is ready to train it on from there. f.Run is
// a file, which an engine may be writing. The numbers are those of the run until then, so that a replay of the fork gives them
// too. When it fails, no run file is left.
func Fork(h *session.Home, id string, f session.Fork, o Options) (*Engine, error) {
	f, err := origin(h, f)
	if err != nil {
		return nil, err
	}
	b, err := branchOf(f)
	if err != nil {
		return nil, err
	}
	if err := session.CheckName(b.name()); err != nil {
		return nil, err
	}
	file := filepath.Join(h.RunFolder(), store.FileName(b.meta.Name, id))
	if err := b.create(file, id, o.Version); err != nil {
		return nil, err
	}
	if b.dropped > 0 {
		(&Engine{options: o}).warn("the run had %d later edits; the fork is without them too", b.dropped)
	}
	e, err := Resume(file, session.Launch{Device: f.Device, Threads: f.Threads}, o)
	if err != nil {
		return nil, errors.Join(err, os.Remove(file))
	}
	return e, nil
}

// branch is a fork in the making.
type branch struct {
	fork   session.Fork
	meta   store.Meta // of the run, then of the fork
	told   told
	recipe growth.Recipe // as the run began
	past   store.Past
	at     trainer.Checkpoint
	// reverted is what the fork goes on without; dropped is how many edits the run had besides, after the checkpoint.
	reverted *growth.Edit
	dropped  int
	journal  []growth.Edit // of the fork
	notes    []event.Event
}

// branchOf reads what is forked, and works out what the fork is.
func branchOf(f session.Fork) (b branch, err error) {
	b.fork = f
	r, err := store.OpenReader(f.Run)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if b.meta, err = r.Meta(); err != nil {
		return b, err
	}
	if b.told, err = tellings(r, b.meta); err != nil {
		return b, err
	}
	if b.recipe, err = parse(r, b.meta); err != nil {
		return b, err
	}
	c, err := course(r)
	if err != nil {
		return b, err
	}
	at, err := b.choose(r, c)
	if err != nil {
		return b, err
	}
	if b.past, err = r.Past(at.ID); err != nil {
		return b, err
	}
	if b.at, err = fromStore(b.past.Checkpoint, b.recipe); err != nil {
		return b, fmt.Errorf("run file %s: %w", r.Path(), err)
	}
	return b, b.change(c)
}

// choose is the checkpoint to fork from.
func (b *branch) choose(r *store.Reader, c Course) (store.CheckpointInfo, error) {
	all, err := r.Checkpoints()
	if err != nil {
		return store.CheckpointInfo{}, err
	}
	if len(all) == 0 {
		_, err := r.LatestCheckpoint()
		return store.CheckpointInfo{}, err
	}
	fits := all
	if b.fork.Revert {
		if len(c.Journal) == 0 {
			return store.CheckpointInfo{}, session.Usagef("run %s was not changed while it trained; there is nothing to revert", b.meta.ID)
		}
		fits = slices.DeleteFunc(slices.Clone(all), func(c store.CheckpointInfo) bool { return c.Reason != trainer.ReasonEdit })
	}
	found := len(fits) - 1
	switch id, step := b.fork.Checkpoint, b.fork.Step; {
	case id != 0:
		found = slices.IndexFunc(fits, func(c store.CheckpointInfo) bool { return c.ID == id })
	case step != 0:
		for found >= 0 && fits[found].Step != step {
			found--
		}
	}
	if found < 0 {
		return store.CheckpointInfo{}, b.missing(fits)
	}
	return fits[found], nil
}

// missing says that there is no such checkpoint, and which there are.
func (b *branch) missing(fits []store.CheckpointInfo) error {
	kind, where := "checkpoint", ""
	if b.fork.Revert {
		kind = "checkpoint before an edit"
	}
	switch {
	case b.fork.Checkpoint != 0:
		where = fmt.Sprintf(" under id %d", b.fork.Checkpoint)
	case b.fork.Step != 0:
		where = fmt.Sprintf(" at step %d", b.fork.Step)
	}
	var steps []string
	for _, c := range fits {
		steps = append(steps, fmt.Sprint(c.Step))
	}
	there := "it has none"
	if len(steps) > 0 {
		there = "it has them at the steps " + strings.Join(slices.Compact(steps), ", ")
	}
	hint := ""
	if !b.fork.Revert && b.fork.Step != 0 {
		hint = fmt.Sprintf("; growlab replay %s --to %d makes a run that ends with one there", b.meta.ID, b.fork.Step)
	}
	return session.Usagef("run %s has no %s%s; %s%s", b.meta.ID, kind, where, there, hint)
}

// change works out the fork's recipe and journal.
func (b *branch) change(c Course) (err error) {
	if b.journal, err = b.at.Journal(b.recipe); err != nil {
		return err
	}
	b.dropped = len(c.Journal) - len(b.journal)
	if b.fork.Revert {
		last := len(b.journal) - 1
		if last < 0 || b.journal[last].Tokens != b.at.Tokens { // a fork has that of its beginning under the same reason
			return session.Usagef("checkpoint %d of run %s, of step %d, is not one from just before an edit", b.fork.Checkpoint, b.meta.ID, b.at.Step)
		}
		b.reverted, b.journal = &b.journal[last], b.journal[:last:last]
	}
	b.note()
	recipe, edits, err := b.split()
	if err != nil {
		return err
	}
	now, err := b.unchanged(recipe)
	if err != nil {
		return err
	}
	b.recipe = recipe
	for _, e := range edits {
		next, err := now.Edit(e)
		if err != nil {
			return session.Usagef("%s: %v", e, err)
		}
		b.notes = append(b.notes, changed(e, now, next))
		now, b.journal = next, append(b.journal, e)
	}
	if pos := now.At(b.at.Tokens); pos.Done {
		return session.Usagef("run %s is done at step %d, and its fork would have nothing left to train; fork it at an earlier step", b.meta.ID, b.at.Step)
	}
	b.at, err = b.at.WithJournal(recipe, b.journal)
	return err
}

// note says in the journal where the fork comes from.
func (b *branch) note() {
	detail := fmt.Sprintf("of run %s at step %d", b.meta.ID, b.at.Step)
	if b.reverted != nil {
		detail += fmt.Sprintf(", without %v", *b.reverted)
	}
	b.notes = append(b.notes, event.Command{Step: b.at.Step, Tokens: b.at.Tokens, Verb: ForkedVerb, Detail: detail})
}

// split sorts the settings of the fork into changes of the recipe and edits.
func (b *branch) split() (r growth.Recipe, edits []growth.Edit, err error) {
	var sets []string
	for _, s := range b.fork.Set {
		key, value, _ := strings.Cut(s, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if slices.Contains(growth.Settable(), key) {
			edits = append(edits, growth.Edit{Step: b.at.Step, Tokens: b.at.Tokens, Key: key, Value: value})
			continue
		}
		sets = append(sets, s)
	}
	text, err := b.recipe.TOML()
	if err != nil {
		return r, nil, err
	}
	r, err = growth.Parse(b.recipe.Name, text, sets...)
	return r, edits, err
}

// unchanged makes sure that a run of recipe r with the fork's journal would have come to the checkpoint just as the run did, and
// returns r as it is there.
func (b *branch) unchanged(r growth.Recipe) (growth.Recipe, error) {
	was := b.recipe
	refuse := func(format string, a ...any) (growth.Recipe, error) {
		return r, session.Usagef("a fork at step %d cannot change what was before: %s; what can change from there on is %s, and stages that are still to come",
			b.at.Step, fmt.Sprintf(format, a...), strings.Join(growth.Settable(), ", "))
	}
	switch {
	case !reflect.DeepEqual(was.Model, r.Model):
		return refuse("the section model is of the whole run")
	case was.Train != r.Train:
		return refuse("the section train is of the whole run")
	case !was.Teacher.On() && r.Teacher.On():
		return refuse("a teacher adds %d labels to the vocabulary, so its network is another from the first step on, as in growlab train --recipe flm-1m-teacher", growth.TeacherLabels)
	case was.Teacher != r.Teacher:
		return refuse("the section teacher is of the whole run")
	case was.Eval != r.Eval:
		return refuse("the section eval is of the whole run")
	case len(r.Stages) <= b.at.Stage:
		return refuse("it was in stage %d of %d", b.at.Stage+1, len(was.Stages))
	}
	for i := range b.at.Stage + 1 {
		x, y := was.Stages[i], r.Stages[i]
		if i == b.at.Stage { // its end is to come
			x.Tokens, x.FLOPs, y.Tokens, y.FLOPs = 0, 0, 0, 0
		}
		if !reflect.DeepEqual(x, y) {
			return refuse("stage %d has begun", i+1)
		}
	}
	for tokens, edits := int64(0), b.journal; ; {
		for ; len(edits) > 0 && edits[0].Tokens == tokens; edits = edits[1:] {
			var err, other error
			was, err = was.Edit(edits[0])
			r, other = r.Edit(edits[0])
			if err = errors.Join(err, other); err != nil {
				return refuse("%v at step %d: %v", edits[0], edits[0].Step, err)
			}
		}
		if tokens == b.at.Tokens {
			return r, nil
		}
		x, y := was.At(tokens), r.At(tokens)
		if x != y {
			return refuse("step %d had learning rate %g, mask %g and stage %d, and would have had %g, %g and %d",
				x.Step+1, x.LR, x.Mask, x.Stage+1, y.LR, y.Mask, y.Stage+1)
		}
		tokens += x.Batch
	}
}

// changed is the event of an edit with which a fork begins.
func changed(e growth.Edit, was, is growth.Recipe) event.Command {
	c := event.Command{Step: e.Step, Tokens: e.Tokens, Verb: control.Set, Detail: e.String()}
	if plan := session.Stages(is.Plan()); !slices.Equal(plan, session.Stages(was.Plan())) {
		c.Plan = plan
	}
	return c
}

// create makes the run file.
func (b *branch) create(file, id, version string) error {
	text, err := b.recipe.TOML()
	if err != nil {
		return err
	}
	m := b.meta
	m.Parent, m.ID, m.Created, m.Version = b.meta.ID, id, time.Time{}, version
	m.Name, m.RecipeName, m.Recipe = b.name(), b.recipe.Name, string(text)
	how := told{Device: b.told.Device, Set: append(slices.Clone(b.told.Set), b.fork.Set...), Fork: &session.Forked{Step: b.at.Step, Tokens: b.at.Tokens}}
	if m.Options, err = json.Marshal(how); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	b.past.Checkpoint.Meta, b.past.Checkpoint.Pinned = b.at.Meta, true
	for i, j := range b.past.Journal {
		if s, ok := j.Event.(event.Start); ok { // who reads it takes it for the fork's
			s.Run, s.Name, s.File = id, m.Name, file
			b.past.Journal[i].Event = s
		}
	}
	for _, n := range b.notes {
		b.past.Journal = append(b.past.Journal, store.Journalled{Time: time.Now(), Event: n})
	}
	return store.Fork(file, m, b.past)
}

// name is what the fork is called.
func (b *branch) name() string {
	switch {
	case b.fork.Name != "":
		return b.fork.Name
	case b.fork.Revert:
		return b.meta.Name + " revert"
	}
	return b.meta.Name + " fork"
}
