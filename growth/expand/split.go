package expand

import "math"

// split moves shares between the copies that one output reads, which leaves their sum.
func split[T Number](how Split, w walk, dst, fresh []T) {
	if how == Equal || !w.rule.share || w.vector {
		return
	}
	groups := make([][]int, w.c.old)
	for k, i := range w.c.src {
		if i != none && w.c.copies[k] > 1 {
			groups[i] = append(groups[i], k)
		}
	}
	n := len(w.c.src)
	for at := 0; at < len(dst); at += n {
		for _, group := range groups {
			if len(group) > 0 {
				shift(how, dst[at:at+n], fresh[at:at+n], group)
			}
		}
	}
}

// shift changes one group of copies in a row.
func shift[T Number](how Split, dst, fresh []T, group []int) {
	var mean, most float64
	for _, k := range group {
		mean += float64(fresh[k]) / float64(len(group))
	}
	for _, k := range group {
		most = max(most, math.Abs(float64(fresh[k])-mean))
	}
	for _, k := range group {
		by := float64(fresh[k]) - mean
		if how == Unequal && by != 0 {
			by *= 0.5 * float64(dst[k]) / most
		}
		dst[k] = T(float64(dst[k]) + by)
	}
}
