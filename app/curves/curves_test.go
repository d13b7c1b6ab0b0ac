package curves

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"growlab/app/chart"
	"growlab/trainer/event"
)

// life is a run of two stages, 200 steps each, with an evaluation every 50 steps.
func life(id string, seed uint64) []event.Event {
	rng := rand.New(rand.NewPCG(seed, 1))
	stages := []event.StageInfo{
		{Shape: "2L × 32", Layers: 2, Hidden: 32, Heads: 2, FFN: 64, Params: 30_000, Tokens: 200 * 64, Steps: 200},
		{Shape: "4L × 64", Layers: 4, Hidden: 64, Heads: 4, FFN: 128, Params: 220_000, FromTokens: 200 * 64, FromStep: 200, Tokens: 200 * 64, Steps: 200, Operator: "msg", RampTokens: 640},
	}
	events := []event.Event{event.Start{Run: id, Name: id, Stages: stages, Steps: 400, Tokens: 400 * 64}}
	for step := int64(1); step <= 400; step++ {
		stage := 1 + int(step-1)/200
		if step == 201 {
			events = append(events, event.Grew{Step: 200, Tokens: 200 * 64, Stage: 2, Operator: "msg", From: stages[0], To: stages[1], LossBefore: 2.5, LossAfter: 2.5, MaxLogit: 8, RampTokens: 640, Preserves: true})
		}
		events = append(events, stepAt(step, stage, 2+3/math.Sqrt(float64(step))+0.01*rng.NormFloat64()))
		if step%50 == 0 {
			events = append(events, event.Eval{Step: step, Tokens: step * 64, Loss: 2.1 + 3/math.Sqrt(float64(step))})
		}
	}
	return events
}

func stepAt(step int64, stage int, loss float64) event.Step {
	return event.Step{
		Step: step, Tokens: step * 64, Stage: stage, Loss: loss, LR: 1e-3, GradNorm: 0.5, Mask: 1, TokensPerSec: 640,
		FLOPs: 1e6 * float64(step), Seconds: 0.1 * float64(step),
	}
}

func runOf(id string, seed uint64) *Run {
	r := NewRun(id, id)
	r.Apply(life(id, seed))
	return r
}

func TestRunGathersEveryMetric(t *testing.T) {
	r := runOf("a", 1)
	for _, m := range Metrics() {
		want := 400
		if m == Memory {
			want = 0
		}
		if got := r.Series(m).Len(); got != want || r.Has(m) != (want > 0) {
			t.Errorf("%v: %d points, want %d", m, got, want)
		}
	}
	if got := r.Validation().Len(); got != 8 {
		t.Errorf("%d evaluations, want 8", got)
	}
	if got, want := r.Series(Speed).At(9), (chart.Point{Pos: chart.Pos{Step: 10, Tokens: 640, FLOPs: 1e7, Seconds: 1, Wall: 1}, Y: 640}); got != want {
		t.Errorf("tenth point %v, want %v", got, want)
	}
	used := int64(3e9)
	r.Apply([]event.Event{event.GPUs{Step: 100}, event.GPUs{Step: 200, GPUs: []event.GPU{{MemoryUsed: &used}, {}, {MemoryUsed: &used}}}})
	if s := r.Series(Memory); s.Len() != 1 || s.At(0).Tokens != 12800 || s.At(0).Y != 6 {
		t.Errorf("memory: %d points, want 6 GB at 12,800 tokens alone", s.Len())
	}
}

// A run on a processor shows what its process holds, and what of that is set aside for the network.
func TestMemoryOfTheProcess(t *testing.T) {
	r := runOf("a", 1)
	r.Apply([]event.Event{event.Memory{Step: 100, Process: 2e9, Reserved: 5e8}, event.Memory{Step: 300, Process: 3e9, Reserved: 1e9}})
	if s := r.Series(Memory); s.Len() != 2 || s.At(1).Y != 3 || s.At(1).Tokens != 19200 {
		t.Errorf("memory: %d points, the last %v; want 3 GB at 19,200 tokens last", s.Len(), s.At(s.Len()-1))
	}
	lines := Board{Shown: []Shown{{Run: r}}}.Lines(Memory)
	if len(lines) != 2 || lines[1].Series.At(0).Y != 0.5 || !lines[1].Dashed || lines[0].Dashed {
		t.Errorf("lines %+v, want the memory and, dashed, what is reserved", lines)
	}
	b := Board{Shown: []Shown{{Run: r}}, View: View{Axis: chart.Tokens}}
	loss, _, _ := b.Figure(Loss).Fit()
	if x, _, _ := b.Figure(Memory).Fit(); x != loss {
		t.Errorf("the chart of memory shows x %v, want what that of the loss shows, %v", x, loss)
	}
	r.Apply([]event.Event{event.Start{Resumed: 200}})
	if got := r.Series(Memory).Len() + r.Reserved().Len(); got != 2 {
		t.Errorf("%d points after the run went back to step 200, want one of each", got)
	}
}

