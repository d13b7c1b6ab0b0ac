package growth

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Edit is a change of a recipe's course in a run that trains, dated by when it was made. A run's journal is the list of its
// edits, in order; it is kept with every checkpoint. Where the run stands is then again a pure function, of recipe, journal and
// tokens.
type Edit struct {
	Step   int64  `json:"step"`
	Tokens int64  `json:"tokens"`
	Key    string `json:"key"`             // one of Settable, or EditEnd, EditPostpone, EditExtend
	Value  string `json:"value,omitempty"` // as a person writes it
}

// The edits that move the end of a stage; the others, Settable, change a setting.
const (
	EditEnd      = "end"      // the present stage ends here, by a growth; no value
	EditPostpone = "postpone" // the present stage ends so many tokens later
	EditExtend   = "extend"   // the last stage, and so the run, ends so many tokens later
)

// String is how a person asks for e.
func (e Edit) String() string {
	switch e.Key {
	case EditEnd:
		return "grow"
	case EditPostpone, EditExtend:
		return e.Key + " " + e.Value
	}
	return e.Key + "=" + e.Value
}

// mark is where in a stage the last edit was made that bends its course: from there on, lengths are those of the recipe as
// edited, and what fades or decays goes on from where it was. The zero mark is the beginning of the stage.
type mark struct {
	tokens, steps   int64   // of the stage until then
	decayed, ramped float64 // the parts of the ways of learning rate and mask that lay behind
}

// moment is when an edit is made: what the recipe until then says of it.
type moment struct {
	Position
	tokens, in, left int64 // of the run; of the stage until now, and until it ends
}

// edits change a recipe whose stages are a copy of its own, or say in one sentence why that cannot be.
var edits = map[string]func(r *Recipe, now moment, value string) error{
	"lr":               (*Recipe).editLR,
	"weight_decay":     (*Recipe).editWeightDecay,
	"clip":             (*Recipe).editClip,
	"batch":            (*Recipe).editBatch,
	"ramp":             (*Recipe).editRamp,
	"eval.every":       (*Recipe).editEval,
	"sample.every":     cadence(func(r *Recipe) *Tokens { return &r.Sample.Every }),
	"checkpoint.every": cadence(func(r *Recipe) *Tokens { return &r.Checkpoint.Every }),
	EditEnd:            (*Recipe).editEnd,
	EditPostpone:       (*Recipe).editPostpone,
	EditExtend:         (*Recipe).editExtend,
}

// Settable lists the keys of edits that change a setting, sorted.
func Settable() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(edits)), func(key string) bool {
		return key == EditEnd || key == EditPostpone || key == EditExtend
	})
}

// Edit is r as it is from e on, r itself unchanged; the error is one sentence on why e cannot be. It says nothing about the time
// before e. Learning rate and mask do not jump, but where e names their value.
func (r Recipe) Edit(e Edit) (Recipe, error) {
	change, ok := edits[e.Key]
	if !ok {
		return r, fmt.Errorf("a live run cannot change %q; it can change %s", e.Key, strings.Join(Settable(), ", "))
	}
	now := moment{Position: r.At(e.Tokens), tokens: e.Tokens}
	if now.Done {
		return r, fmt.Errorf("the run has taken the last of its %d steps; nothing is left to change", now.Step)
	}
	now.in = e.Tokens - now.Begin
	now.left = r.length(now.Stage) - now.in
	out := r
	out.Stages = slices.Clone(r.Stages)
	if err := change(&out, now, e.Value); err != nil {
		return r, err
	}
	return out, nil
}

// Edited is r after all edits of a journal. The error names the one that does not fit r.
func (r Recipe) Edited(journal []Edit) (Recipe, error) {
	for _, e := range journal {
		next, err := r.Edit(e)
		if err != nil {
			return r, fmt.Errorf("%v at step %d: %w", e, e.Step, err)
		}
		r = next
	}
	return r, nil
}

// bend marks the present moment, so that what is behind stays as it was.
func (r *Recipe) bend(now moment) {
	i := now.Stage
	done := r.done(i, now.in)
	r.Stages[i].since = mark{tokens: now.in, steps: done, decayed: r.decayed(i, done), ramped: r.ramped(i, now.in)}
}

// number reads a value of key within [lo, hi].
func number(key, value string, lo, hi float64, wanting string) (float64, error) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || !(x >= lo && x <= hi) {
		return 0, fmt.Errorf("%s is %q; it must be %s", key, value, wanting)
	}
	return x, nil
}

// editLR sets the peak, so that the schedule goes on scaled: to a number, or to a multiple of what it is ("0.5x").
func (r *Recipe) editLR(_ moment, value string) error {
	const wanting = `a peak rate above 0 and at most 10, or a multiple of the present one, such as "0.5x"`
	factor, relative := strings.CutSuffix(value, "x")
	x, err := number("lr", factor, 0, math.MaxFloat64, wanting)
	if err != nil {
		return fmt.Errorf("lr is %q; it must be %s", value, wanting)
	}
	if relative {
		x *= r.Train.LR
	}
	if !(x >= 1e-12 && x <= 10) {
		return fmt.Errorf("lr is %q, a peak rate of %g; it must be %s", value, x, wanting)
	}
	r.Train.LR = x
	return nil
}

func (r *Recipe) editWeightDecay(_ moment, value string) (err error) {
	r.Train.WeightDecay, err = number("weight_decay", value, 0, 1e3, "between 0 and 1000")
	return err
}

