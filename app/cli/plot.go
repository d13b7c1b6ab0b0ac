package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"growlab/app/chart"
	"growlab/app/curves"
	"growlab/app/session"
)

// plotFlags are those of growlab plot.
type plotFlags struct {
	x             string
	logX, logY    bool
	smooth        float64
	from, to      float64
	robust, trend bool
	through       bool
	noRaw         bool
	levels        []float64
	metrics       []string
	align         int
	svg, png, csv string
	theme         string
	width, height int
	scale         float64
}

func (p Program) plot() *cobra.Command {
	var f plotFlags
	cmd := &cobra.Command{
		Use:   "plot RUN...",
		Short: "draw curves of one run or several, as PNG, SVG or CSV",
		Long: `Draw the curves of runs above each other, as the window shows them. The transitions and events of the first are marked. Each
run has the colour that it has in the window, as long as no older run was deleted.`,
		Example: `  growlab plot flm-1m --x flops --log-x --log-y --slope --svg loss.svg
  growlab plot grown twin --x tokens --align 3 --metrics loss,grad-norm --png aligned.png
  growlab plot flm-1m --from 1500 --to 1700 --csv transition.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return session.Usagef("%s takes one run or several: ids, their beginnings, names or files; growlab runs list shows them", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			home, err := session.Open()
			if err != nil {
				return err
			}
			b, err := f.board(home, args)
			if err != nil {
				return err
			}
			return f.write(b)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *plotFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.x, "x", "step", "what the horizontal `AXIS` counts: "+strings.Join(axisNames(), ", "))
	s.BoolVar(&f.logX, "log-x", false, "logarithmic horizontal axis")
	s.BoolVar(&f.logY, "log-y", false, "logarithmic axis of the loss")
	s.Float64Var(&f.smooth, "smooth", 0.9, "`FACTOR` of the moving average, 0 (off) to below 1")
	s.BoolVar(&f.through, "through", false, "average across transitions instead of starting afresh")
	s.BoolVar(&f.noRaw, "no-raw", false, "leave out the raw values behind the average")
	s.Float64Var(&f.from, "from", 0, "`X` at which to begin; needs --to")
	s.Float64Var(&f.to, "to", 0, "`X` at which to end")
	s.BoolVar(&f.robust, "robust", false, "let the height leave outliers out")
	s.BoolVar(&f.trend, "slope", false, "fit a power law to each training loss in view")
	s.Float64SliceVar(&f.levels, "level", nil, "draw a line at a `LOSS`; may be given again")
	s.StringSliceVar(&f.metrics, "metrics", []string{"loss"}, "`METRICS` from above: loss, grad-norm, lr, mask, speed, memory")
	s.IntVar(&f.align, "align", 0, "put the zero where this `STAGE` begins")
	s.StringVar(&f.svg, "svg", "", "write an SVG `FILE`")
	s.StringVar(&f.png, "png", "", "write a PNG `FILE`")
	s.StringVar(&f.csv, "csv", "", "write every point in view to a CSV `FILE`")
	s.StringVar(&f.theme, "theme", "light", "`THEME` of the picture: light or dark")
	s.IntVar(&f.width, "width", 1000, "width of the picture")
	s.IntVar(&f.height, "height", 560, "height of the picture")
	s.Float64Var(&f.scale, "scale", 2, "pixels for each unit of length of a PNG")
}

// axisNames are the axes as flags name them.
func axisNames() []string {
	var names []string
	for _, a := range chart.Axes() {
		names = append(names, axisFlag(a))
	}
	return names
}

func axisFlag(a chart.Axis) string { return strings.ToLower(strings.ReplaceAll(a.String(), " ", "-")) }

// board is what the flags ask for.
func (f plotFlags) board(home *session.Home, args []string) (curves.Board, error) {
	b := curves.Board{Align: f.align, Trends: f.trend, Levels: f.levels, Empty: "no step yet"}
	b.View = curves.View{LogX: f.logX, LogY: f.logY, Smooth: f.smooth, Through: f.through, NoGhost: f.noRaw, Robust: f.robust, X: chart.Range{Lo: f.from, Hi: f.to}}
	if err := f.check(&b); err != nil {
		return b, err
	}
	colors, err := runColors(home)
	if err != nil {
		return b, err
	}
	for _, text := range args {
		info, err := find(home, text)
		if err != nil {
			return b, err
		}
		r, err := readCurves(home, info)
		if err != nil {
			return b, err
		}
		b.Shown = append(b.Shown, curves.Shown{Run: r, Color: colors[info.ID]})
	}
	if f.align > 1 && len(b.Lines(curves.Loss)) == 0 {
		return b, session.Usagef("--align %d: none of the runs has grown into stage %d", f.align, f.align)
	}
	return b, nil
}

// check fills b with the flags that have to be understood.
func (f plotFlags) check(b *curves.Board) error {
	known := false
	for _, a := range chart.Axes() {
		if axisFlag(a) == f.x {
			b.View.Axis, known = a, true
		}
	}
	for _, name := range f.metrics {
		m, err := curves.ParseMetric(name)
		if err != nil {
			return session.Usagef("%v", err)
		}
		b.Metrics = append(b.Metrics, m)
	}
	switch {
	case !known:
		return session.Usagef("--x %q: there are %s", f.x, strings.Join(axisNames(), ", "))
	case f.theme != "light" && f.theme != "dark":
		return session.Usagef("--theme %q: there are light and dark", f.theme)
	case !(f.smooth >= 0 && f.smooth < 1):
		return session.Usagef("--smooth %g: it must be 0 or more, and less than 1", f.smooth)
	case b.View.X != chart.Range{} && !(f.from < f.to):
		return session.Usagef("--from %g --to %g: the end must come after the beginning", f.from, f.to)
	case f.align < 0:
		return session.Usagef("--align %d: stages count from 1", f.align)
	case f.svg == "" && f.png == "" && f.csv == "":
		return session.Usagef("say where to draw: --png FILE, --svg FILE or --csv FILE")
	}
	return nil
}

// write writes the files asked for.
func (f plotFlags) write(b curves.Board) error {
	t := chart.Light()
	if f.theme == "dark" {
		t = chart.Dark()
	}
	s := b.Stack()
	for _, out := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{f.png, func(w io.Writer) error { return s.WritePNG(w, t, f.width, f.height, f.scale) }},
		{f.svg, func(w io.Writer) error { return s.WriteSVG(w, t, f.width, f.height) }},
		{f.csv, s.WriteCSV},
	} {
		if err := writeFile(out.path, out.write); err != nil {
			return err
		}
	}
	return nil
}

// readCurves gathers the curves of a run from its file.
func readCurves(home *session.Home, info session.Info) (*curves.Run, error) {
	events, past, err := home.History(info.File)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", info.ID, err)
	}
	r := curves.NewRun(info.ID, info.Name)
	r.Times = past.Times
	for _, part := range past.Undone {
		r.AddOrphan(part)
	}
	r.Apply(events)
	return r, nil
}

// runColors are the colours of all runs.
func runColors(home *session.Home) (map[string]int, error) {
	infos, err := home.Runs()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(infos))
	for i, info := range infos { // newest first
		ids[len(infos)-1-i] = info.ID
	}
	return curves.Colors(ids, nil), nil
}
