package allockit

import "io"

// BufferPool hands out buffers of one length from a [Pool]. It is a
// net/http/httputil.BufferPool, for ReverseProxy.
type BufferPool struct {
	p *Pool
	n int
}

// copyBytes is what io.Copy takes for itself.
const copyBytes = 32 << 10

// BufferPool makes one for buffers of length n; 0 is 32 KiB. Any goroutine may call
// it, and use what it returns.
func (p *Pool) BufferPool(n int) *BufferPool {
	if n == 0 {
		n = copyBytes
	}
	return &BufferPool{p, n}
}

// Get is Pool.Get of the length. When the pool has no memory it is nil, and
// ReverseProxy makes a buffer itself.
func (a *BufferPool) Get() []byte { return a.p.Get(a.n) }

// Put is Pool.Put.
func (a *BufferPool) Put(b []byte) { a.p.Put(b) }

// Copy is io.Copy with a buffer of the pool, or one that io.Copy makes when the pool
// has no memory. As io.Copy does, it takes none when src has WriteTo or dst ReadFrom.
// Any goroutine may call it.
func (p *Pool) Copy(dst io.Writer, src io.Reader) (written int64, err error) {
	b := p.Get(copyBytes)
	if b == nil {
		return io.Copy(dst, src)
	}
	defer p.Put(b)
	return io.CopyBuffer(dst, src, b)
}
