package allockit

import "math/bits"

const maxClasses = 64

// classes finds the class of a length: within a quarter of a doubling the first
// class that may serve it is known, and most often it does.
type classes struct {
	largest int
	count   int
	first   [128]uint8
	sizes   [maxClasses]int // capacity of the buffers, ascending
	slots   [maxClasses]int // how many of them may lie in a shard
}

func (c *classes) init(sizes []int) {
	c.count = copy(c.sizes[:], sizes)
	c.largest = sizes[len(sizes)-1]
	next := 0 // quarters up to here have their class
	for i, size := range sizes {
		for ; next <= quarter(size); next++ {
			c.first[next] = uint8(i)
		}
	}
}

// quarter numbers the quarters of doublings: 1 to 8, 9 and 10, 11 and 12, 13 and
// 14, 15 and 16, 17 to 20 and so on. n is from 1 on.
func quarter(n int) int {
	x := uint(n-1) | 7
	top := bits.Len(x)
	return (top<<2 | int(x>>(top-3)&3)) & 127
}

// of is the class that serves n, from 1 to largest.
func (c *classes) of(n int) int {
	class := int(c.first[quarter(n)])
	for c.sizes[class&(maxClasses-1)] < n {
		class++
	}
	return class
}
