package growth

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"growlab/growth/expand"
	"growlab/growth/shape"
)

// flm1m is the shape of the preset, with numbers that are easy to check.
const flm1m = `
recipe = 1
name = "t"
[train]
batch = 1536
lr = 8e-3
[[stage]]
tokens = "2.4576M"
layers = 3
hidden = 64
lr = 1.0
warmup = 15360
[[stage]]
tokens = 153600
layers = 5
hidden = 96
lr = 0.85
ramp = 15360
[[stage]]
tokens = 153600
layers = 5
hidden = 128
lr = 0.5
operator = "msg"
ramp = "30k"
`

func parse(t testing.TB, sets ...string) Recipe {
	t.Helper()
	r, err := Parse("t", []byte(flm1m), sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	r := parse(t, "train.lr=1e-2", "stage.2.tokens=0.2M", "model.family=llama", "eval.every=50k", "sample.prompt=In the", "train.seed=7")
	if r.Train.LR != 1e-2 || r.Stages[1].Tokens != 200_000 || r.Eval.Every != 50_000 || r.Sample.Prompt != "In the" || r.Train.Seed != 7 {
		t.Errorf("sets did not take: %+v", r)
	}
	if c := r.Config(2); c.Heads != 8 || c.FFN != 512 || c.Norm != shape.RMSNorm || c.Tied || c.Act != shape.SwiGLU {
		t.Errorf("final shape %+v", c)
	}
	if r.Train.Beta2 != 0.95 || r.Train.Clip != 1 {
		t.Errorf("defaults lost: %+v", r.Train)
	}
}

// TestRoundTrip: the canonical text means the same recipe.
func TestRoundTrip(t *testing.T) {
	for _, r := range []Recipe{parse(t), parse(t, "model.bias=false", "model.tied=false", "train.micro_batch=4")} {
		text, err := r.TOML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("other", text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(r, again) {
			t.Errorf("got  %+v\nwant %+v", again, r)
		}
	}
}

func TestBadRecipes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		sets []string
		want []string
	}{
		"unknown key":       {flm1m + "colour = 3\n", nil, []string{`unknown key "stage.3.colour"; a stage has tokens, flops,`}},
		"unknown set":       {flm1m, []string{"train.speed=3"}, []string{`unknown key "train.speed"; section train has seed, batch,`}},
		"unknown section":   {flm1m, []string{"trian.lr=1"}, []string{`unknown key "trian`, "a recipe has recipe, name,"}},
		"two unknown":       {flm1m, []string{"train.speed=3", "stage.2.colour=3"}, []string{`"train.speed"`, `"stage.2.colour"`}},
		"not TOML":          {"recipe = = 1", nil, []string{"line 1"}},
		"no version":        {strings.Replace(flm1m, "recipe = 1", "", 1), nil, []string{"recipe = 0", "recipe = 1"}},
		"newer version":     {strings.Replace(flm1m, "recipe = 1", "recipe = 2", 1), nil, []string{"reads format 1"}},
		"no stage":          {"recipe = 1", nil, []string{"no [[stage]]"}},
		"hidden":            {flm1m, []string{"stage.2.hidden=100"}, []string{`stage 2: hidden 100 is not a multiple of head_dim 16`}},
		"shrinks":           {flm1m, []string{"stage.3.hidden=80", "stage.3.layers=4"}, []string{"stage 3: layers shrinks from 5 to 4", "hidden shrinks from 96 to 80"}},
		"heads":             {flm1m, []string{"stage.1.heads=-1"}, []string{"stage 1: heads is -1; it must be at least 1"}},
		"odd head_dim":      {flm1m, []string{"model.head_dim=1"}, []string{"head_dim is 1; it must be at least 2"}},
		"batch":             {flm1m, []string{"train.batch=1000"}, []string{"batch 1000 is not a multiple of context 128"}},
		"short stage":       {flm1m, []string{"stage.2.tokens=1000", "stage.2.ramp=0"}, []string{"stage 2: tokens 1000 is less than one batch of 1536"}},
		"two faults":        {flm1m, []string{"train.lr=-1", "train.beta2=1"}, []string{"train.lr is -1", "train.beta2 is 1"}},
		"operator":          {flm1m, []string{"stage.2.operator=magic"}, []string{`operator is "magic"; it must be one of msg, msg-authors, exact,`}},
		"only layers":       {flm1m, []string{"stage.2.operator=llama-pro"}, []string{"stage 2: operator llama-pro adds layers only; 64 x 4 x 256 to 96 x 6 x 384"}},
		"whole factors":     {flm1m, []string{"stage.2.operator=hypercloning", "stage.2.layers=3"}, []string{"hidden 96 is not a multiple of 64"}},
		"widths only":       {flm1m, []string{"stage.2.operator=hypercloning", "stage.2.hidden=128"}, []string{"layers grow from 3 to 5"}},
		"own order":         {flm1m, []string{"stage.2.operator=midas", "stage.2.depth=stack"}, []string{`depth must be "middle" or absent`}},
		"moments":           {flm1m, []string{"stage.2.moments=lost"}, []string{`moments is "lost"; it must be one of`}},
		"depth":             {flm1m, []string{"stage.2.depth=sideways"}, []string{`depth is "sideways"`}},
		"ramp too long":     {flm1m, []string{"stage.2.ramp=1M"}, []string{"ramp is 1000000 tokens; it must lie between 0 and the stage's 153600"}},
		"ramp order":        {flm1m, []string{`stage.2.ramp_order=["depth"]`, "stage.2.layers=3", "stage.2.hidden=64"}, []string{`stage 2: ramp_order names "depth"; it must be made of`}},
		"ramp order, twice": {flm1m, []string{`stage.2.ramp_order=["ffn", "hidden", "heads", "layers", "ffn"]`}, []string{"stage 2: ramp_order names ffn twice"}},
		"ramp order, part":  {flm1m, []string{`stage.2.ramp_order=["ffn", "layers"]`}, []string{`ramp_order ["ffn" "layers"] leaves out hidden, heads; name each dimension that grows`}},
		"first has no ramp": {flm1m, []string{"stage.1.ramp=10"}, []string{"the first stage has none"}},
		"bad tokens":        {flm1m, []string{"stage.1.tokens=lots"}, []string{`stage.1.tokens: "lots" is not a number of tokens`}},
		"bad set":           {flm1m, []string{"train.lr"}, []string{"write section.key=value"}},
		"no such stage":     {flm1m, []string{"stage.4.lr=1"}, []string{`stage "4" does not exist; the stages are 1 to 3`}},
		"family":            {flm1m, []string{"model.family=bert"}, []string{`model.family is "bert"`}},
		"no number":         {flm1m, []string{"train.lr=fast"}, []string{`train.lr is "fast"; it must be a number`}},
		"no whole number":   {flm1m, []string{"stage.2.layers=2.5"}, []string{"stage.2.layers is 2.5; it must be a whole number"}},
		"no list":           {flm1m, []string{"stage.2.ramp_order=ffn"}, []string{`stage.2.ramp_order is "ffn"; it must be a list of texts`}},
		"no truth":          {flm1m, []string{"model.bias=3"}, []string{"model.bias is 3; it must be true or false"}},
		"no text":           {flm1m, []string{"name=5"}, []string{"name is 5; it must be a text"}},
		"no seed":           {flm1m, []string{"train.seed=-1"}, []string{"train.seed is -1; it must be a whole number from 0"}},
		"no section":        {flm1m, []string{"train=5"}, []string{"train is 5; it must be a section"}},
		"no stages":         {"recipe = 1\nstage = 3", nil, []string{"stage is 3; it must be stages, each under [[stage]]"}},
		"precision":         {flm1m, []string{"train.precision=fp16"}, []string{`train.precision is "fp16"`, "bf16"}},
		"NaN":               {flm1m, []string{"train.lr=nan"}, []string{"train.lr is NaN"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("t", []byte(c.text), c.sets...)
			if err == nil {
				t.Fatal("no error")
			}
			if !errors.Is(err, ErrRecipe) {
				t.Errorf("%v does not wrap ErrRecipe", err)
			}
			if n := strings.Count(err.Error(), "\n"); n >= len(c.want) {
				t.Errorf("%d faults in\n%v\nwant %d", n+1, err, len(c.want))
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(flm1m, "train.lr=1e-2")
	f.Add("recipe = 1\n[[stage]]\ntokens = 9e9", "stage.1.tokens=1k")
	f.Add("", "=")
	f.Fuzz(func(t *testing.T, text, set string) {
		r, err := Parse("f", []byte(text), set)
		if err != nil {
			return
		}
		p := r.Plan()
		if p.Tokens != r.TotalTokens() || !r.At(p.Tokens).Done {
			t.Errorf("plan of %d tokens, run of %d", p.Tokens, r.TotalTokens())
		}
	})
}

// TestAt walks the whole run and compares with the plan, the stage table and the written-out schedule.
func TestAt(t *testing.T) {
	r := parse(t)
	plan := r.Plan()
	if plan.Stages[0].Steps != 1600 || plan.Stages[1].Steps != 100 || plan.Tokens != 1800*1536 {
		t.Fatalf("plan %+v", plan)
	}
	for step := range plan.Steps {
		p := r.At(step * 1536)
		s := plan.Stages[p.Stage]
		if p.Step != step || p.Done || step < s.BeginStep || step >= s.BeginStep+s.Steps {
			t.Fatalf("step %d: %+v", step, p)
		}
		if in := step - s.BeginStep; p.Stage == 1 && p.Mask != min(1, float64(in)/10) {
			t.Errorf("step %d of stage 2: mask %v", in, p.Mask)
		}
	}
	if p := r.At(plan.Tokens); !p.Done || p.Step != plan.Steps || p.Mask != 1 {
		t.Errorf("at the end: %+v", p)
	}
	for name, c := range map[string]struct {
		step int64
		want float64
	}{
		"first of the warm-up":  {0, 8e-3 * 0.1},
		"last of the warm-up":   {9, 8e-3 * (1 - 0.15*9/1600.0)},
		"slides to stage 2":     {800, 8e-3 * 0.925},
		"start of stage 2":      {1600, 8e-3 * 0.85},
		"start of stage 3":      {1700, 8e-3 * 0.5},
		"middle of the cosine":  {1750, 8e-3 * (0.015 + 0.485*0.5)},
		"one before the end":    {1799, 8e-3 * (0.015 + 0.485*0.5*(1+math.Cos(math.Pi*0.99)))},
		"middle of stage two's": {1650, 8e-3 * 0.675},
	} {
		if got := r.At(c.step * 1536).LR; math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: lr %v, want %v", name, got, c.want)
		}
	}
}

// TestRampEndsWithItsStage: a ramp as long as its stage is over when the next growth comes, however steps are rounded.
func TestRampEndsWithItsStage(t *testing.T) {
	r := parse(t, "stage.2.tokens=16000", "stage.2.ramp=16000")
	p := r.Plan().Stages[1]
	last := r.At(p.Begin + p.Tokens - p.Batch)
	if next := r.At(p.Begin + p.Tokens); last.Mask >= 1 || next.Stage != 2 || next.Mask != 0 {
		t.Errorf("last step %+v, then %+v", last, next)
	}
	if _, got := r.factors(1, p.Tokens); got != 1 {
		t.Errorf("mask at the end of the stage is %v", got)
	}
}

// TestCost: the formula on a shape counted by hand.
func TestCost(t *testing.T) {
	c := parse(t).Final()
	n := 5*(4*128*128+2*128*512) + 256*128
	if got, want := FLOPsPerToken(c), float64(6*n+6*5*128*128); got != want {
		t.Errorf("FLOPs per token %v, want %v", got, want)
	}
	p := parse(t).Plan()
	if p.TwinFLOPs != FLOPsPerToken(c)*float64(p.Tokens) || p.Saved <= 0.5 || p.Saved >= 1 {
		t.Errorf("twin %v, saved %v", p.TwinFLOPs, p.Saved)
	}
}

// TestInit: same seed, same values; spread as promised; each stage and tensor its own.
func TestInit(t *testing.T) {
	r := parse(t)
	a, b := r.Init(2), r.Init(2)
	if !reflect.DeepEqual(a, b) {
		t.Error("one recipe, two initial trees")
	}
	std := func(x []float32) float64 {
		var s float64
		for _, v := range x {
			s += float64(v) * float64(v)
		}
		return math.Sqrt(s / float64(len(x)))
	}
	for name, want := range map[string]float64{
		"embed": 0.02, "block.0.attn.qkv": 0.02, "block.4.ffn.down": 0.02 / math.Sqrt(10), "block.1.norm1.gain": 1, "block.1.attn.qkv_bias": 0,
	} {
		if got := std(a.Data[name]); math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: root mean square %v, want %v", name, got, want)
		}
	}
	if a.Data["block.0.attn.qkv"][0] == a.Data["block.1.attn.qkv"][0] || a.Data["embed"][0] == r.Init(1).Data["embed"][0] {
		t.Error("two tensors or stages share their random numbers")
	}
	if mup := parse(t, "model.base_width=32").Init(2); math.Abs(std(mup.Data["block.0.ffn.up"])-0.01) > 3e-4 {
		t.Errorf("muP at width 128 over 32: %v, want 0.01", std(mup.Data["block.0.ffn.up"]))
	}
}

// TestFreshWeightsOfAnOperator: what msg-authors fills in is N(0, 0.02²), whatever the recipe says of initial values.
func TestFreshWeightsOfAnOperator(t *testing.T) {
	for op, want := range map[string]float64{"msg-authors": 0.02, "msg": 0.5} {
		r := parse(t, "model.init_std=0.5", "stage.2.operator="+op)
		g, err := r.Grow(1, State{shape.NewTree(r.Config(0)), shape.NewTree(r.Config(0)), shape.NewTree(r.Config(0))})
		if err != nil {
			t.Fatal(err)
		}
		for name, std := range map[string]float64{"embed": want, "block.4.attn.qkv": want, "block.0.ffn.down": min(want, 0.5/math.Sqrt(10))} {
			var squares float64
			n := 0
			for _, x := range g.State.Params.Data[name] {
				if x != 0 { // old ones are
					squares += float64(x) * float64(x)
					n++
				}
			}
			if got := math.Sqrt(squares / float64(n)); math.Abs(got/std-1) > 0.03 {
				t.Errorf("%s: %s is filled with numbers of root mean square %v, want %v", op, name, got, std)
			}
		}
	}
}

func TestLayerSources(t *testing.T) {
	old := func(i int) expand.Layer { return expand.Layer{From: i} }
	added := func(i int) expand.Layer { return expand.Layer{From: i, Added: true} }
	for name, c := range map[string]struct {
		old, n int
		depth  string
		want   []expand.Layer
	}{
		"stack":             {2, 5, DepthStack, []expand.Layer{old(0), old(1), added(0), added(1), added(0)}},
		"interleave":        {2, 5, DepthInterleave, []expand.Layer{old(0), added(0), old(1), added(1), added(1)}},
		"interleave, fewer": {3, 5, DepthInterleave, []expand.Layer{old(0), old(1), added(1), old(2), added(2)}},
		"middle":            {4, 6, DepthMiddle, []expand.Layer{old(0), old(1), old(2), added(1), added(2), old(3)}},
		"middle of odd":     {3, 5, DepthMiddle, []expand.Layer{old(0), old(1), added(0), added(1), old(2)}},
		"middle, twice":     {2, 5, DepthMiddle, []expand.Layer{old(0), old(1), added(1), added(0), added(1)}},
		"middle of one":     {1, 3, DepthMiddle, []expand.Layer{old(0), added(0), added(0)}},
		"same depth":        {2, 2, DepthStack, []expand.Layer{old(0), old(1)}},
	} {
		if got := layerSources(c.old, c.n, c.depth); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestLayerSourcesAreWhole: in every order each old layer stands once as itself, in order, and nothing else is old.
func TestLayerSourcesAreWhole(t *testing.T) {
	for _, depth := range depths {
		for old := 1; old < 6; old++ {
			for n := old; n < 14; n++ {
				next := 0
				got := layerSources(old, n, depth)
				for _, l := range got {
					if !l.Added {
						if l.From != next {
							t.Fatalf("%s %d to %d: old layers out of order in %v", depth, old, n, got)
						}
						next++
					}
				}
				if next != old || len(got) != n {
					t.Fatalf("%s: %d to %d layers gives %v", depth, old, n, got)
				}
			}
		}
	}
}

// randomGrowth draws a shape and a larger one that op accepts.
func randomGrowth(t *testing.T, op Operator, rng *rand.Rand) (from, to shape.Config) {
	t.Helper()
	from = parse(t).Config(0)
	from.Vocab, from.Context, from.HeadDim = 7, 4, 2
	from.Layers, from.Heads, from.Hidden, from.FFN = 1+rng.IntN(3), 1+rng.IntN(3), 1+rng.IntN(5), 1+rng.IntN(6)
	for range 1000 {
		to = from
		for _, n := range []*int{&to.Layers, &to.Heads, &to.Hidden, &to.FFN} {
			if rng.IntN(2) == 0 {
				*n += rng.IntN(9)
			}
		}
		if op.Takes(from, to) == nil && to != from {
			return from, to
		}
	}
	t.Fatalf("%s refuses every growth", op.Name)
	return from, to
}

// TestTexts: every operator has a text with a picture in its own file, and only its own.
func TestTexts(t *testing.T) {
	seen := map[string]string{}
	for _, op := range Operators {
		text := op.Text()
		lines := strings.Split(text, "\n")
		drawn := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "\t") && strings.ContainsAny(l, "|+") })
		if !drawn || len(lines) < 6 || strings.Contains(text, "//") || strings.Contains(text, "Operator{") {
			t.Errorf("%s: the text lacks a picture or is not one\n%s", op.Name, text)
		}
		if other := seen[text]; other != "" {
			t.Errorf("%s has the text of %s", op.Name, other)
		}
		seen[text] = op.Name
	}
	if text := (Operator{Name: "none"}).Text(); text != "" {
		t.Errorf("an operator that there is not has the text %q", text)
	}
}

// TestOperators: over random shapes, for every operator and every order it takes: the source is untouched, the same growth gives
// the same result, added layers have no moments, every entry is finite, and the counts add up.
func TestOperators(t *testing.T) {
	for _, op := range Operators {
		for _, depth := range depths {
			if op.OnlyDepth && depth != op.Depth {
				continue
			}
			t.Run(op.Name+"/"+depth, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 1))
				for range 20 {
					from, to := randomGrowth(t, op, rng)
					checkOperator(t, op, from, to, depth, rng)
				}
			})
		}
	}
}

