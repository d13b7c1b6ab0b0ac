package session

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"growlab/growth"
	"growlab/growth/shape"
	"growlab/trainer/bench"
	"growlab/trainer/compute"
)

// Speed is how fast a device trains networks of several widths. Small matrices keep a processor less busy than large ones,
// so one rate would not do.
type Speed struct{ points []speedPoint } // ascending in width

type speedPoint struct {
	width float64
	rate  float64 // FLOP/s
}

// speedWidths are the hidden sizes that MeasureSpeed tries.
var speedWidths = []int{64, 128, 384}

// MeasureSpeed times whole training steps of small networks on dev, for about a third of a second in all.
func MeasureSpeed(dev compute.Device) (Speed, error) {
	var s Speed
	for _, width := range speedWidths {
		rate, err := measure(dev, width)
		if err != nil {
			return Speed{}, fmt.Errorf("measure the speed of %s: %w", dev.Name(), err)
		}
		s.points = append(s.points, speedPoint{float64(width), rate})
	}
	return s, nil
}

// measure is the rate at one width, the best of a few steps: other programs only ever make it worse.
func measure(dev compute.Device, width int) (float64, error) {
	const least, most = 2, 6
	c := shape.Config{
		Vocab: 256, Context: 128, Layers: 2, Heads: width / 16, HeadDim: 16, Hidden: width, FFN: 4 * width,
		Norm: shape.LayerNorm, Act: shape.GELU, Pos: shape.XPos, Bias: true, Tied: true, OutputMult: 1,
	}
	seqs := max(12*64/width, 4, min(12, runtime.GOMAXPROCS(0))) // less of what costs more, but work for all threads
	training, err := bench.NewTraining(dev, bench.Shape{Config: c, Seqs: seqs})
	if err != nil {
		return 0, err
	}
	defer training.Free()
	var best time.Duration
	for i, began := 0, time.Now(); i < least || i < most && time.Since(began) < 100*time.Millisecond; i++ {
		took, err := training.Step(shape.Masks{})
		if err != nil {
			return 0, err
		}
		if took < best || best == 0 {
			best = took
		}
	}
	return growth.FLOPsPerToken(c) * float64(seqs*c.Context) / best.Seconds(), nil
}

// Rate is the FLOP/s expected at a width: between measured widths it lies on a line over the logarithm of the width, beyond
// them it is the nearest.
func (s Speed) Rate(width int) float64 {
	if len(s.points) == 0 {
		return 0
	}
	w := float64(width)
	for i, p := range s.points {
		if w > p.width {
			continue
		}
		if i == 0 {
			return p.rate
		}
		q := s.points[i-1]
		u := math.Log(w/q.width) / math.Log(p.width/q.width)
		return q.rate + u*(p.rate-q.rate)
	}
	return s.points[len(s.points)-1].rate
}

// Estimate is how long the stages of a plan will take; nil if the speed is not known.
func (s Speed) Estimate(p growth.Plan) []time.Duration {
	if len(s.points) == 0 {
		return nil
	}
	out := make([]time.Duration, len(p.Stages))
	for i, stage := range p.Stages {
		out[i] = time.Duration(stage.FLOPs / s.Rate(stage.Config.Hidden) * float64(time.Second))
	}
	return out
}
