package data

import "math/bits"

// permutation is a keyed bijection of [0, n) in constant space: a Feistel network over the smallest
// sufficient even number of bits, walked along its cycle until it lands below n (Black and Rogaway, "Ciphers
// with arbitrary finite domains", 2002). The domain is less than 4n, so a walk takes under four steps on
// average. For shuffling only: it is not meant to keep secrets.
type permutation struct {
	n    uint64
	half int // bits of one half
	keys [8]uint64
}

func newPermutation(n, key uint64) permutation {
	p := permutation{n: n, half: max(1, (bits.Len64(n-1)+1)/2)}
	for r := range p.keys {
		p.keys[r] = mix(key + uint64(r+1)*golden)
	}
	return p
}

// at is the image of i < n.
func (p permutation) at(i uint64) uint64 {
	for {
		if i = p.feistel(i); i < p.n {
			return i
		}
	}
}

func (p permutation) feistel(i uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	left, right := i>>p.half, i&mask
	for _, key := range p.keys {
		left, right = right, left^(mix(right+key)&mask)
	}
	return left<<p.half | right
}

// golden is 2^64 divided by the golden ratio, the step of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): a bijection of 64 bits in which each
// input bit changes about half of the output bits.
func mix(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
