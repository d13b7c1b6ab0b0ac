package trainer

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"growlab/growth"
	"growlab/trainer/compute"
	"growlab/trainer/control"
	"growlab/trainer/event"
	"growlab/trainer/ranks"
)

// party is a run on several ranks of this process.
type party struct {
	sinks []*memory // of each rank
	ends  []event.Ended
	errs  []error
}

// together trains r on size ranks. prepare may change what a rank is given.
func together(t *testing.T, r growth.Recipe, size int, prepare func(rank int, o *Options) context.Context) party {
	t.Helper()
	p := party{make([]*memory, size), make([]event.Ended, size), make([]error, size)}
	var done sync.WaitGroup
	for rank, g := range ranks.Local(size) {
		p.sinks[rank] = &memory{}
		o := Options{Recipe: r, Device: newDevice(), Data: text(t), Sink: p.sinks[rank], Ranks: g}
		ctx := t.Context()
		if prepare != nil {
			ctx = prepare(rank, &o)
		}
		done.Go(func() {
			tr, err := New(o)
			if err != nil {
				g.Fail(err)
				p.errs[rank] = err
				return
			}
			p.ends[rank], p.errs[rank] = tr.Run(ctx)
			tr.Close()
		})
		t.Cleanup(func() {
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	return p
}

// mustEnd fails unless every rank ended in state.
func (p party) mustEnd(t *testing.T, state string) {
	t.Helper()
	for rank, end := range p.ends {
		if p.errs[rank] != nil || end.State != state {
			t.Fatalf("rank %d ended %q: %v; want %q", rank, end.State, p.errs[rank], state)
		}
	}
}

// sameCurve fails unless two runs have the same steps, and losses equal to within the rounding of sums to float32 on their way
// between ranks: 2^-24 of a gradient a step, which a learning rate of 1e-2 and 24 steps do not make more than 1e-6 of the loss.
func sameCurve(t *testing.T, what string, got, want []event.Event) {
	t.Helper()
	a, b := of[event.Step](got), of[event.Step](want)
	if len(a) != len(b) {
		t.Fatalf("%s: %d steps, want %d", what, len(a), len(b))
	}
	for i := range a {
		if math.Abs(a[i].Loss-b[i].Loss) > 1e-6*b[i].Loss || math.Abs(a[i].GradNorm-b[i].GradNorm) > 1e-5*b[i].GradNorm {
			t.Errorf("%s: step %d has loss %v and gradient %v, want %v and %v", what, a[i].Step, a[i].Loss, a[i].GradNorm, b[i].Loss, b[i].GradNorm)
		}
		if a[i].Tokens != b[i].Tokens || a[i].LR != b[i].LR || a[i].Mask != b[i].Mask || a[i].Stage != b[i].Stage {
			t.Errorf("%s: step %+v, want %+v", what, a[i], b[i])
		}
	}
	x, y := of[event.Eval](got), of[event.Eval](want)
	for i := range y {
		if len(x) != len(y) || math.Abs(x[i].Loss-y[i].Loss) > 1e-6*y[i].Loss {
			t.Fatalf("%s: evaluations %+v, want %+v", what, x, y)
		}
	}
}

// TestRanksTrainOneRun: through two growths, several ranks come to the numbers of one, and to the same weights as each other, which
// every checkpoint compares.
func TestRanksTrainOneRun(t *testing.T) {
	var alone memory
	finishRun(t, recipe(t), &alone, nil)
	for _, size := range []int{2, 3, 4} {
		p := together(t, recipe(t), size, nil)
		p.mustEnd(t, "done")
		lead := p.sinks[0]
		sameCurve(t, "rank 0", lead.events, alone.events)
		if got := len(of[event.Grew](lead.events)); got != 2 {
			t.Errorf("%d ranks grew %d times, want 2", size, got)
		}
		blocks, want := of[event.Blocks](lead.events), of[event.Blocks](alone.events)
		for i := range want {
			if len(blocks) != len(want) || math.Abs(blocks[i].Blocks[0].Old.Grad-want[i].Blocks[0].Old.Grad) > 1e-5 {
				t.Fatalf("%d ranks: block norms %+v, want %+v", size, blocks, want)
			}
		}
		if start := of[event.Start](lead.events)[0]; start.Ranks != size {
			t.Errorf("the start tells %d ranks, want %d", start.Ranks, size)
		}
		for rank := 1; rank < size; rank++ {
			if a, b := of[event.Step](p.sinks[rank].events), of[event.Step](lead.events); !reflect.DeepEqual(a, b) {
				t.Errorf("rank %d of %d has other steps than rank 0", rank, size)
			}
			if n := len(of[event.Sampled](p.sinks[rank].events)); n != 0 {
				t.Errorf("rank %d generated %d texts; rank 0 does", rank, n)
			}
			last := len(lead.saved) - 1
			if a, b := p.sinks[rank].saved[last], lead.saved[last]; !reflect.DeepEqual(a.Params, b.Params) || !reflect.DeepEqual(a.V, b.V) {
				t.Errorf("rank %d of %d has other weights than rank 0", rank, size)
			}
		}
	}
}

// asking is a memory whose run is asked for commands after steps.
func asking(m *memory, o *Options, after map[int64]control.Command) *[]string {
	requests := make(chan control.Request, len(after))
	o.Requests = requests
	refusals := new([]string)
	m.hook = func(e event.Event) {
		s, ok := e.(event.Step)
		if c, due := after[s.Step]; ok && due {
			requests <- control.NewRequest(c, func(err error) {
				if err != nil {
					*refusals = append(*refusals, err.Error())
				}
			})
		}
	}
	return refusals
}

// TestCommandsReachAllRanks: what people ask of rank 0 takes effect after the same step everywhere.
func TestCommandsReachAllRanks(t *testing.T) {
	commands := map[int64]control.Command{
		3:  {Verb: control.Set, Key: "batch", Value: "16"},
		6:  {Verb: control.Set, Key: "lr", Value: "0.5x"},
		9:  {Verb: control.Eval},
		10: {Verb: control.Save},
		12: {Verb: control.Grow},
		15: {Verb: control.Set, Key: "batch", Value: "8"}, // one sequence: refused where there are two ranks
	}
	alone := &memory{}
	o := Options{Recipe: recipe(t), Device: newDevice(), Data: text(t), Sink: alone}
	delete(commands, 15)
	asking(alone, &o, commands)
	tr, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	commands[15] = control.Command{Verb: control.Set, Key: "batch", Value: "8"}
	var refusals *[]string
	p := together(t, recipe(t), 2, func(rank int, o *Options) context.Context {
		if rank == 0 {
			refusals = asking(o.Sink.(*memory), o, commands)
		}
		return t.Context()
	})
	p.mustEnd(t, "done")
	sameCurve(t, "two ranks", p.sinks[0].events, alone.events)
	if a, b := len(of[event.Command](p.sinks[1].events)), len(of[event.Command](p.sinks[0].events)); a != b || b != 5 {
		t.Errorf("rank 1 took %d commands and rank 0 %d, want 5", a, b)
	}
	if len(*refusals) != 1 || !strings.Contains((*refusals)[0], "a batch of 1 sequences cannot be shared by 2 ranks") {
		t.Errorf("refusals are %q", *refusals)
	}
}

// TestAnyRankStopsAll: a signal on one machine stops the run after the same step on all, with a checkpoint that goes on with any number
// of ranks.
func TestAnyRankStopsAll(t *testing.T) {
	for stopper := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		p := together(t, recipe(t), 2, func(rank int, o *Options) context.Context {
			if rank != stopper {
				return t.Context()
			}
			o.Sink.(*memory).hook = func(e event.Event) {
				if s, ok := e.(event.Step); ok && s.Step == 14 { // in the second stage, mid-ramp
					cancel()
				}
			}
			return ctx
		})
		p.mustEnd(t, "stopped")
		at := p.ends[0].Step
		if p.ends[1].Step != at || at < 14 || at >= 24 {
			t.Fatalf("rank %d was stopped at step 14: the ranks ended at steps %d and %d", stopper, at, p.ends[1].Step)
		}
		from := p.sinks[0].saved[len(p.sinks[0].saved)-1]
		if from.Step != at {
			t.Fatalf("the last checkpoint is of step %d, want %d", from.Step, at)
		}
		var alone memory
		finishRun(t, recipe(t), &alone, nil)
		rest := together(t, recipe(t), 4, func(_ int, o *Options) context.Context {
			o.Resume = &from
			return t.Context()
		})
		rest.mustEnd(t, "done")
		whole := append(of[event.Step](p.sinks[0].events), of[event.Step](rest.sinks[0].events)...)
		for i, want := range of[event.Step](alone.events) {
			if math.Abs(whole[i].Loss-want.Loss) > 1e-6*want.Loss {
				t.Errorf("stopped with 2 and resumed with 4 ranks: step %d has loss %v, want %v", i+1, whole[i].Loss, want.Loss)
			}
		}
	}
}

// faulty is a device on which something happens at an update.
type faulty struct {
	compute.Device
	updates *int
	at      int
	broken  error
	wrong   bool // computes another number instead
}

func (f faulty) AdamW(p, g, m, v compute.Vec, spans []compute.Span, a compute.Adam) {
	f.Device.AdamW(p, g, m, v, spans, a)
	if *f.updates++; *f.updates == f.at && f.wrong {
		one := make([]float32, 1)
		f.Download(one, p.At(7, 1))
		f.Upload(p.At(7, 1), []float32{one[0] + 1e-3})
	}
}

func (f faulty) Sync() error {
	if *f.updates >= f.at && f.broken != nil {
		return f.broken
	}
	return f.Device.Sync()
}

// TestFaultOfARank: all ranks end, and say which one is the reason.
func TestFaultOfARank(t *testing.T) {
	lost := errors.New("the GPU is lost")
	for name, row := range map[string]struct {
		fault faulty
		want  string
	}{
		"its device breaks":    {faulty{at: 5, broken: lost}, "the GPU is lost"},
		"it computes wrongly":  {faulty{at: 5, wrong: true}, "the network after step 6 is not that of rank 0"},
		"it is not even ready": {faulty{}, "cannot be shared by 5 ranks"},
	} {
		size := 3
		if row.fault == (faulty{}) {
			size = 5 // for 4 sequences
		}
		p := together(t, recipe(t), size, func(rank int, o *Options) context.Context {
			if rank == 1 && row.fault != (faulty{}) {
				f := row.fault
				f.Device, f.updates = o.Device, new(int)
				o.Device = f
			}
			return t.Context()
		})
		for rank, err := range p.errs {
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: rank %d got %v, want %q", name, rank, err, row.want)
			}
			if rank != 1 && size == 3 && !strings.Contains(err.Error(), "rank 1 on") {
				t.Errorf("%s: rank %d got %v, which does not name rank 1", name, rank, err)
			}
		}
		if end := p.ends[0]; size == 3 && (end.State != "failed" || !strings.Contains(end.Error, row.want)) {
			t.Errorf("%s: the run ended %q: %s", name, end.State, end.Error)
		}
	}
}