func checkOperator(t *testing.T, op Operator, from, to shape.Config, depth string, rng *rand.Rand) {
	t.Helper()
	old := State{numbered(from, rng), numbered(from, rng), numbered(from, rng)}
	kept := State{clone(old.Params), clone(old.M), clone(old.V)}
	fresh := numbered(to, rng)
	g := Grow(op, old, fresh, depth)
	if !reflect.DeepEqual(old, kept) {
		t.Fatal("the old state was changed")
	}
	if !reflect.DeepEqual(g, Grow(op, old, fresh, depth)) {
		t.Error("the same growth twice gives two networks")
	}
	var nonzero int64
	for _, s := range to.Tensors() {
		m, v := g.State.M.Data[s.Name], g.State.V.Data[s.Name]
		for i, p := range g.State.Params.Data[s.Name] {
			if math.IsNaN(float64(p)) || v[i] < 0 || (m[i] == 0) != (v[i] == 0) {
				t.Fatalf("%s[%d]: parameter %v with moments %v and %v", s.Name, i, p, m[i], v[i])
			}
			if m[i] != 0 {
				nonzero++
			}
		}
		if s.Layer >= 0 && g.NewLayer[s.Layer] && slices.ContainsFunc(m, func(x float32) bool { return x != 0 }) {
			t.Errorf("%s of an added layer has moments", s.Name)
		}
	}
	if g.Carried != nonzero || g.Carried+g.New != to.Params() {
		t.Errorf("carried %d, new %d; %d moments are not zero, of %d", g.Carried, g.New, nonzero, to.Params())
	}
}

