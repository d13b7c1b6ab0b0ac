package growth

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"growlab/growth/shape"
)

// Goal is what a plan is derived from: the size of the last stage, and what the run may see or spend.
type Goal struct {
	Params int64 // of the last stage, about
	// One of Tokens and FLOPs is the budget of the whole run.
	Tokens Tokens
	FLOPs  FLOPs
}

// paperStages are FLM-101B's, in names and tokens (its Table 1 and 2), and the learning rates at their starts.
var paperStages = []struct {
	params, tokens, lr float64
}{{16e9, 245.37e9, 1}, {51e9, 39.64e9, 0.85}, {101e9, 26.54e9, 0.5}}

// Scales of flm-1m, the smallest preset, from which the rules below start.
const (
	baseParams = 1.02e6
	baseTokens = 3.11e6
	baseBatch  = 1536
	baseWidth  = 128
	baseLayers = 5
	baseLR     = 8e-3
)

// mostParams is ten times the largest network of this family of methods, Tele-FLM-1T.
const mostParams = 1e13

// fewestSteps is the least number of steps of the shortest stage that makes sense.
const fewestSteps = 10

// Derive is a whole recipe from a goal, in three stages with the paper's shares of the tokens, ratios of parameters (16 : 51 :
// 101, as near as whole heads come) and learning rates at stage starts. The rest goes from flm-1m by rules of thumb, none of
// which is tuned:
//
//   - hidden over layers goes from flm-1m's 25.6 to FLM-101B's 128 as a power of the parameters;
//   - head_dim and context double with every factor of ten or so, up to the paper's 128 and 2,048;
//   - batch and steps share the growth of the tokens, each by its square root;
//   - the peak learning rate is flm-1m's, divided by the width of the last stage over its;
//   - warm-up is 4 % of the first stage, ramps are 10 % of the others.
func Derive(g Goal) (Recipe, error) {
	r := Default()
	r.Name = "derived-" + short(float64(g.Params))
	if g.Params <= 0 || (g.Tokens > 0) == (g.FLOPs > 0) {
		return r, faultf("recipe %q: a plan is derived from the final parameters and a budget of tokens or FLOPs", r.Name)
	}
	if g.Params > mostParams {
		return r, faultf("recipe %q: %d parameters are more than any plan here is made for; ask for at most %.0fB", r.Name, g.Params, mostParams/1e9)
	}
	r.Title = fmt.Sprintf("%s parameters, derived", strings.ToUpper(short(float64(g.Params))))
	r.About = "Three stages with FLM-101B's shares and ratios, the rest by rule of thumb from flm-1m; nothing in it is tuned."
	r.Model.HeadDim, r.Model.Context = headDim(g.Params), context(g.Params)
	if err := r.deriveShapes(g); err != nil {
		return r, err
	}
	if err := r.deriveLengths(g); err != nil {
		return r, err
	}
	final := r.Final()
	r.Train.LR = Rounded(math.Min(baseLR, baseLR*baseWidth/float64(final.Hidden)), 2)
	return r, r.Validate()
}

// short writes 1.5e9 as "1.5b".
func short(v float64) string {
	for _, s := range []suffix{{"b", 1e9}, {"m", 1e6}, {"k", 1e3}} {
		if v >= s.factor {
			return fmt.Sprintf("%.4g%s", v/s.factor, s.letter)
		}
	}
	return fmt.Sprintf("%.4g", v)
}

func headDim(params int64) int {
	for _, s := range []struct {
		below int64
		dim   int
	}{{3e6, 16}, {3e7, 32}, {3e9, 64}} {
		if params < s.below {
			return s.dim
		}
	}
	return 128
}

func context(params int64) int {
	n := 128
	for limit := int64(3e6); params >= limit && n < 2048; limit *= 10 {
		n *= 2
	}
	return n
}

