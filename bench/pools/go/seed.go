package pools

import (
	"sync"
	"sync/atomic"
)

// seed is the design of the pool this kit descends from: a sync.Pool per class
// that holds pointers to slices, and counters that all processors share, next to
// each other. Its put stores the address of its parameter, which allocates a
// slice header each time.
type seed struct {
	shared
	pools   [classes]sync.Pool
	metrics struct {
		classes    [classes]seedCounters
		gets, puts atomic.Uint64
	}
}

type seedCounters struct{ gets, puts, misses, discards, allocated, reused atomic.Uint64 }

func newSeed() *seed {
	p := new(seed)
	for i := range p.pools {
		size, m := smallest<<i, &p.metrics.classes[i]
		p.pools[i].New = func() any {
			m.misses.Add(1)
			m.allocated.Add(uint64(size))
			b := make([]byte, size)
			return &b
		}
	}
	return p
}

func (p *seed) Get(size int) []byte {
	p.metrics.gets.Add(1)
	c := class(size)
	if c >= classes {
		return make([]byte, size)
	}
	p.metrics.classes[c].gets.Add(1)
	return (*p.pools[c].Get().(*[]byte))[:size]
}

func (p *seed) Put(b []byte) {
	p.metrics.puts.Add(1)
	c := -1
	for c+1 < classes && cap(b) >= smallest<<(c+1) {
		c++
	}
	if c < 0 {
		p.metrics.classes[0].discards.Add(1)
		return
	}
	p.metrics.classes[c].puts.Add(1)
	b = b[:smallest<<c]
	p.pools[c].Put(&b)
}

// Warm is what the seed calls warming up: one buffer of every class, again and
// again.
func (p *seed) Warm(_, count int) {
	for c := range classes {
		for range count {
			p.Put(p.Get(smallest << c))
		}
	}
}

func (p *seed) Worker() Worker        { return p }
func (p *seed) get(n int) []byte      { return p.Get(n) }
func (p *seed) put(b []byte)          { p.Put(b) }
func (p *seed) bytes(b []byte) []byte { return b }