// TestLeadingBlock: with the operators that lead, the old block survives, its moments too, and all else is fresh.
func TestLeadingBlock(t *testing.T) {
	for _, op := range []Operator{MSG, Stack, Interleave, MIDAS, Random} {
		t.Run(op.Name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(2, 1))
			for range 20 {
				from, to := randomGrowth(t, op, rng)
				checkLeading(t, op, from, to, rng)
			}
		})
	}
}

func checkLeading(t *testing.T, op Operator, from, to shape.Config, rng *rand.Rand) {
	t.Helper()
	old, fresh := State{numbered(from, rng), numbered(from, rng), numbered(from, rng)}, numbered(to, rng)
	g := Grow(op, old, fresh, "")
	small := map[string]shape.Tensor{}
	for _, s := range from.Tensors() {
		small[s.Name] = s
	}
	for _, s := range to.Tensors() {
		src, added := s.Name, false
		if s.Layer >= 0 {
			l := MapOf(op, from, to, "").Layers[s.Layer]
			src, added = shape.TensorName(l.From, s.Kind), l.Added
		}
		for i, got := range g.State.Params.Data[s.Name] {
			j, inOld := leadingIndex(i, s.Dims, small[src].Dims)
			want, m, v := fresh.Data[s.Name][i], float32(0), float32(0)
			if inOld && (!added || op.Name != Random.Name) {
				want = old.Params.Data[src][j]
			}
			if inOld && !added {
				m, v = old.M.Data[src][j], old.V.Data[src][j]
			}
			if got != want || g.State.M.Data[s.Name][i] != m || g.State.V.Data[s.Name][i] != v {
				t.Fatalf("%s[%d] is %v with moments %v, %v; want %v with %v, %v", s.Name, i, got,
					g.State.M.Data[s.Name][i], g.State.V.Data[s.Name][i], want, m, v)
			}
		}
	}
}