// A run that went back to a checkpoint keeps what it gave up, apart.
func TestGoingBackKeepsWhatWasGivenUp(t *testing.T) {
	events := life("a", 1)
	r := NewRun("a", "a")
	r.Apply(events)
	changes := r.Changes
	start := events[0].(event.Start)
	start.Resumed = 150
	r.Apply([]event.Event{start, stepAt(151, 1, 9)})
	loss := r.Series(Loss)
	if loss.Len() != 151 || loss.At(150).Y != 9 || r.Validation().Len() != 3 || len(r.Grews) != 0 || r.Changes == changes {
		t.Errorf("%d steps, %d evaluations, %d growths; want 151, 3 and none", loss.Len(), r.Validation().Len(), len(r.Grews))
	}
	if o := r.Orphans(); len(o) != 1 || o[0].Len() != 250 || o[0].At(0).Step != 151 {
		t.Fatalf("given up: %v, want 250 points from step 151 on", o)
	}
	notes := r.Notes()
	if last := notes[len(notes)-1]; r.Story(last).Title != "resumed" || last.Step != 150 {
		t.Errorf("the last note is %+v, want that it was resumed at 150", last)
	}
	lines := Board{Shown: []Shown{{Run: r}}}.Lines(Loss)
	if last := lines[len(lines)-1]; !last.Muted || last.Series != r.Orphans()[0] {
		t.Errorf("the last line is %+v, want the given up one, muted", last)
	}
	fresh := NewRun("b", "b")
	fresh.AddOrphan([]event.Step{stepAt(5, 1, 3), stepAt(6, 1, 2)})
	if len(fresh.Orphans()) != 1 || fresh.Orphans()[0].At(1).Y != 2 {
		t.Error("what a file kept is not shown")
	}
}

// Wall time runs with active time between the moments that are known, and stands out by the length of a pause.
func TestWallTime(t *testing.T) {
	t0 := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }
	r := NewRun("a", "a")
	r.Times = []time.Time{at(0), at(2), at(2), at(62)}
	steps := func(from, to int64) (all []event.Event) {
		for s := from; s <= to; s++ {
			all = append(all, stepAt(s, 1, 2))
		}
		return all
	}
	var events []event.Event
	events = append(events, event.Start{Stages: []event.StageInfo{{}}})
	events = append(events, steps(1, 10)...) // one active second in two
	events = append(events, event.Eval{Step: 10}, event.Paused{Step: 10}, event.Resumed{Step: 10})
	events = append(events, steps(11, 20)...)
	r.Apply(events)
	for _, row := range []struct {
		step int
		want float64
	}{{5, 1}, {10, 2}, {11, 62.1}, {20, 63}} {
		if got := r.Series(Loss).At(row.step - 1).Wall; math.Abs(got-row.want) > 1e-9 {
			t.Errorf("step %d at %g s, want %g s", row.step, got, row.want)
		}
	}
	r.Now = func() time.Time { return at(100) }
	r.Apply([]event.Event{event.Eval{Step: 20}})
	r.Apply(steps(21, 21))
	if got := r.Series(Loss).At(20).Wall; math.Abs(got-100.1) > 1e-9 {
		t.Errorf("after a live moment at 100 s: %g s, want 100.1 s", got)
	}
	unknown := NewRun("b", "b")
	unknown.Apply(events)
	if got := unknown.Series(Loss).At(9).Wall; got != unknown.Series(Loss).At(9).Seconds {
		t.Errorf("without times wall time is %g, want the active time", got)
	}
}

func TestSpikes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	noise := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = 3 + 0.05*rng.NormFloat64()
		}
		return v
	}
	with := func(n int, spikes map[int]float64) []float64 {
		v := noise(n)
		for i, y := range spikes {
			v[i] = y
		}
		return v
	}
	falling := noise(2000)
	for i := range falling {
		falling[i] += 40 / (1 + float64(i)/20)
	}
	for name, row := range map[string]struct {
		values []float64
		want   []int
	}{
		"noise":                {noise(100_000), nil},
		"one":                  {with(1000, map[int]float64{500: 5}), []int{500}},
		"close ones are one":   {with(1000, map[int]float64{500: 5, 503: 9, 510: 6}), []int{503}},
		"far ones are two":     {with(1000, map[int]float64{500: 5, 700: 5}), []int{500, 700}},
		"not a number":         {with(1000, map[int]float64{600: math.NaN()}), []int{600}},
		"infinite":             {with(1000, map[int]float64{600: math.Inf(1), 601: 9}), []int{600}},
		"before the window":    {with(1000, map[int]float64{50: 9}), nil},
		"downwards":            {with(1000, map[int]float64{500: 1}), nil},
		"falling":              {falling, nil},
		"level, then a step":   {append(slices.Repeat([]float64{2}, 200), 2.5, 2.5), []int{200}},
		"nothing":              {nil, nil},
		"large offset, spikes": {with(1000, map[int]float64{900: 3.6}), []int{900}},
	} {
		if got := Spikes(row.values, SpikeWindow, SpikeLevel); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", name, got, row.want)
		}
	}
}