func (r *Recipe) editClip(_ moment, value string) (err error) {
	r.Train.Clip, err = number("clip", value, 0, math.MaxFloat64, "the largest gradient norm, or 0 for none")
	return err
}

// editBatch sets the tokens of one step of this stage and all later ones. Not more sequences than planned are in memory at once:
// a larger batch is more of them one after the other.
func (r *Recipe) editBatch(now moment, value string) error {
	n, err := ParseTokens(value)
	c := r.Config(now.Stage).Context
	switch {
	case err != nil:
		return fmt.Errorf("batch is %w", err)
	case n < 1 || int64(n)%int64(c) != 0:
		return fmt.Errorf("batch is %d tokens; it must be a multiple of context %d", n, c)
	case r.Teacher.On() && !r.Teacher.leavesText(int64(n)/int64(c)):
		return fmt.Errorf("batch is %d tokens, %d sequences, of which teacher.share, %v, may leave none of text", n, int64(n)/int64(c), r.Teacher.Share)
	case int64(n) > now.left:
		return fmt.Errorf("batch is %d tokens; stage %d has only %d left", n, now.Stage+1, now.left)
	}
	r.bend(now)
	for i := now.Stage; i < len(r.Stages); i++ {
		if budget := r.budget(i); int64(n) > budget {
			return fmt.Errorf("batch is %d tokens; stage %d has only %d", n, i+1, budget)
		}
		if s := &r.Stages[i]; s.micro == 0 {
			s.micro = r.MicroBatch(i)
		}
		r.Stages[i].Batch = n
	}
	return nil
}

// editRamp sets the tokens over which the running ramp goes the rest of its way.
func (r *Recipe) editRamp(now moment, value string) error {
	n, err := ParseTokens(value)
	switch {
	case err != nil:
		return fmt.Errorf("ramp is %w", err)
	case now.Mask >= 1:
		return fmt.Errorf("no growth is being faded in at step %d, so there is no ramp to change", now.Step)
	case n < 0 || int64(n) > now.left:
		return fmt.Errorf("ramp is %d tokens; it must lie between 0 and the %d that are left of stage %d", n, now.left, now.Stage+1)
	}
	r.bend(now)
	r.Stages[now.Stage].Ramp = Tokens(now.in) + n
	return nil
}

// cadence edits how often something is done that changes no weights.
func cadence(of func(*Recipe) *Tokens) func(*Recipe, moment, string) error {
	return func(r *Recipe, _ moment, value string) error {
		n, err := ParseTokens(value)
		if err != nil {
			return err
		}
		if n < 0 || n > 1<<60 {
			return fmt.Errorf("%d is not a cadence; it must be a number of tokens, or 0 for never", n)
		}
		*of(r) = n
		return nil
	}
}

func (r *Recipe) editEval(now moment, value string) error {
	if err := cadence(func(r *Recipe) *Tokens { return &r.Eval.Every })(r, now, value); err != nil {
		return err
	}
	for i := now.Stage; i < len(r.Stages) && r.Eval.Every == 0; i++ {
		if n := r.Stages[i].Plateau; n > 0 {
			return fmt.Errorf("stage %d ends by a plateau of %d evaluations, so eval.every cannot be 0, which is never", i+1, n)
		}
	}
	return nil
}

// editEnd ends the present stage.
func (r *Recipe) editEnd(now moment, _ string) error {
	switch last := len(r.Stages); {
	case now.Stage >= last-1:
		return fmt.Errorf("the run is in the last of its %d stages; there is nothing to grow into", last)
	case now.in == 0:
		return fmt.Errorf("stage %d has just begun, at step %d; let it take a step", now.Stage+1, now.Step)
	case now.Mask < 1:
		rest, batch := r.ramp(now.Stage)-now.in, now.Batch
		return fmt.Errorf("the last growth is still being faded in, m is %.2f; growing waits until step %d", now.Mask, now.Step+(rest+batch-1)/batch)
	}
	s := &r.Stages[now.Stage]
	s.Tokens, s.FLOPs = Tokens(now.in), 0
	return nil
}

func (r *Recipe) editPostpone(now moment, value string) error {
	if last := len(r.Stages); now.Stage == last-1 {
		return fmt.Errorf("the run is in the last of its %d stages; no growth is left to postpone, but extend gives it more tokens", last)
	}
	return r.lengthen(EditPostpone, now.Stage, now, value)
}

func (r *Recipe) editExtend(now moment, value string) error {
	return r.lengthen(EditExtend, len(r.Stages)-1, now, value)
}

// lengthen gives stage i more tokens. The learning rate goes the rest of its way over what is then left.
func (r *Recipe) lengthen(key string, i int, now moment, value string) error {
	n, err := ParseTokens(value)
	switch batch := r.batch(i); {
	case err != nil:
		return fmt.Errorf("%s by %w", key, err)
	case int64(n) < batch:
		return fmt.Errorf("%s by %d tokens is less than a step of stage %d, which has %d", key, n, i+1, batch)
	case int64(n) > 1<<60-r.TotalTokens():
		return fmt.Errorf("%s by %d tokens is too much; a run has at most 2^60", key, n)
	}
	r.bend(now)
	s := &r.Stages[i]
	s.Tokens, s.FLOPs = Tokens(r.budget(i))+n, 0
	return nil
}