// TestMoments: zero and fresh forget, fresh counts steps anew, and carry is the default.
func TestMoments(t *testing.T) {
	for name, c := range map[string]struct {
		kind             string
		carried, restart bool
	}{"default": {"", true, false}, "carry": {"carry", true, false}, "zero": {"zero", false, false}, "fresh": {"fresh", false, true}} {
		r := parse(t, "model.context=4", "train.batch=16")
		r.Stages[1].Moments = c.kind
		rng := rand.New(rand.NewPCG(1, 2))
		from := r.Config(0)
		g, err := r.Grow(1, State{numbered(from, rng), numbered(from, rng), numbered(from, rng)})
		if err != nil {
			t.Fatal(err)
		}
		if (g.Carried > 0) != c.carried || (g.State.M.Data["embed"][0] != 0) != c.carried || g.Restart != c.restart || g.Carried+g.New != r.Config(1).Params() {
			t.Errorf("%s: carried %d, new %d, first moment %v, restart %v", name, g.Carried, g.New, g.State.M.Data["embed"][0], g.Restart)
		}
	}
}

// leadingIndex maps flat index i of a tensor of dims to that of its leading block of small, if it lies there.
func leadingIndex(i int, dims, small []int) (int, bool) {
	out, mul, in := 0, 1, true
	for a := len(dims) - 1; a >= 0; a-- {
		x := i % dims[a]
		i /= dims[a]
		in = in && x < small[a]
		out += x * mul
		mul *= small[a]
	}
	return out, in
}

func numbered(c shape.Config, rng *rand.Rand) shape.Tree {
	t := shape.NewTree(c)
	for _, d := range t.Data {
		for i := range d {
			d[i] = rng.Float32() + 1
		}
	}
	return t
}

func clone(t shape.Tree) shape.Tree {
	c := shape.NewTree(t.Config)
	for name, d := range t.Data {
		copy(c.Data[name], d)
	}
	return c
}

func TestParseTokens(t *testing.T) {
	for in, want := range map[string]Tokens{"1536": 1536, "1_536": 1536, "2.5M": 2_500_000, "500k": 500_000, "2B": 2_000_000_000, " 7 ": 7, "1e3": 1000} {
		if got, err := ParseTokens(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "M", "x", "1T", "1e300", "NaN", "--1"} {
		if got, err := ParseTokens(in); err == nil {
			t.Errorf("%q: %v, want an error", in, got)
		}
	}
}
