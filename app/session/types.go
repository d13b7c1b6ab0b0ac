package session

import (
	"slices"
	"strings"
	"time"

	"growlab/trainer/event"
)

// Preset is a recipe that comes with the program, with what it would cost on this machine.
type Preset struct {
	Name     string // what --recipe takes: "flm-1m"
	Title    string
	About    string
	Stages   []event.StageInfo
	Params   int64 // of the last stage
	Tokens   int64
	FLOPs    float64
	Estimate time.Duration // 0 if not measured
	Memory   int64         // bytes, of the stage that needs most; 0 if not known
}

// The states of a run.
const (
	Running     = "running"
	Paused      = "paused"
	Done        = "done"
	Stopped     = "stopped"     // on purpose; resumable
	Failed      = "failed"      // Info.Error says why
	Interrupted = "interrupted" // the engine died without saying so; resumable
)

// Info is one line of the list of runs.
type Info struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Recipe  string    `json:"recipe"` // name of the recipe
	File    string    `json:"file"`
	State   string    `json:"state"`
	Created time.Time `json:"created"`

	Step       int64   `json:"step"`
	Steps      int64   `json:"steps"` // planned
	Tokens     int64   `json:"tokens"`
	PlanTokens int64   `json:"plan_tokens"`
	Stage      int     `json:"stage"` // counts from 1
	Stages     int     `json:"stages"`
	Loss       float64 `json:"loss"`     // last training loss; 0 before the first step
	ValLoss    float64 `json:"val_loss"` // last on held-out text; 0 before the first
	Params     int64   `json:"params"`   // of the present stage
	Error      string  `json:"error,omitempty"`
	Lost       string  `json:"lost,omitempty"` // why the machine that the run is on cannot be reached; the rest is as it was before

	Tags   string  `json:"tags,omitempty"`   // words, sorted, a space between
	Parent string  `json:"parent,omitempty"` // id of the run that it was forked from, or replays
	Fork   *Forked `json:"fork,omitempty"`   // where it was forked; nil of any other run
}

// Forked is where the past of a run ends that belongs to its parent.
type Forked struct {
	Step   int64 `json:"step"`
	Tokens int64 `json:"tokens"`
}

// Tagged reports whether the run has a tag.
func (i Info) Tagged(tag string) bool { return slices.Contains(strings.Fields(i.Tags), tag) }

// Live reports whether an engine process works on the run now.
func (i Info) Live() bool { return i.State == Running || i.State == Paused }

// Resumable reports whether Resume can go on with the run.
func (i Info) Resumable() bool {
	return i.State == Stopped || i.State == Interrupted || i.State == Failed
}

// Launch says what to start. Only Recipe is required.
type Launch struct {
	Recipe  string // preset name or path of a TOML file
	Name    string // of the run; "" for the recipe's
	Data    string // file or folder of UTF-8 text; "" for the recipe's
	Device  string // "auto", "cpu", "cuda", "cuda:0,1"; "" is auto
	Threads int    // 0 for all cores
	// Precision of matrix products: "fp32", "bf16" or "auto"; "" is the recipe's.
	Precision string
	Seed      *uint64
	Set       []string // overrides, "section.key=value"
}
