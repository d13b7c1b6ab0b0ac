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
