package trainer

import (
	"time"

	"growlab/growth"
	"growlab/trainer/event"
)

// progress is what a run has done so far, besides its weights. It is saved with every checkpoint.
type progress struct {
	AdamSteps int64             `json:"adam_steps"`
	FLOPs     float64           `json:"flops"`
	Seconds   float64           `json:"seconds"` // active
	Joules    float64           `json:"joules,omitempty"`
	Costs     []event.StageCost `json:"costs"`
	Loss      float64           `json:"loss"` // of the last step
	// Edits is the journal: what people changed, and stages that ended early.
	Edits []growth.Edit `json:"edits,omitempty"`
	// Ends was the journal of older runs: the tokens of each stage, 0 for one that ended as planned. It is read into Edits.
	Ends []int64 `json:"ends,omitempty"`
	// Evals are the losses of the present stage's evaluations at full mask.
	Evals []float64 `json:"evals,omitempty"`
	// Final is the last evaluation of a run that is done.
	Final *event.Eval `json:"final,omitempty"`
}

// adopt turns Ends, of a run of r, into Edits.
func (p *progress) adopt(r growth.Recipe) error {
	for i, n := range p.Ends {
		if n == 0 || i >= len(r.Stages) {
			continue
		}
		s := r.Plan().Stages[i]
		e := growth.Edit{Step: s.BeginStep + n/s.Batch, Tokens: s.Begin + n, Key: growth.EditEnd}
		next, err := r.Edit(e)
		if err != nil {
			return err
		}
		r, p.Edits = next, append(p.Edits, e)
	}
	p.Ends = nil
	return nil
}

// Meter measures the devices of a run beside its training.
type Meter interface {
	// Take returns what was measured last, nil if that was taken already.
	Take() []event.GPU
	// Joules is the energy that the devices have taken since the meter was opened.
	Joules() float64
}

// stopwatch measures active time, and the energy that went with it.
type stopwatch struct {
	last   time.Time
	meter  Meter // nil: there is none
	joules float64
}

// lap is what came between two looks at a stopwatch.
type lap struct{ seconds, joules float64 }

func (w *stopwatch) start() { w.lap() }

// lap is the time and the energy since start or the last lap.
func (w *stopwatch) lap() lap {
	now := time.Now()
	l := lap{seconds: now.Sub(w.last).Seconds()}
	w.last = now
	if w.meter != nil {
		joules := w.meter.Joules()
		l.joules = joules - w.joules
		w.joules = joules
	}
	return l
}

// account books one step.
func (t *Trainer) account(pos growth.Position, loss float64) {
	flops := growth.FLOPsPerToken(t.plan.Stages[pos.Stage].Config) * float64(pos.Batch)
	p := &t.progress
	p.FLOPs += flops
	p.Loss = loss
	c := &p.Costs[pos.Stage]
	c.Tokens += pos.Batch
	c.FLOPs += flops
	p.pass(pos.Stage, t.clock.lap())
}

// pass books time and energy to a stage.
func (p *progress) pass(stage int, l lap) {
	c := &p.Costs[stage]
	c.Seconds += l.seconds
	c.Joules += l.joules
	p.Seconds += l.seconds
	p.Joules += l.joules
}

// weighing is the last look at the memory of the process.
type weighing struct {
	reserved int64     // bytes set aside for the network of this stage
	at       time.Time // zero before the first look
}

// weighEvery is between two looks.
const weighEvery = 10 * time.Second

// weigh reports the memory of the process: at once in a new stage, then now and then.
func (t *Trainer) weigh() {
	if t.Memory == nil || time.Since(t.weighed.at) < weighEvery {
		return
	}
	t.weighed.at = time.Now()
	if bytes := t.Memory(); bytes > 0 {
		t.Sink.Emit(event.Memory{Step: t.steps(), Tokens: t.tokens, Process: bytes, Reserved: t.weighed.reserved})
	}
}

// measured reports what the meter has, if that is new.
func (t *Trainer) measured() {
	t.weigh()
	if t.Meter == nil {
		return
	}
	if gpus := t.Meter.Take(); len(gpus) > 0 {
		t.Sink.Emit(event.GPUs{Step: t.steps(), Tokens: t.tokens, GPUs: gpus, Joules: t.progress.Joules})
	}
}

// spend books active time outside steps (evaluation, samples, growth) to the current stage.
func (t *Trainer) spend() {
	t.progress.pass(t.stage, t.clock.lap())
}

func (t *Trainer) steps() int64 { return t.Recipe.At(t.tokens).Step }

func (t *Trainer) startEvent() event.Start {
	s := t.Start
	s.Recipe, s.Device, s.Seed = t.Recipe.Name, t.Device.Name(), t.Recipe.Train.Seed
	s.Precision = t.Device.Precision().String()
	if n := t.Ranks.Size(); n > 1 {
		s.Ranks = n
	}
	s.Tokens, s.Steps, s.Resumed = t.plan.Tokens, t.plan.Steps, t.steps()
	s.Stages = t.stageInfos()
	return s
}

func (t *Trainer) stageInfos() []event.StageInfo {
	var all []event.StageInfo
	for _, p := range t.plan.Stages {
		all = append(all, StageInfo(p))
	}
	return all
}

// StageInfo is p as events show it.
func StageInfo(p growth.StagePlan) event.StageInfo {
	return event.StageInfo{
		Shape: p.Config.String(), Layers: p.Config.Layers, Hidden: p.Config.Hidden, Heads: p.Config.Heads, FFN: p.Config.FFN,
		Params: p.Params, FromTokens: p.Begin, Tokens: p.Tokens, FromStep: p.BeginStep, Steps: p.Steps,
		RampTokens: p.Ramp, RampOrder: p.RampOrder, Operator: p.Operator,
	}
}

func (t *Trainer) endEvent(state string) event.Ended {
	p := t.progress
	e := event.Ended{
		State: state, Step: t.steps(), Tokens: t.tokens, Loss: p.Loss, FLOPs: p.FLOPs, Seconds: p.Seconds, Joules: p.Joules, Stages: p.Costs,
		TwinFLOPs: growth.FLOPsPerToken(t.Recipe.Final()) * float64(t.tokens),
	}
	if p.Final != nil {
		e.Loss = p.Final.Loss
	}
	e.BitsPerByte = event.BitsPerByte(e.Loss)
	if e.TwinFLOPs > 0 {
		e.FLOPsSaved = 1 - e.FLOPs/e.TwinFLOPs
	}
	return e
}
