package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/lab"
	"growlab/app/session"
	"growlab/growth"
	"growlab/growth/predict"
	"growlab/growth/shape"
)

// predictFlags are those of growlab predict.
type predictFlags struct {
	by string
	at []string
}

// What a fit is over.
const (
	byParams = "params"
	byWidth  = "width"
	byFLOPs  = "flops"
)

// byUnits names each in the text.
var byUnits = map[string]string{byParams: "parameters", byWidth: "channels", byFLOPs: "FLOPs"}

// predicted is the fit as it is shown.
type predicted struct {
	By          string        `json:"by"`
	A           float64       `json:"a"`
	B           float64       `json:"b"`
	C           float64       `json:"c"`
	Errors      *[3]float64   `json:"standard_errors"` // of a, b, c; null without degrees of freedom
	ResidualStd *float64      `json:"residual_std"`
	Method      string        `json:"method"`
	Points      []fittedPoint `json:"points"`
	Predictions []farPoint    `json:"predictions"`
	Notes       []string      `json:"notes"`
}

type fittedPoint struct {
	Name string  `json:"name,omitempty"` // of the run
	X    float64 `json:"x"`
	Loss float64 `json:"loss"`
	Fit  float64 `json:"fit"`

	tokens int64        // of a run; 0 of a pair, like all below
	grew   bool         // whether it ended larger than it began
	kind   shape.Config // without its size
	task   *lab.Task
}

type farPoint struct {
	X            float64  `json:"x"`
	Loss         float64  `json:"loss"`
	Low          *float64 `json:"low"`
	High         *float64 `json:"high"`
	Extrapolated bool     `json:"extrapolated"`
	Beyond       float64  `json:"beyond"` // how many times outside the points
}

const predictMethod = "least squares; 95 % interval for one more run, from the covariance of the fit and Student's t"

func (p Program) predict() *cobra.Command {
	var f predictFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "predict RUN|X:LOSS ...",
		Short: "fit a x^b + c to the losses of runs, and say what comes next",
		Long: `Fit loss = a x^b + c to finished runs, or to pairs such as 10M:1.25, and predict the loss further on.

x is the parameters of a run's last stage, with --by width its hidden channels, or with --by flops all that it computed. The runs
must be comparable: those of different texts, contexts or evaluations are refused; other kinds of networks, and over parameters or width
other numbers of tokens, get a note.`,
		RunE: func(_ *cobra.Command, args []string) error {
			points, err := f.points(args)
			if err != nil {
				return err
			}
			out, err := f.fit(points)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(p.Streams.Out, out)
			}
			return out.write(&text{w: p.Streams.Out})
		},
	}
	cmd.Flags().StringVar(&f.by, "by", byParams, "what x is: params, width or flops")
	cmd.Flags().StringSliceVar(&f.at, "at", nil, "`X` to predict at, such as 100M; without it twice and four times the largest")
	jsonFlag(cmd, &asJSON, "print one JSON object")
	return cmd
}