// Sums are kept over millions of values: a spike of the same height is found at the end as at the beginning.
func TestSpikesDoNotDrift(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	v := make([]float64, 300_000)
	for i := range v {
		v[i] = 1e6 + rng.NormFloat64()
	}
	v[1000], v[299_000] = 1e6+12, 1e6+12
	if got, want := Spikes(v, SpikeWindow, 8), []int{1000, 299_000}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRunMarksSpikesTransitionsAndTweaks(t *testing.T) {
	events := life("a", 1)
	high := events[300].(event.Step)
	high.Loss = 8
	events[300] = high
	events = append(events, event.Command{Step: 400, Verb: "set", Detail: "lr=0.5x"}, event.Command{Step: 400, Verb: "save"},
		event.Saved{Step: 400, Reason: "edit", Bytes: 2e6}, event.Command{Step: 400, Verb: "trim"})
	r := NewRun("a", "a")
	r.Apply(events)
	var got []string
	for _, n := range r.Notes() {
		s := r.Story(n)
		got = append(got, s.Title)
		if s.What == "" || s.Why == "" || strings.ContainsAny(s.What+s.Why, "\n") {
			t.Errorf("%s: what %q, why %q; want a line each", s.Title, s.What, s.Why)
		}
	}
	want := []string{"stage 1 begins", "growth to stage 2", "loss spike", "set lr=0.5x", "checkpoint"}
	if !slices.Equal(got, want) {
		t.Errorf("notes %q, want %q", got, want)
	}
	m := Board{Shown: []Shown{{Run: r}}}.Markers()
	if len(m) != 5 || m[1].Label != "S2 · 4L × 64 · 220k" || m[1].At.Tokens != 200*64 || m[2].Kind != chart.Spike {
		t.Errorf("markers %+v", m)
	}
}

func TestStoriesFollowTheFacts(t *testing.T) {
	g := event.Grew{Stage: 2, Operator: "stack", MaxLogit: 9, MaxLogitDiff: 3}
	for _, row := range []struct {
		event event.Event
		kind  chart.MarkerKind
		want  string
	}{
		{g, chart.StageStart, "does not promise"},
		{event.Grew{Preserves: true, MaxLogit: 9, MaxLogitDiff: 3}, chart.StageStart, "more than rounding"},
		{event.Grew{Preserves: true, MaxLogit: 9, RampTokens: 9000}, chart.StageStart, "9.00k tokens"},
		{event.Paused{Reason: "the disk is full"}, chart.Paused, "The run waited: the disk is full."},
		{event.Command{Verb: "extend", Detail: "96 tokens"}, chart.Tweak, "longer by 96 tokens"},
		{event.Command{Verb: "set", Detail: "clip=0.5"}, chart.Tweak, "clip=0.5"},
	} {
		s := new(Run).Story(Note{Kind: row.kind, Event: row.event})
		if text := s.What + " " + s.Why; !strings.Contains(text, row.want) {
			t.Errorf("%+v: %q, want %q in it", row.event, text, row.want)
		}
	}
	for operator, want := range map[string]string{"msg": "2305.02869", "stack": "2405.15319", "of another version": "section 2.3"} {
		if got := growthStory(event.Grew{Operator: operator}).Source; !strings.Contains(got, want) || !strings.Contains(got, "section 2.3") {
			t.Errorf("%s comes from %q, want %s in it, and the section of FLM-101B", operator, got, want)
		}
	}
	if s := spikeStory(Note{Z: math.Inf(1)}, event.Step{Loss: math.NaN()}); s.Title != "loss is no number" {
		t.Errorf("a loss that is no number: %+v", s)
	}
}

func TestBoardAlignsRunsAtAGrowth(t *testing.T) {
	a, b, never := runOf("a", 1), runOf("b", 2), NewRun("c", "c")
	never.Apply(life("c", 3)[:100])
	board := Board{Shown: []Shown{{a, 0}, {b, 3}, {never, 5}}, Metrics: []Metric{Loss, Mask}, Align: 2}
	f := board.Figure(Loss)
	if x, _, _ := f.Fit(); x.Lo != -199 || x.Hi != 200 {
		t.Errorf("x %v, want -199 to 200", x)
	}
	var names []string
	for _, l := range f.Lines {
		names = append(names, l.Label())
	}
	if want := []string{"a", "a · validation", "b", "b · validation"}; !slices.Equal(names, want) {
		t.Errorf("lines %q, want %q: the third run never grew", names, want)
	}
	if f.Lines[2].Color != 3 || f.Lines[3].Color != 3 || f.XName != "steps since stage 2 began" {
		t.Errorf("colours %d and %d, axis %q", f.Lines[2].Color, f.Lines[3].Color, f.XName)
	}
	if m := f.Markers[1]; m.At.Step != 0 || m.At.Tokens != 0 {
		t.Errorf("the growth is at %v, want at 0", m.At)
	}
	if got := board.Stages(); !slices.Equal(got, []int{2}) {
		t.Errorf("can be aligned at %v, want 2", got)
	}
	s := board.Stack()
	if len(s.Figures) != 2 || s.Figures[0].Slim || !s.Figures[1].Slim || s.Figures[1].Smooth != 0 {
		t.Error("the stack is not the loss in full and the mask slim")
	}
}

func TestRunsOfOneNameAreToldApart(t *testing.T) {
	a, b := runOf("flm-abcd1111", 1), runOf("flm-abcd2222", 2)
	a.Name, b.Name = "flm", "flm"
	lines := Board{Shown: []Shown{{a, 0}, {b, 1}}}.Lines(GradNorm)
	if lines[0].Label() != "flm 1111" || lines[1].Label() != "flm 2222" {
		t.Errorf("lines %q and %q", lines[0].Label(), lines[1].Label())
	}
}

// With many runs the legend lists each once, and one validation that says what dashes mean.
func TestTheLegendStaysShort(t *testing.T) {
	b := Board{Shown: []Shown{{runOf("a", 1), 0}, {runOf("b", 2), 1}, {runOf("c", 3), 2}}, Metrics: []Metric{Loss}}
	f := b.Figure(Loss)
	if l := chart.Arrange(f, 800, 400, 1); len(f.Lines) != 6 || len(l.Legend) != 4 {
		t.Errorf("%d lines, %d in the legend; want 6 and 4", len(f.Lines), len(l.Legend))
	}
}

func TestTrendsAreFittedToWhatIsInView(t *testing.T) {
	board := Board{Shown: []Shown{{runOf("a", 1), 4}}, Metrics: []Metric{Loss}, Trends: true, View: View{LogX: true, X: chart.Range{Lo: 20, Hi: 200}}, Levels: []float64{2.5}}
	f := board.Figure(Loss)
	if len(f.Trends) != 1 || f.Trends[0].Color != 4 || f.Trends[0].Range.Hi > 200 || f.Trends[0].B >= 0 {
		t.Errorf("trends %+v, want one that falls, fitted up to step 200", f.Trends)
	}
	if len(f.Levels) != 1 || f.Levels[0].Label != "2.5000" {
		t.Errorf("levels %+v", f.Levels)
	}
}

// A run keeps its colour when others come and go, and neighbours differ.
func TestColorsStay(t *testing.T) {
	ids := strings.Split("abcdefghijklmnop", "")
	first := Colors(ids[:5], nil)
	later := Colors(append([]string{"older"}, ids...), first)
	for _, id := range ids[:5] {
		if first[id] != later[id] {
			t.Errorf("%s was %d and is %d", id, first[id], later[id])
		}
	}
	for i := 5; i+8 <= len(ids); i++ {
		seen := map[int]bool{}
		for _, id := range ids[i : i+8] {
			seen[later[id]] = true
		}
		if len(seen) != 8 {
			t.Errorf("runs %v have %d colours, want 8", ids[i:i+8], len(seen))
		}
	}
	if got := Colors([]string{"x"}, map[string]int{"x": 99})["x"]; got != 0 {
		t.Errorf("a colour that is not there became %d, want 0", got)
	}
	if n := len(chart.Dark().Series); n != colorCount || len(chart.Light().Series) != n {
		t.Errorf("the palettes have %d and %d colours, want %d", n, len(chart.Light().Series), colorCount)
	}
}

func TestMetricFlags(t *testing.T) {
	for _, m := range Metrics() {
		if got, err := ParseMetric(m.Flag()); err != nil || got != m || strings.Count(m.About(), "\n") != 1 {
			t.Errorf("%v: %v, %v, about %q", m, got, err, m.About())
		}
	}
	if _, err := ParseMetric("speeed"); err == nil || !strings.Contains(err.Error(), `metric "speeed": there are [loss grad-norm`) {
		t.Errorf("got %v", err)
	}
}
