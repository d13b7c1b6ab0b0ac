package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"growlab/app/chart"
	"growlab/store"
	"growlab/trainer/event"
)

// PicturePath is where the curve of a run is drawn: beside its file.
func PicturePath(file string) string { return strings.TrimSuffix(file, store.Extension) + ".png" }

// draw writes the curve of the run file at path beside it, whole or not at all.
func draw(path string) (err error) {
	to := PicturePath(path)
	f, err := os.CreateTemp(filepath.Dir(to), ".growlab-*.png")
	if err != nil {
		return fmt.Errorf("draw the curve: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("draw the curve: %w", err), os.Remove(f.Name()))
		}
	}()
	err = Picture(path, f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), to)
}

// Picture writes the loss curve of the run file at path as PNG: training loss smoothed over its own dots, validation loss,
// and a marker where each stage begins.
func Picture(path string, w io.Writer) (err error) {
	r, err := store.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f, err := figure(r)
	if err != nil {
		return err
	}
	const width, height, scale = 1000, 560, 2
	return chart.WritePNG(w, f, chart.Light(), width, height, scale)
}

func figure(r *store.Reader) (chart.Figure, error) {
	meta, err := r.Meta()
	if err != nil {
		return chart.Figure{}, err
	}
	steps, err := r.Steps(0, 0)
	if err != nil {
		return chart.Figure{}, err
	}
	evals, err := r.Evals()
	if err != nil {
		return chart.Figure{}, err
	}
	stages, err := r.Stages()
	if err != nil {
		return chart.Figure{}, err
	}
	train, valid := chart.NewSeries("training"), chart.NewSeries("validation")
	points := make([]chart.Point, len(steps))
	for i, s := range steps {
		at := chart.Pos{Step: float64(s.Step), Tokens: float64(s.Tokens), FLOPs: s.FLOPs, Seconds: s.Seconds}
		points[i] = chart.Point{Pos: at, Y: s.Loss}
	}
	train.AppendAll(points)
	for _, e := range evals {
		valid.Append(train.PosAt(float64(e.Step)), e.Loss)
	}
	f := chart.Figure{
		Title: meta.Name, Note: "nats per byte", YName: "loss", XAxis: chart.Tokens, LogY: true, Smooth: 0.95, Legend: true,
		Lines: []chart.Line{{Series: train, Color: 0}, {Series: valid, Color: 1, Exact: true}},
	}
	for i, s := range stages {
		if i > 0 && len(steps) > 0 && s.FromStep > steps[len(steps)-1].Step {
			break
		}
		train.Break(float64(s.FromStep))
		f.Markers = append(f.Markers, chart.Marker{At: train.PosAt(float64(s.FromStep)), Kind: chart.StageStart, Label: stageLabel(i, s)})
	}
	return f, nil
}

func stageLabel(i int, s event.StageInfo) string {
	return fmt.Sprintf("S%d · %s · %.2f M", i+1, s.Shape, float64(s.Params)/1e6)
}
