package lab

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"growlab/app/verdict"
)

// ReportFile is the Markdown file of a report in dir, with which one begins to read.
func ReportFile(dir string) string { return filepath.Join(dir, "report.md") }

// WriteReport writes the lab report of c into the folder dir: report.md, its pictures, verdict.json, verdict.csv, curves.csv,
// tuning.csv if learning rates were tuned, and the recipes. Files of these names are replaced, others stay.
func WriteReport(dir string, c Comparison) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { // before the pictures are drawn
		return unwritable(dir, err)
	}
	files, err := c.report()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return unwritable(dir, err)
		}
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return unwritable(dir, err)
		}
	}
	return nil
}

// unwritable is a sentence on a folder that takes no report.
func unwritable(dir string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("cannot write a report into %s: %w", dir, err)
}

// file is one of a report.
type file struct {
	name string
	data []byte
}

func (c Comparison) report() ([]file, error) {
	text, err := c.markdown()
	if err != nil {
		return nil, err
	}
	object, err := json.MarshalIndent(c.Verdict, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	files := []file{{"report.md", text}, {"verdict.json", append(object, '\n')}}
	type table struct {
		name string
		rows [][]string
	}
	tables := []table{{"verdict.csv", c.verdictRows()}, {"curves.csv", c.curveRows()}}
	if c.Tuning != nil {
		tables = append(tables, table{"tuning.csv", c.Tuning.rows()})
	}
	for _, t := range tables {
		var out bytes.Buffer
		if err := csv.NewWriter(&out).WriteAll(t.rows); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		files = append(files, file{t.name, out.Bytes()})
	}
	for _, p := range pictures {
		data, err := c.draw(p.axis, p.logX)
		if err != nil {
			return nil, err
		}
		files = append(files, file{p.file, data})
	}
	for i, g := range c.Groups {
		recipe, err := g.Entries[0].Recipe.TOML()
		if err != nil {
			return nil, err
		}
		files = append(files, file{recipeFile(i, g), recipe})
	}
	return files, nil
}

// recipeFile is where a report keeps the recipe of a group; its number tells recipes of one name apart.
func recipeFile(i int, g Group) string {
	return fmt.Sprintf("recipes/%d-%s.toml", i+1, safe(g.Entries[0].Recipe.Name))
}

// safe is a name as part of a file's.
func safe(name string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return '_'
	}, name)
}

// number writes a value in full; nothing for nil.
func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// bounds are the cells of an estimate, empty without one.
func bounds(e *verdict.Estimate) []string {
	if e == nil {
		return []string{"", "", ""}
	}
	return []string{number(&e.Value), number(e.Low), number(e.High)}
}

// verdictRows is a line for each pair.
func (c Comparison) verdictRows() [][]string {
	rows := [][]string{{
		"run", "rival", "run_seeds", "rival_seeds", "run_final_loss", "rival_final_loss", "run_spread", "rival_spread",
		"run_tokens", "rival_tokens", "run_flops", "rival_flops", "run_seconds", "rival_seconds",
		"equal_loss", "flops_to_equal_loss_ratio", "flops_to_equal_loss_low", "flops_to_equal_loss_high",
		"equal_flops", "run_loss_at_equal_flops", "rival_loss_at_equal_flops", "loss_at_equal_flops_difference", "difference_low", "difference_high",
		"equal_tokens", "wall_clock_ratio_at_equal_tokens", "winner_at_equal_flops",
	}}
	for _, p := range c.Verdict.Pairs {
		a, b := p.Run, p.Rival
		row := []string{a.Name, b.Name, strconv.Itoa(len(a.Seeds)), strconv.Itoa(len(b.Seeds)), number(&a.Loss), number(&b.Loss), number(a.Spread), number(b.Spread)}
		row = append(row, number(&a.Tokens), number(&b.Tokens), number(&a.FLOPs), number(&b.FLOPs), number(&a.Seconds), number(&b.Seconds))
		row = append(append(row, number(&p.EqualLoss)), bounds(p.FLOPsToEqualLoss)...)
		if at := p.LossAtFLOPs; at != nil {
			row = append(append(row, number(&at.FLOPs), number(&at.Run), number(&at.Rival)), bounds(&at.Difference)...)
			row = append(row, number(&p.EqualTokens), number(p.WallClock), at.Winner)
		} else {
			row = append(row, "", "", "", "", "", "", number(&p.EqualTokens), number(p.WallClock), "")
		}
		rows = append(rows, row)
	}
	return rows
}

// curveRows is a line for each evaluation; loss is as measured, shifted_loss as it is compared.
func (c Comparison) curveRows() [][]string {
	rows := [][]string{{"contender", "run", "seed", "tokens", "flops", "active_seconds", "loss", "shifted_loss", "final"}}
	for _, g := range c.Groups {
		for _, e := range g.Entries {
			add := func(p verdict.Point, shifted *float64, final bool) {
				rows = append(rows, []string{
					g.Name, e.Info.ID, strconv.FormatUint(e.Meta.Seed, 10), number(&p.Tokens), number(&p.FLOPs), number(&p.Seconds),
					number(&p.Loss), number(shifted), strconv.FormatBool(final),
				})
			}
			curve := verdict.Curve(e.Run)
			for i, p := range e.Run.Points {
				add(p, &curve[i].Loss, false)
			}
			add(e.Run.End, &e.Run.End.Loss, true)
		}
	}
	return rows
}
