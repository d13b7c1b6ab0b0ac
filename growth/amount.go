package growth

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Tokens counts tokens, the native unit of length. In a recipe it is a whole number or a string such as "2.5M".
type Tokens int64

// suffix is a letter that multiplies a number.
type suffix struct {
	letter string
	factor float64
}

var suffixes = []suffix{{"k", 1e3}, {"M", 1e6}, {"B", 1e9}}

// ParseTokens reads "1536", "1_536", "245.4M", "500k" or "2B".
func ParseTokens(s string) (Tokens, error) {
	if n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(s), "_", ""), 10, 64); err == nil {
		return Tokens(n), nil // above 2^53 a float would round
	}
	f, err := parseAmount(s, suffixes)
	if n := math.Round(f); err == nil && math.Abs(n) < 1<<62 {
		return Tokens(n), nil
	}
	return 0, fmt.Errorf("%q is not a number of tokens; write for example 1536, 500k, 2.5M or 1B", s)
}

// UnmarshalText reads the string form.
func (t *Tokens) UnmarshalText(b []byte) error {
	n, err := ParseTokens(string(b))
	if err != nil {
		return err
	}
	*t = n
	return nil
}

// FLOPs is an amount of computation. In a recipe it is a number or a string such as "2.5T".
type FLOPs float64

var flopSuffixes = []suffix{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18}, {"Z", 1e21}}

// ParseFLOPs reads "6.03e12", "6.03T" or "52.76Z".
func ParseFLOPs(s string) (FLOPs, error) {
	f, err := parseAmount(s, flopSuffixes)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of FLOPs; write for example 6e12, 6T or 1.5P", s)
	}
	return FLOPs(f), nil
}

// UnmarshalText reads the string form.
func (f *FLOPs) UnmarshalText(b []byte) error {
	v, err := ParseFLOPs(string(b))
	if err != nil {
		return err
	}
	*f = v
	return nil
}

// ParseParams reads a number of parameters: "10M", "1.5B" or "124_000_000".
func ParseParams(s string) (int64, error) {
	f, err := parseAmount(s, suffixes)
	if n := math.Round(f); err == nil && n >= 1 && n < 1<<62 {
		return int64(n), nil
	}
	return 0, fmt.Errorf("%q is not a number of parameters; write for example 500k, 10M or 1.5B", s)
}

// parseAmount reads a number with one of the suffixes, or none.
func parseAmount(s string, all []suffix) (float64, error) {
	t := strings.ReplaceAll(strings.TrimSpace(s), "_", "")
	factor := 1.0
	for _, x := range all {
		if cut, ok := strings.CutSuffix(t, x.letter); ok {
			t, factor = cut, x.factor
			break
		}
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return 0, err
	}
	if math.IsNaN(f) || math.IsInf(f*factor, 0) {
		return 0, strconv.ErrRange
	}
	return f * factor, nil
}
