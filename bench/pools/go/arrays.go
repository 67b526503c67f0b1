package pools

import "sync"

// arrays are fixed arrays in a sync.Pool per size, the least that a pool of the
// standard library can do. A program that uses one size needs neither a length
// nor a search for the class, so the loops of one size have none, and its loops
// are written here.
type arrays struct {
	shared
	pools [classes]sync.Pool
}

func newArrays() *arrays {
	return &arrays{pools: [classes]sync.Pool{
		{New: func() any { return new([2 << 10]byte) }}, {New: func() any { return new([4 << 10]byte) }},
		{New: func() any { return new([8 << 10]byte) }}, {New: func() any { return new([16 << 10]byte) }},
		{New: func() any { return new([32 << 10]byte) }}, {New: func() any { return new([64 << 10]byte) }},
	}}
}

func (p *arrays) Warm(size, count int) {
	c := class(size)
	warm(func(int) any { return p.pools[c].Get() }, p.pools[c].Put, size, count)
}

func (p *arrays) Worker() Worker { return p }

func (p *arrays) Pairs(n, size int) {
	pool := &p.pools[class(size)]
	for range n {
		b := pool.Get()
		pool.Put(b)
	}
}

func (p *arrays) Mixed(n int) {
	for i := range n {
		pool := &p.pools[i%4]
		b := pool.Get()
		pool.Put(b)
	}
}

func (p *arrays) Reset(n int) {
	pool := &p.pools[1]
	for range n {
		b := pool.Get().(*[4 << 10]byte)
		clear(b[:])
		pool.Put(b)
	}
}

func (p *arrays) Load(stop <-chan struct{}, first int) (pairs int) {
	small, large := &p.pools[1], &p.pools[2]
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		if i%2 == 0 {
			b := small.Get().(*[4 << 10]byte)
			for j := range 10 {
				b[j] = byte(j)
			}
			small.Put(b)
		} else {
			b := large.Get().(*[8 << 10]byte)
			for j := range 10 {
				b[j] = byte(j)
			}
			large.Put(b)
		}
		pairs++
	}
}

func (p *arrays) Burst(count, size int, full func()) {
	pool := &p.pools[classes-1]
	get := func(int) *[64 << 10]byte { return pool.Get().(*[64 << 10]byte) }
	put := func(b *[64 << 10]byte) { pool.Put(b) }
	burst(get, func(b *[64 << 10]byte) []byte { return b[:size] }, put, count, size, full)
}
