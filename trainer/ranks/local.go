package ranks

import "net"

// Local is a group of size ranks in this process, each to be used by a goroutine of its own.
func Local(size int) []*Group {
	groups := make([]*Group, size)
	var links []*link
	for r := 1; r < size; r++ {
		a, b := net.Pipe()
		links = append(links, newLink(r, "this machine", a))
		groups[r] = newGroup(r, size, []*link{newLink(0, "this machine", b)})
	}
	groups[0] = newGroup(0, size, links)
	return groups
}
