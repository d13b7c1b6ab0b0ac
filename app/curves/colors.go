package curves

// colorCount is how many colours tell runs apart; the palettes of both themes have as many.
const colorCount = 8

// Colors gives each of the runs, oldest first, a colour that it keeps: those in known keep theirs, the others take turns. So the
// same run has the same colour on every page and in every picture, and eight runs begun one after the other differ. The result
// is an index into chart.Theme.Series for each id.
func Colors(ids []string, known map[string]int) map[string]int {
	out := make(map[string]int, len(ids))
	next := 0
	for _, id := range ids {
		c, ok := known[id]
		if !ok || c < 0 || c >= colorCount {
			c = next
		}
		out[id] = c
		next = (c + 1) % colorCount
	}
	return out
}
