package runlist

import (
	"reflect"
	"slices"
	"strings"

	"growlab/app/session"
)

// node is a run at its place in the tree.
type node struct {
	info  session.Info
	depth int  // of its ancestors that are in the list
	faint bool // on show only because a fork of it was searched for
}

// tree puts forks below what they were forked from, each level newest first as runs come, and keeps what a search is for, with
// its ancestors.
func tree(runs []session.Info, search string) []node {
	known := map[string]bool{}
	for _, r := range runs {
		known[r.ID] = true
	}
	children := map[string][]session.Info{}
	for _, r := range runs {
		parent := r.Parent
		if !known[parent] || parent == r.ID {
			parent = ""
		}
		children[parent] = append(children[parent], r)
	}
	var all []node
	seen := map[string]bool{} // a file may claim to be forked from its own fork
	var walk func(parent string, depth int) bool
	walk = func(parent string, depth int) bool {
		found := false
		for _, r := range children[parent] {
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			at := len(all)
			all = append(all, node{info: r, depth: depth})
			below := walk(r.ID, depth+1)
			match := matches(r, search)
			if !match && !below {
				all = all[:at]
				continue
			}
			all[at].faint = !match
			found = true
		}
		return found
	}
	walk("", 0)
	for _, r := range runs { // what only a circle of parents holds
		if !seen[r.ID] && matches(r, search) {
			seen[r.ID] = true
			all = append(all, node{info: r})
		}
	}
	return all
}

// matches reports whether every word of the search is somewhere in what is known of a run.
func matches(r session.Info, search string) bool {
	text := strings.ToLower(strings.Join([]string{r.Name, r.ID, r.Recipe, r.State, r.Tags}, " "))
	for _, word := range strings.Fields(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// Same reports whether two lists of runs say the same.
func Same(a, b []session.Info) bool {
	return slices.EqualFunc(a, b, func(x, y session.Info) bool { return reflect.DeepEqual(x, y) })
}
