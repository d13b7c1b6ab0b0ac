package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"growlab/app/session"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// The plan of preset flm-1m.
var plan = []event.StageInfo{
	{Shape: "3L × 64", Layers: 3, Hidden: 64, Heads: 4, FFN: 256, Params: 166_464, Tokens: 2_452_992, Steps: 1597},
	{
		Shape: "5L × 96", Layers: 5, Hidden: 96, Heads: 6, FFN: 384, Params: 584_640,
		FromTokens: 2_452_992, FromStep: 1597, Tokens: 394_752, Steps: 257, RampTokens: 38_400, Operator: "msg",
	},
	{
		Shape: "5L × 128", Layers: 5, Hidden: 128, Heads: 8, FFN: 512, Params: 1_024_512,
		FromTokens: 2_847_744, FromStep: 1854, Tokens: 264_192, Steps: 172, RampTokens: 26_112, Operator: "msg",
	},
}

const (
	planTokens = 2_452_992 + 394_752 + 264_192
	planSteps  = 1597 + 257 + 172
	batch      = 1536
)

var presets = []session.Preset{
	{
		Name: "flm-1m", Title: "FLM-101B at 1/100,000",
		About:  "Grows 0.16 M to 0.6 M to 1.0 M parameters on the King James Bible, the paper's three stages in two minutes on two cores.",
		Stages: plan, Params: plan[2].Params, Tokens: planTokens, FLOPs: 6.03e12, Estimate: 104 * time.Second, Memory: 156e6,
	},
	{
		Name: "flm-10m", Title: "FLM-101B at 1/10,000",
		About: "The whole claim within an hour: three stages up to ten million parameters on the King James Bible.",
		Stages: []event.StageInfo{
			{Layers: 6, Hidden: 144, Heads: 9, FFN: 576, Params: 1_570_000, Tokens: 24_500_000},
			{Layers: 8, Hidden: 224, Heads: 14, FFN: 896, Params: 4_980_000, Tokens: 3_960_000},
			{Layers: 10, Hidden: 288, Heads: 18, FFN: 1152, Params: 10_100_000, Tokens: 2_650_000},
		},
		Params: 10_100_000, Tokens: 31_100_000, FLOPs: 6e14, Estimate: 58 * time.Minute, Memory: 969e6,
	},
	{
		Name: "flm-101m", Title: "FLM-101B at 1/1,000", About: "Sixteen to a hundred and one million parameters: for a data-centre GPU.",
		Stages: []event.StageInfo{
			{Layers: 8, Hidden: 384, Heads: 6, FFN: 1536, Params: 16_100_000, Tokens: 245_400_000},
			{Layers: 10, Hidden: 640, Heads: 10, FFN: 2560, Params: 51_000_000, Tokens: 39_600_000},
			{Layers: 14, Hidden: 768, Heads: 12, FFN: 3072, Params: 101_000_000, Tokens: 26_500_000},
		},
		Params: 101_000_000, Tokens: 311_500_000, FLOPs: 6e16,
	},
}

