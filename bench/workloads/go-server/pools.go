package main

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/valyala/bytebufferpool"
)

// pool is a source of buffers. The box is what a pool of objects hands out; the
// program keeps it with the bytes, as one would who uses that pool.
type pool interface {
	get(n int) buffer
	put(b buffer)
}

type buffer struct {
	bytes []byte
	box   any
}

// openBuffers returns the pool of a mode and what to call when all buffers are
// back.
func openBuffers(mode string) (pool, func()) {
	nothing := func() {}
	switch mode {
	case "make":
		return makes{}, nothing
	case "sync.Pool":
		return new(byValue), nothing
	case "boxes":
		return new(boxes), nothing
	case "seed":
		return new(seed), nothing
	case "bytebufferpool":
		return new(byteBuffers), nothing
	case "allockit":
		return openAllockit()
	}
	fail("unknown mode " + mode)
	return nil, nil
}

type makes struct{}

func (makes) get(n int) buffer { return buffer{bytes: make([]byte, n)} }
func (makes) put(buffer)       {}

const (
	smallest = 2 << 10
	classes  = 6 // 2, 4, 8, 16, 32 and 64 KiB
)

// class is the smallest one that holds n bytes.
func class(n int) int { return max(0, bits.Len(uint(n-1))-11) }

// byValue is what one writes who wants []byte from a sync.Pool: the address of
// the slice goes into the pool, so every put allocates one.
type byValue struct{ pools [classes]sync.Pool }

func (p *byValue) get(n int) buffer {
	c := class(n)
	if box, _ := p.pools[c].Get().(*[]byte); box != nil {
		return buffer{bytes: (*box)[:n]}
	}
	return buffer{bytes: make([]byte, n, smallest<<c)}
}

func (p *byValue) put(b buffer) {
	bytes := b.bytes
	p.pools[class(cap(bytes))].Put(&bytes)
}

// boxes never lets go of the *[]byte, which needs a second value beside every
// buffer.
type boxes struct{ pools [classes]sync.Pool }

func (p *boxes) get(n int) buffer {
	c := class(n)
	box, _ := p.pools[c].Get().(*[]byte)
	if box == nil {
		b := make([]byte, smallest<<c)
		box = &b
	}
	return buffer{(*box)[:n], box}
}

func (p *boxes) put(b buffer) { p.pools[class(cap(b.bytes))].Put(b.box) }

// seed is byValue with the counters of the design this kit descends from: two
// additions to shared words for every get and every put.
type seed struct {
	byValue
	counts [classes]struct{ gets, puts, misses, discards, allocated, reused atomic.Uint64 }
	gets   atomic.Uint64
	puts   atomic.Uint64
}

func (p *seed) get(n int) buffer {
	c := class(n)
	p.gets.Add(1)
	p.counts[c].gets.Add(1)
	if box, _ := p.pools[c].Get().(*[]byte); box != nil {
		return buffer{bytes: (*box)[:n]}
	}
	p.counts[c].misses.Add(1)
	p.counts[c].allocated.Add(smallest << c)
	return buffer{bytes: make([]byte, n, smallest<<c)}
}

func (p *seed) put(b buffer) {
	p.puts.Add(1)
	p.counts[class(cap(b.bytes))].puts.Add(1)
	p.byValue.put(b)
}

// byteBuffers is used as documented: one pool, whose objects grow to what was
// asked of them.
type byteBuffers struct{ pool bytebufferpool.Pool }

func (p *byteBuffers) get(n int) buffer {
	box := p.pool.Get()
	if cap(box.B) < n {
		box.B = make([]byte, n)
	}
	box.B = box.B[:n]
	return buffer{box.B, box}
}

func (p *byteBuffers) put(b buffer) { p.pool.Put(b.box.(*bytebufferpool.ByteBuffer)) }
