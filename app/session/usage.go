package session

import (
	"errors"
	"fmt"
)

// ErrUsage is wrapped by errors about what a person asked for: a flag, an argument or an environment variable.
var ErrUsage = errors.New("bad usage")

// usageError is a sentence that wraps ErrUsage.
type usageError struct{ sentence string }

func (e usageError) Error() string { return e.sentence }
func (usageError) Unwrap() error   { return ErrUsage }

// Usagef is an error of one sentence that wraps ErrUsage.
func Usagef(format string, a ...any) error { return usageError{fmt.Sprintf(format, a...)} }