// points reads the arguments.
func (f predictFlags) points(args []string) ([]fittedPoint, error) {
	if byUnits[f.by] == "" {
		return nil, session.Usagef("--by is %q; it must be params, width or flops", f.by)
	}
	if len(args) < 3 {
		return nil, session.Usagef("a fit needs three runs or pairs X:LOSS, such as 10M:1.25; there are %d", len(args))
	}
	var home *session.Home
	var points []fittedPoint
	for _, arg := range args {
		if x, loss, isPair := strings.Cut(arg, ":"); isPair {
			p, err := f.pair(x, loss)
			if err != nil {
				return nil, session.Usagef("%q: %v", arg, err)
			}
			points = append(points, p)
			continue
		}
		if home == nil {
			var err error
			if home, err = session.Open(); err != nil {
				return nil, err
			}
		}
		p, err := f.run(home, arg)
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, comparable(points)
}

func (f predictFlags) pair(x, loss string) (p fittedPoint, err error) {
	if p.X, err = f.amount(x); err != nil {
		return p, err
	}
	if p.Loss, err = strconv.ParseFloat(loss, 64); err != nil || math.IsNaN(p.Loss) || math.IsInf(p.Loss, 0) {
		return p, errors.New("the loss is not a number")
	}
	return p, nil
}

// amount reads an x.
func (f predictFlags) amount(s string) (float64, error) {
	if f.by == byFLOPs {
		v, err := growth.ParseFLOPs(s)
		if err == nil && v <= 0 {
			err = fmt.Errorf("%q is not positive", s)
		}
		return float64(v), err
	}
	n, err := growth.ParseParams(s)
	return float64(n), err
}

// run is the point of a finished run.
func (f predictFlags) run(home *session.Home, arg string) (p fittedPoint, err error) {
	info, err := find(home, arg)
	if err != nil {
		return p, err
	}
	a, err := readAccount(info)
	if err != nil {
		return p, err
	}
	if a.Ended == nil || info.State != session.Done || a.Eval == nil || !a.Eval.Final {
		return p, session.Usagef("run %s is %s; a fit takes the final loss of runs that are done", info.ID, info.State)
	}
	last := a.Stages[len(a.Stages)-1]
	p = fittedPoint{Name: info.ID, X: float64(last.Params), Loss: a.Eval.Loss, tokens: a.Ended.Tokens, grew: len(a.Grew) > 0}
	if p.task, p.kind, err = taskOf(info); err != nil {
		return p, err
	}
	switch f.by {
	case byWidth:
		p.X = float64(last.Hidden)
	case byFLOPs:
		p.X = a.Ended.FLOPs
	}
	return p, nil
}

// taskOf is what the final loss of a run is of, and its last network without its size.
func taskOf(info session.Info) (*lab.Task, shape.Config, error) {
	task, recipe, err := lab.ReadTask(info)
	if err != nil {
		return nil, shape.Config{}, err
	}
	kind := recipe.Final()
	kind.Layers, kind.Hidden, kind.Heads, kind.FFN = 0, 0, 0, 0
	return &task, kind, nil
}

// comparable refuses runs whose final losses are of different things.
func comparable(points []fittedPoint) error {
	var first *lab.Task
	for _, p := range points {
		switch {
		case p.task == nil:
		case first == nil:
			first = p.task
		default:
			if err := first.SameEnd(*p.task); err != nil {
				return err
			}
		}
	}
	return nil
}

// fit carries out the fit and its predictions.
func (f predictFlags) fit(points []fittedPoint) (out predicted, err error) {
	var bare []predict.Point
	for _, p := range points {
		bare = append(bare, predict.Point{X: p.X, Loss: p.Loss})
	}
	fit, err := predict.Of(bare)
	if err != nil {
		return out, session.Usagef("%v", err)
	}
	out = predicted{By: f.by, A: fit.A, B: fit.B, C: fit.C, Method: predictMethod, Notes: f.notes(points, fit)}
	if fit.DOF > 0 {
		out.Errors, out.ResidualStd = &fit.Errors, &fit.S
	}
	for _, p := range points {
		p.Fit = fit.At(p.X).Loss
		out.Points = append(out.Points, p)
	}
	at, err := f.targets(fit)
	for _, x := range at {
		p := fit.At(x)
		far := farPoint{X: x, Loss: p.Loss, Extrapolated: p.Beyond > 1, Beyond: p.Beyond}
		if p.Bars {
			far.Low, far.High = &p.Low, &p.High
		}
		out.Predictions = append(out.Predictions, far)
	}
	return out, err
}

func (f predictFlags) targets(fit predict.Fit) ([]float64, error) {
	if len(f.at) == 0 {
		return []float64{2 * fit.Hi, 4 * fit.Hi}, nil
	}
	var at []float64
	for _, s := range f.at {
		x, err := f.amount(s)
		if err != nil {
			return nil, session.Usagef("--at: %v", err)
		}
		at = append(at, x)
	}
	return at, nil
}

// notes says what weakens the fit.
func (f predictFlags) notes(points []fittedPoint, fit predict.Fit) []string {
	notes := []string{}
	if fit.DOF == 0 {
		notes = append(notes, "three points are interpolated: there are no error bars")
	}
	var first *fittedPoint // of a run
	different := false
	for i, p := range points {
		switch {
		case p.task == nil: // a pair, of which nothing is known
			continue
		case p.grew:
			notes = append(notes, fmt.Sprintf("run %s grew as it trained, and stands where its last stage is: the law is for networks of one size from the start", p.Name))
		}
		if first == nil {
			first = &points[i]
			continue
		}
		if f.by != byFLOPs && p.tokens != first.tokens && !different {
			different = true
			notes = append(notes, fmt.Sprintf("the runs saw different numbers of tokens (%s and %s), so more than size is in the fit", grouped(first.tokens), grouped(p.tokens)))
		}
		if p.kind != first.kind {
			notes = append(notes, fmt.Sprintf("runs %s and %s are networks of different kinds, so more than %s is in the fit", first.Name, p.Name, byUnits[f.by]))
		}
	}
	return notes
}

func (p predicted) write(t *text) error {
	t.line("loss = a x^b + c over %s, from %d points", byUnits[p.By], len(p.Points))
	if e := p.Errors; e != nil {
		t.line("  a %.4g ± %.3g, b %.4g ± %.3g, c %.4f ± %.3g; residuals of %.2g", p.A, e[0], p.B, e[1], p.C, e[2], *p.ResidualStd)
	} else {
		t.line("  a %.4g, b %.4g, c %.4f", p.A, p.B, p.C)
	}
	t.line("")
	rows := tabwriter.NewWriter(t, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(rows, "%s\tloss\tfit\t95 %% from\tto\t\t\n", byUnits[p.By]) // t keeps the error
	for _, x := range p.Points {
		_, _ = fmt.Fprintf(rows, "%s\t%.4f\t%.4f\t\t\t%s\t\n", scaled(x.X), x.Loss, x.Fit, x.Name)
	}
	for _, x := range p.Predictions {
		low, high, word := "-", "-", "within the points"
		if x.Low != nil {
			low, high = fmt.Sprintf("%.4f", *x.Low), fmt.Sprintf("%.4f", *x.High)
		}
		if x.Extrapolated {
			word = fmt.Sprintf("extrapolated %.3gx", x.Beyond)
		}
		_, _ = fmt.Fprintf(rows, "%s\t\t%.4f\t%s\t%s\t%s\t\n", scaled(x.X), x.Loss, low, high, word)
	}
	_ = rows.Flush() // t keeps the error
	t.line("")
	if p.Errors != nil {
		t.line("%s", p.Method)
	}
	for _, n := range p.Notes {
		t.line("note: %s", n)
	}
	return t.err
}
