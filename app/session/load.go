package session

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Load is what the machine's processors have done since it started, in ticks of the kernel; the difference of two tells how
// busy they were between.
type Load struct{ Busy, All uint64 }

// MeasureLoad reads the counters; known is false where the system has none.
func MeasureLoad() (l Load, known bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Load{}, false
	}
	return parseLoad(text)
}

// parseLoad reads the first line of /proc/stat, proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; what follows
// is contained in them.
func parseLoad(stat []byte) (l Load, known bool) {
	line, err := bufio.NewReader(bytes.NewReader(stat)).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) < 9 || fields[0] != "cpu" {
		return Load{}, false
	}
	for i, f := range fields[1:9] {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return Load{}, false
		}
		l.All += n
		if i != 3 && i != 4 {
			l.Busy += n
		}
	}
	return l, true
}

// Since is the share of the time since an earlier measurement in which the processors were busy, 0 to 1.
func (l Load) Since(before Load) float64 {
	if l.All <= before.All {
		return 0
	}
	return min(max(float64(l.Busy)-float64(before.Busy), 0)/float64(l.All-before.All), 1)
}