// deriveShapes fills the stages' layers and hidden sizes, from the last to the first.
func (r *Recipe) deriveShapes(g Goal) error {
	r.Stages = make([]Stage, len(paperStages))
	last := len(paperStages) - 1
	limit := shape.Config{Layers: math.MaxInt32, Hidden: math.MaxInt32}
	for i := last; i >= 0; i-- {
		target := float64(g.Params) * paperStages[i].params / paperStages[last].params
		best := math.Inf(1)
		for layers := 1; layers <= min(limit.Layers, 400); layers++ {
			for _, hidden := range widthsNear(target, layers, r.Model.HeadDim) {
				if hidden > limit.Hidden {
					continue
				}
				if off := r.misfit(layers, hidden, target); off < best {
					best = off
					r.Stages[i].Layers, r.Stages[i].Hidden = layers, hidden
				}
			}
		}
		if math.IsInf(best, 1) || i < last && r.Stages[i].Layers == limit.Layers && r.Stages[i].Hidden == limit.Hidden {
			return faultf("recipe %q: %d parameters are too few for three sizes in whole heads of %d; ask for at least 100k",
				r.Name, g.Params, r.Model.HeadDim)
		}
		limit.Layers, limit.Hidden = r.Stages[i].Layers, r.Stages[i].Hidden
	}
	return nil
}

// widthsNear are the two multiples of head_dim around the width at which so many layers of 12 h² have params parameters.
func widthsNear(params float64, layers, headDim int) [2]int {
	heads := int(math.Sqrt(params/float64(12*layers)) / float64(headDim))
	return [2]int{max(heads, 1) * headDim, (heads + 1) * headDim}
}

// misfit is how far a shape is from its target: in parameters first, in proportions second.
func (r Recipe) misfit(layers, hidden int, target float64) float64 {
	r.Stages = []Stage{{Layers: 1, Hidden: hidden}, {Layers: 2, Hidden: hidden}}
	one, two := r.Config(0).Params(), r.Config(1).Params()
	params := float64(one) + float64(layers-1)*float64(two-one)
	exponent := math.Log(128/(baseWidth/float64(baseLayers))) / math.Log(101.7e9/baseParams)
	aspect := baseWidth / float64(baseLayers) * math.Pow(target/baseParams, exponent)
	return math.Abs(math.Log(params/target)) + 0.25*math.Abs(math.Log(float64(hidden)/float64(layers)/aspect))
}

// deriveLengths fills what is counted in tokens.
func (r *Recipe) deriveLengths(g Goal) error {
	tokens, last := float64(g.Tokens), len(paperStages)-1
	var all, each float64
	for i, s := range paperStages {
		all += s.tokens
		each += s.tokens * FLOPsPerToken(r.Config(i))
	}
	if g.FLOPs > 0 {
		tokens = float64(g.FLOPs) / (each / all)
	}
	c := float64(r.Model.Context)
	batch := c * math.Max(1, math.Round(baseBatch*math.Sqrt(tokens/baseTokens)/c))
	whole := func(n float64) Tokens { return Tokens(batch * math.Max(1, math.Round(n/batch))) }
	if n := tokens * paperStages[last].tokens / all / batch; n < fewestSteps {
		return faultf("recipe %q: a budget of %.3g tokens leaves the last stage %.0f whole steps of %g tokens, fewer than %d; give more",
			r.Name, tokens, math.Floor(n), batch, fewestSteps)
	}
	for i, s := range paperStages {
		stage := &r.Stages[i]
		stage.Tokens, stage.LR = whole(tokens*s.tokens/all), s.lr
		if i == 0 {
			stage.Warmup = whole(0.04 * float64(stage.Tokens))
		} else {
			stage.Operator, stage.Ramp = MSG.Name, whole(0.1*float64(stage.Tokens))
		}
	}
	r.Train.Batch = Tokens(batch)
	r.Eval.Every, r.Sample.Every, r.Checkpoint.Every = whole(tokens/32), whole(tokens/8), whole(tokens/8)
	return nil
}

// Rounded is v to so many significant digits, as a person would write a learning rate.
func Rounded(v float64, digits int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	if err != nil {
		panic(err) // it was written just now
	}
	return rounded
}
