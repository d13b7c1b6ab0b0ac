package session

import (
	"testing"
	"time"
)

// RenewAtOnce has runs of other machines asked for at every look at the list, for the rest of a test.
func RenewAtOnce(t *testing.T) {
	was := renewEvery
	renewEvery = time.Duration(0)
	t.Cleanup(func() { renewEvery = was })
}