// script is the whole life of a run of flm-1m: noise from a fixed sequence, losses like real ones.
func script(name string) []event.Event {
	events := []event.Event{event.Start{
		Run: name, Name: name, Recipe: "flm-1m", File: "/data/growlab/runs/" + name + ".growlab", Device: "cpu · 2 threads · avx2",
		Seed: 1, Stages: plan, Tokens: planTokens, Steps: planSteps,
	}}
	seconds, spent := 0.0, 0.0
	for step := int64(1); step <= planSteps; step++ {
		stage := stageOf(step)
		info := plan[stage-1]
		if step > 1 && step == info.FromStep+1 {
			events = append(events, growthTo(stage), event.Saved{Step: step - 1, Tokens: (step - 1) * batch, Stage: stage, Reason: "transition", Bytes: 12 * info.Params, Seconds: 0.05})
		}
		perS := 60_000 * float64(plan[0].Params) / float64(info.Params) * (1 + 0.04*noise(step+7))
		seconds += batch / perS
		spent += 6 * float64(info.Params) * batch
		tokens := step * batch
		mask := 1.0
		if ramp := float64(info.RampTokens); ramp > 0 {
			mask = min(float64(tokens-info.FromTokens)/ramp, 1)
		}
		loss := lossAt(step)
		events = append(events, event.Step{
			Step: step, Tokens: tokens, Stage: stage, Loss: loss + 0.05*noise(step), LR: 8e-3 * min(1, float64(step)/64),
			GradNorm: 0.4 + 0.1*noise(step+3), Mask: mask, TokensPerSec: perS, FLOPs: spent, Seconds: seconds,
		})
		if step%64 == 0 || step == planSteps {
			events = append(events, event.Eval{
				Step: step, Tokens: tokens, Stage: stage, Loss: loss + 0.02, BitsPerByte: (loss + 0.02) / math.Ln2,
				EvalTokens: 16_384, Final: step == planSteps,
			})
		}
		if step%256 == 0 || step == planSteps {
			events = append(events, event.Sampled{
				Step: step, Tokens: tokens, Stage: stage, Prompt: "And God said", Temperature: 0.8, Text: textAt(step),
			}, event.Saved{Step: step, Tokens: tokens, Stage: stage, Reason: "cadence", Bytes: 12 * info.Params, Seconds: 0.06})
		}
	}
	final := lossAt(planSteps) + 0.02
	return append(events, event.Ended{
		State: session.Done, Step: planSteps, Tokens: planTokens, Loss: final, BitsPerByte: final / math.Ln2,
		FLOPs: spent, Seconds: seconds, TwinFLOPs: 20.5e12, FLOPsSaved: 1 - spent/20.5e12,
	})
}

func growthTo(stage int) event.Grew {
	from, to := plan[stage-2], plan[stage-1]
	loss := lossAt(to.FromStep) + 0.02
	g := event.Grew{
		Step: to.FromStep, Tokens: to.FromTokens, Stage: stage, Operator: "msg", From: from, To: to,
		LossBefore: loss, LossAfter: loss + 1.2e-7, MaxLogitDiff: 3.1e-6, MaxLogit: 14.2,
		MomentsCarried: from.Params, MomentsNew: to.Params - from.Params, RampTokens: to.RampTokens, Preserves: true, Seconds: 0.04,
	}
	if stage == 2 {
		g.NewLayers = []int{3, 4}
	}
	return g
}

func stageOf(step int64) int {
	switch {
	case step > plan[2].FromStep:
		return 3
	case step > plan[1].FromStep:
		return 2
	}
	return 1
}

func lossAt(step int64) float64 {
	t := float64(step)
	l := 1.62 + 3.9*math.Pow(1+t/18, -0.75)
	if step > plan[1].FromStep {
		l -= 0.09 * (1 - math.Exp(-(t-float64(plan[1].FromStep))/90))
	}
	if step > plan[2].FromStep {
		l -= 0.12 * (1 - math.Exp(-(t-float64(plan[2].FromStep))/70))
	}
	return l
}

// noise is a fixed sequence in [-1, 1].
func noise(i int64) float64 {
	x := math.Sin(float64(i)*12.9898) * 43758.5453
	return 2*(x-math.Floor(x)) - 1
}

func textAt(step int64) string {
	switch {
	case step < 300:
		return "e the the hath and of the sor they he shal the me and and thou the them the LORD he ande of wer the the bes,\nand the me"
	case step < 1700:
		return " unto the children of Israel, and the LORD shall be the sonnes of the house of the king, and they said unto him, I will " +
			"make the people of the land.\n14:8 And he said unto them, The LORD thy God shall be with thee"
	}
	return " unto Moses, Go in unto Pharaoh, and say unto him, Thus saith the LORD God of the Hebrews: let my people go, that they may " +
		"serve me in the wilderness.\n9:2 For if thou refuse to let them go, and wilt hold them still, behold, the hand of the LORD is upon thy cattle"
}

