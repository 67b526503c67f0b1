package pools

import (
	"sync"

	libp2ppool "github.com/libp2p/go-buffer-pool"
	"github.com/valyala/bytebufferpool"
)

// libp2p is github.com/libp2p/go-buffer-pool.
type libp2p struct {
	shared
	pool libp2ppool.BufferPool
}

func (p *libp2p) Warm(size, count int)  { warm(p.get, p.put, size, count) }
func (p *libp2p) Worker() Worker        { return p }
func (p *libp2p) get(n int) []byte      { return p.pool.Get(n) }
func (p *libp2p) put(b []byte)          { p.pool.Put(b) }
func (p *libp2p) bytes(b []byte) []byte { return b }

// byteBuffers is github.com/valyala/bytebufferpool: objects that grow to what
// was asked of them. The program keeps the object with its bytes.
type byteBuffers struct {
	shared
	pool bytebufferpool.Pool
}

func (p *byteBuffers) get(n int) *bytebufferpool.ByteBuffer {
	b := p.pool.Get()
	if cap(b.B) < n {
		b.B = make([]byte, n)
	}
	b.B = b.B[:n]
	return b
}

func (p *byteBuffers) Warm(size, count int)                      { warm(p.get, p.put, size, count) }
func (p *byteBuffers) Worker() Worker                            { return p }
func (p *byteBuffers) put(b *bytebufferpool.ByteBuffer)          { p.pool.Put(b) }
func (p *byteBuffers) bytes(b *bytebufferpool.ByteBuffer) []byte { return b.B }

// boxes is a sync.Pool of *[]byte per class. The program keeps the pointer with
// its bytes, so nothing is allocated.
type boxes struct {
	shared
	pools [classes]sync.Pool
}

func (p *boxes) get(n int) *[]byte {
	c := class(n)
	b, _ := p.pools[c].Get().(*[]byte)
	if b == nil {
		made := make([]byte, smallest<<c)
		b = &made
	}
	*b = (*b)[:n]
	return b
}

func (p *boxes) Warm(size, count int)   { warm(p.get, p.put, size, count) }
func (p *boxes) Worker() Worker         { return p }
func (p *boxes) put(b *[]byte)          { p.pools[class(cap(*b))].Put(b) }
func (p *boxes) bytes(b *[]byte) []byte { return *b }

// makes is no pool.
type makes struct {
	shared
	last []byte
}

// get lets the buffer escape: it is on the heap and zeroed.
func (p *makes) get(n int) []byte {
	p.last = make([]byte, n)
	return p.last
}

func (p *makes) Warm(int, int)         {}
func (p *makes) Worker() Worker        { return new(makes) }
func (p *makes) put([]byte)            {}
func (p *makes) bytes(b []byte) []byte { return b }
