package verdict_test

import (
	"fmt"

	"growlab/app/verdict"
)

// Two runs on one schedule, of which the second needs twice the compute for everything.
func ExampleJudge() {
	contender := func(name string, flops float64) verdict.Contender {
		r := verdict.Run{ID: name, Seed: 1, Device: "cpu"}
		for i, loss := range []float64{2.3, 2.0, 1.8, 1.7, 1.6, 1.5} {
			x := float64(i + 1)
			r.Points = append(r.Points, verdict.Point{Tokens: 1e5 * x, FLOPs: flops * x, Seconds: flops / 1e10 * x, Loss: loss})
		}
		r.End = verdict.Point{Tokens: 7e5, FLOPs: flops * 7, Seconds: flops / 1e10 * 7, Loss: 1.45}
		r.Windows = []float64{1.40, 1.50}
		return verdict.Contender{Name: name, Runs: []verdict.Run{r}}
	}
	v := verdict.Judge(contender("grown", 1e12), []verdict.Contender{contender("twin", 2e12)})
	p := v.Pairs[0]
	fmt.Printf("FLOPs to %.2f: %.2fx\n", p.EqualLoss, p.FLOPsToEqualLoss.Value)
	fmt.Printf("wall clock at equal tokens: %.2fx\n", *p.WallClock)
	fmt.Println("at equal FLOPs:", v.Winner)
	// Output:
	// FLOPs to 1.45: 2.00x
	// wall clock at equal tokens: 2.00x
	// at equal FLOPs: grown
}
