package verdict

// OneSeed is how far the losses of two runs may differ, in nats, without anything following from it while each has one seed:
// another seed, or another order of rounding, moves a final loss as much (LOG.md: rounding alone by 0.006).
const OneSeed = 0.01

// Side is what a contender ended with.
type Side struct {
	Name    string    `json:"name"`
	Runs    []string  `json:"runs"`
	Seeds   []uint64  `json:"seeds"`
	Grown   bool      `json:"grown"`
	Loss    float64   `json:"final_loss"` // mean over runs
	Spread  *float64  `json:"spread"`     // standard deviation over runs; nil of one
	Losses  []float64 `json:"final_losses"`
	Tokens  float64   `json:"tokens"` // these are means too
	FLOPs   float64   `json:"flops"`
	Seconds float64   `json:"active_seconds"`
}

func sideOf(c Contender) Side {
	s := Side{
		Name: c.Name, Grown: c.Grown, Losses: c.losses(), Loss: mean(c.losses()), Tokens: c.tokens(), FLOPs: c.flops(),
		Seconds: mean(c.over(func(r Run) float64 { return r.End.Seconds })),
	}
	for _, r := range c.Runs {
		s.Runs, s.Seeds = append(s.Runs, r.ID), append(s.Seeds, r.Seed)
	}
	if len(c.Runs) > 1 {
		d := deviation(s.Losses)
		s.Spread = &d
	}
	return s
}

// AtFLOPs is the loss of both at the same compute.
type AtFLOPs struct {
	FLOPs float64 `json:"flops"`
	Run   float64 `json:"run"`
	Rival float64 `json:"rival"`
	// Difference is the rival's loss less the run's: positive where the run is better.
	Difference Estimate `json:"difference"`
	// Winner is the better one's name, "" if the difference is noise.
	Winner string `json:"winner"`
}

// Final is the comparison of the final losses, whatever each of them cost.
type Final struct {
	Run   float64 `json:"run"`
	Rival float64 `json:"rival"`
	// Difference is the rival's loss less the run's.
	Difference Estimate `json:"difference"`
	Winner     string   `json:"winner"` // "" if the difference is noise
}

// Pair is a run and one rival.
type Pair struct {
	Run   Side `json:"run"`
	Rival Side `json:"rival"`

	// FLOPsToEqualLoss is the rival's FLOPs over the run's, both until EqualLoss; nil if one of them cannot be told.
	FLOPsToEqualLoss *Estimate `json:"flops_to_equal_loss_ratio"`
	EqualLoss        float64   `json:"equal_loss"`
	// WallClock is the rival's active time over the run's, both until EqualTokens; nil if they ran on different devices.
	WallClock   *float64 `json:"wall_clock_ratio_at_equal_tokens"`
	EqualTokens float64  `json:"equal_tokens"`
	// LossAtFLOPs is nil if one curve begins after the other ends.
	LossAtFLOPs *AtFLOPs `json:"loss_at_equal_flops"`
	Final       Final    `json:"final_losses"`

	Caution  string   `json:"caution"`  // why the numbers do not compare as they stand; "" if they do
	Interval string   `json:"interval"` // what the intervals cover
	Sentence string   `json:"sentence"`
	Notes    []string `json:"notes"`
}
