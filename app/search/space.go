package search

import (
	"fmt"
	"math"
	"strconv"

	"growlab/growth"
)

// Values are what a search looks for.
type Values struct {
	LR         float64 `json:"lr"`
	InitStd    float64 `json:"init_std"`
	OutputMult float64 `json:"output_mult"`
}

// Space is a grid of values on a proxy of a recipe: its first stage at another width.
type Space struct {
	Recipe growth.Recipe // what the values are for
	Width  int           // hidden channels of the proxy
	Tokens growth.Tokens // that each run sees, rounded to whole steps; 0 is as many as the recipe's first stage

	LR, InitStd, OutputMult []float64 // values to try; none is the recipe's own
}

// Point is one place of the grid.
type Point struct {
	Values
	Recipe growth.Recipe // the proxy's
}

// BaseWidth is muP's base width, of the proxy and of the recipe that gets its values: the recipe's own, or the proxy's width.
func (s Space) BaseWidth() int {
	if b := s.Recipe.Model.BaseWidth; b > 0 {
		return b
	}
	return s.Width
}

// Points are all places of the grid, the learning rate changing fastest. An error is about the recipe of one of them.
func (s Space) Points() ([]Point, error) {
	var all []Point
	for _, mult := range orOwn(s.OutputMult, s.Recipe.Model.OutputMult) {
		for _, std := range orOwn(s.InitStd, s.Recipe.Model.InitStd) {
			for _, lr := range orOwn(s.LR, s.Recipe.Train.LR) {
				v := Values{lr, std, mult}
				r, err := s.proxy(v)
				if err != nil {
					return nil, err
				}
				all = append(all, Point{v, r})
			}
		}
	}
	return all, nil
}

func orOwn(values []float64, own float64) []float64 {
	if len(values) == 0 {
		return []float64{own}
	}
	return values
}

// proxy is the first stage of the recipe alone, at the proxy's width, with depth, batch, text and the share of warm-up as they
// are there.
func (s Space) proxy(v Values) (growth.Recipe, error) {
	r := s.Recipe
	batch, own := r.Plan().Stages[0].Batch, r.Plan().Stages[0].Tokens
	whole := func(tokens float64) growth.Tokens {
		return growth.Tokens(float64(batch) * math.Round(tokens/float64(batch)))
	}
	tokens := s.Tokens
	if tokens == 0 {
		tokens = growth.Tokens(own)
	}
	stage := r.Stages[0]
	warmup := float64(stage.Warmup) / float64(own)
	stage.Tokens, stage.FLOPs, stage.Plateau, stage.PlateauGain = max(whole(float64(tokens)), growth.Tokens(batch)), 0, 0, 0
	stage.Warmup = min(whole(warmup*float64(stage.Tokens)), stage.Tokens)
	stage.Heads, stage.FFN = scaled(stage.Heads, s.Width, stage.Hidden), scaled(stage.FFN, s.Width, stage.Hidden)
	stage.Hidden = s.Width
	r.Stages = []growth.Stage{stage}

	r.Model.BaseWidth, r.Model.InitStd, r.Model.OutputMult, r.Train.LR = s.BaseWidth(), v.InitStd, v.OutputMult, v.LR
	part := func(n float64) growth.Tokens { return max(whole(float64(stage.Tokens)/n), growth.Tokens(batch)) }
	r.Eval.Every = min(r.Eval.Every, part(8)) // enough for a curve
	r.Checkpoint.Every = min(r.Checkpoint.Every, part(2))
	r.Sample.Every = 0
	r.Name = fmt.Sprintf("%s-proxy%d-lr%s-std%s-mult%s", r.Name, s.Width, short(v.LR), short(v.InitStd), short(v.OutputMult))
	r.Title, r.RivalOf = "Proxy of "+s.Recipe.Name, s.Recipe.Name
	r.About = fmt.Sprintf("The first stage of %s at width %d, to find hyperparameters on.", s.Recipe.Name, s.Width)
	return r, r.Validate()
}

// scaled is n at another width, in proportion; 0, which means the default, stays.
func scaled(n, width, hidden int) int {
	return int(math.Round(float64(n) * float64(width) / float64(hidden)))
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Transfer is the recipe with values that were found on the proxy. Its base width makes muP carry them to its own widths.
func (s Space) Transfer(v Values) (growth.Recipe, error) {
	r := s.Recipe
	r.Model.BaseWidth, r.Model.InitStd, r.Model.OutputMult, r.Train.LR = s.BaseWidth(), v.InitStd, v.OutputMult, v.LR
	r.Name += "-tuned"
	found := fmt.Sprintf("Learning rate, initial values and output multiplier were found on a proxy of width %d.", s.Width)
	if r.About != "" {
		found = r.About + " " + found
	}
	r.About = found
	return r, r.Validate()
}
