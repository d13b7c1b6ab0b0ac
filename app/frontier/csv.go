package frontier

import (
	"encoding/csv"
	"io"
	"strconv"

	"growlab/app/verdict"
)

// WriteCSV writes a line for each contender: fixed sizes, then growth plans, each by FLOPs. Empty cells are not known.
func (f Frontier) WriteCSV(w io.Writer) error {
	rows := [][]string{{
		"contender", "grown", "runs", "tokens", "flops", "active_seconds", "final_loss", "spread", "place",
		"envelope_by", "envelope_loss", "envelope_mid_schedule", "envelope_reach", "nats_above_envelope", "nats_low", "nats_high",
		"flops_ratio_by", "flops_ratio", "flops_ratio_low", "flops_ratio_high", "flops_ratio_more_than",
	}}
	for _, s := range append(f.Fixed[:len(f.Fixed):len(f.Fixed)], f.Grown...) {
		row := []string{
			s.Name, strconv.FormatBool(s.Grown), strconv.Itoa(len(s.Runs)), number(&s.Tokens), number(&s.FLOPs), number(&s.Seconds),
			number(&s.Loss), number(s.Spread), s.Place, s.By, number(s.Envelope), strconv.FormatBool(s.MidSchedule), number(s.Reach),
		}
		row = append(append(row, cells(s.AboveBy)...), s.RatioBy)
		rows = append(rows, append(append(row, cells(s.Ratio)...), number(s.MoreThan)))
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// cells are those of an estimate, empty without one.
func cells(e *verdict.Estimate) []string {
	if e == nil {
		return []string{"", "", ""}
	}
	return []string{number(&e.Value), number(e.Low), number(e.High)}
}

// number writes a value in full; nothing for nil.
func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