// upTo is the part of a life until its given step is done.
func upTo(events []event.Event, step int64) []event.Event {
	for i, e := range events {
		if s, ok := e.(event.Step); ok && s.Step > step {
			return slices.Clone(events[:i])
		}
	}
	return slices.Clone(events)
}

// fakeSessions is a machine of runs that only replays events.
type fakeSessions struct {
	presets []session.Preset

	mu      sync.Mutex
	infos   []session.Info
	listErr error
	fail    error // answer of Start, Resume and Send
	lives   map[string][]event.Event
	watches map[string][]chan []event.Event
	sent    []string // "verb id", "start recipe", "resume id"
}

func newFake(infos ...session.Info) *fakeSessions {
	return &fakeSessions{presets: presets, infos: infos, lives: map[string][]event.Event{}, watches: map[string][]chan []event.Event{}}
}

// withRun adds a run with its past.
func (f *fakeSessions) withRun(state string, past []event.Event) *fakeSessions {
	v := newRunView()
	v.apply(past)
	info := v.update(session.Info{ID: v.start.Run, Name: v.start.Name, Recipe: v.start.Recipe, File: v.start.File, State: session.Running})
	info.State = state
	if state == session.Failed {
		info.Error = "out of memory: the device has 8.0 GB, the plan needs 9.1 GB"
	}
	f.infos = append(f.infos, info)
	f.lives[info.ID] = past
	return f
}

func (f *fakeSessions) Folder() string { return cmp.Or(os.Getenv("GROWLAB_HOME"), os.TempDir()) }

func (f *fakeSessions) Presets() []session.Preset { return f.presets }

func (f *fakeSessions) Runs() ([]session.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.infos), f.listErr
}

func (f *fakeSessions) Start(_ context.Context, l session.Launch) (session.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, "start "+l.Recipe)
	if f.fail != nil {
		return session.Info{}, f.fail
	}
	id := fmt.Sprintf("%s-%d", l.Recipe, len(f.infos)+1)
	info := session.Info{ID: id, Name: id, Recipe: l.Recipe, State: session.Running, PlanTokens: planTokens, Stages: 3}
	f.infos = append([]session.Info{info}, f.infos...)
	return info, nil
}

func (f *fakeSessions) Resume(_ context.Context, id string) (session.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, "resume "+id)
	if f.fail != nil {
		return session.Info{}, f.fail
	}
	for i := range f.infos {
		if f.infos[i].ID == id {
			f.infos[i].State = session.Running
			return f.infos[i], nil
		}
	}
	return session.Info{}, errors.New("no such run")
}

func (f *fakeSessions) Send(_ context.Context, id string, c control.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, c.Verb+" "+id)
	return f.fail
}

func (f *fakeSessions) Watch(ctx context.Context, id string) (<-chan []event.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, out := make(chan []event.Event, 100), make(chan []event.Event)
	past := slices.Clone(f.lives[id])
	live := false
	for _, info := range f.infos {
		live = live || info.ID == id && info.Live()
	}
	if live {
		f.watches[id] = append(f.watches[id], in)
	} else {
		close(in)
	}
	go func() {
		defer close(out)
		for batch, ok := past, true; ok; batch, ok = <-in {
			select {
			case out <- batch:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// happen makes events happen in a live run.
func (f *fakeSessions) happen(id string, events ...event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lives[id] = append(f.lives[id], events...)
	for _, c := range f.watches[id] {
		c <- events
	}
	if len(events) == 0 {
		return
	}
	if e, ok := events[len(events)-1].(event.Ended); ok {
		f.end(id, e.State, e.Error)
	}
}

// end gives a run its state; its watches are closed. The caller holds mu.
func (f *fakeSessions) end(id, state, trouble string) {
	for i := range f.infos {
		if f.infos[i].ID == id {
			f.infos[i].State, f.infos[i].Error = state, trouble
		}
	}
	for _, c := range f.watches[id] {
		close(c)
	}
	delete(f.watches, id)
}

func (f *fakeSessions) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}
