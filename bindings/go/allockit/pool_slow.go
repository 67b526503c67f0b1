package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_get
// #cgo nocallback akit_pool_get
// #cgo noescape akit_pool_get_n
// #cgo nocallback akit_pool_get_n
// #cgo noescape akit_pool_put_n
// #cgo nocallback akit_pool_put_n
import "C"

import (
	"errors"
	"runtime"
	"syscall"
	"unsafe"
)

// easing is how many requests must be served by C in a row before caches are used
// again after memory was short.
const easing = 1024

// own is the shard of this processor, locked, between enter and leave; it is made
// when the processor has none and the mode allows.
func (p *Pool) own() *shard {
	for {
		id := enter()
		s := p.shards.of(id)
		s.lock()
		if !s.retired && (s != p.none || p.mode.Load() != 0) {
			return s
		}
		s.unlock()
		leave()
		p.attach(id)
	}
}

func disown(s *shard) {
	s.unlock()
	leave()
}

func (p *Pool) attach(id int) {
	p.caches.Lock()
	defer p.caches.Unlock()
	if p.mode.Load() != 0 {
		return
	}
	list := *p.list.Load()
	if id >= len(list) {
		longer := make([]atomicShard, max(id+1, runtime.GOMAXPROCS(0)))
		for i := range longer {
			longer[i].Store(p.none)
			if i < len(list) {
				longer[i].Store(list[i].Load())
			}
		}
		list = longer
	}
	if list[id].Load() == p.none {
		list[id].Store(newShard(&p.classes, p.most))
	}
	p.list.Store(&list)
}

// miss serves a get that the processor's shard could not.
func (p *Pool) miss(n int) ([]byte, error) {
	if n == 0 {
		b, err := p.TryGet(1)
		return b[:0], err
	}
	if uint(n) > uint(p.largest) {
		return p.oversize(n)
	}
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if !p.live() {
		return nil, closed("Pool.Get")
	}
	class, want := p.classes.of(n), 1
	s := p.own()
	if s != p.none {
		want = s.want(class)
	}
	disown(s)
	return p.refill(p.own, class, n, want)
}

// refill gets buffers from C, hands the first out and puts the others into a
// shard. p is locked against Close.
func (p *Pool) refill(own func() *shard, class, n, want int) ([]byte, error) {
	var batch [batchMost]uintptr
	for {
		got, err := p.fetch(n, batch[:want])
		if got == 0 {
			return nil, err
		}
		if got = p.receive(class, batch[:got]); got > 0 {
			p.fill(own, class, batch[:got])
			return bytesAt(pointerAt(&batch[0]), n, p.sizes[class]), nil
		}
	}
}

// receive marks buffers that came from C, the first as out and the others as idle. It
// leaves those aside that the program has, after two puts that met: C took one of
// them for good.
func (p *Pool) receive(class int, batch []uintptr) (n int) {
	mark := uint8(class+1) | stateOut
	for _, at := range batch {
		if state := p.states.from(at); *state < stateOut {
			*state = mark
			mark &^= stateOut
			batch[n] = at
			n++
		}
	}
	if doubles := uint64(len(batch) - n); doubles > 0 {
		p.caches.Lock()
		p.past[class].filled += doubles
		p.past[class].flushed += doubles
		p.past[class].doubles += doubles
		p.caches.Unlock()
	}
	return n
}

// want is how many buffers of a class to get from C. The number doubles up to half
// of what may lie here, so that a short life does not begin with buffers that are
// never used.
func (s *shard) want(class int) int {
	c, half := &s.counts[class], cap(s.bins[class].slots)/2
	c.next = min(max(2*c.next, 4), half, batchMost)
	return max(c.next, 1)
}

// fetch gets buffers of a class from C. When memory is short, what lies idle with
// processors goes back to C, and it asks for one again.
func (p *Pool) fetch(n int, batch []uintptr) (int, error) {
	drains := p.drains.Load()
	got, err := p.getN(n, batch)
	if got > 0 && got < len(batch) {
		p.spare(err)
	}
	if got == 0 && (errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOBUFS)) {
		p.easing.Store(easing)
		p.mode.Or(modeTight)
		p.detach(func(int, *shard) bool { return true })
		if p.drains.Load() != drains {
			p.spare(err)
			got, err = p.getN(n, batch[:1])
		}
	} else if p.mode.Load()&modeTight != 0 && p.easing.Add(-1) <= 0 {
		p.mode.And(^uint32(modeTight))
	}
	if got == 0 {
		return 0, failed("Pool.Get", err)
	}
	p.takeOver()
	return got, nil
}

// spare notes a refusal that C counts and no request sees.
func (p *Pool) spare(err error) {
	p.spared.Add(1)
	if p.limited && errors.Is(err, syscall.ENOMEM) {
		p.sparedLimit.Add(1)
	}
}

func (p *Pool) getN(n int, batch []uintptr) (int, error) {
	got, err := C.akit_pool_get_n(p.h, C.size_t(n), C.size_t(len(batch)),
		(*unsafe.Pointer)(unsafe.Pointer(&batch[0])), nil)
	return int(got), err
}

// fill puts all but the first buffer of a batch into a shard, or back to C as far as
// there is no room.
func (p *Pool) fill(own func() *shard, class int, batch []uintptr) {
	s := own()
	rest := batch[1:]
	if s != p.none {
		c := &s.counts[class]
		c.misses++
		c.fills++
		c.filled += uint64(len(batch))
		for range s.grant(class, len(rest)) {
			s.push(class, rest[0], p.states.from(rest[0]))
			rest = rest[1:]
		}
		c.flushed += uint64(len(rest))
	}
	disown(s)
	if s == p.none && len(rest) > 0 {
		p.caches.Lock()
		p.past[class].filled += uint64(len(rest))
		p.past[class].flushed += uint64(len(rest))
		p.caches.Unlock()
	}
	p.flush(rest)
}

// flush puts idle buffers back to C, unless all memory has gone with CloseNow. p is
// locked against Close, or being closed.
func (p *Pool) flush(batch []uintptr) {
	if len(batch) == 0 || p.over() {
		return
	}
	p.handOver()
	C.akit_pool_put_n(p.h, C.size_t(len(batch)), (*unsafe.Pointer)(unsafe.Pointer(&batch[0])))
	p.share()
	if !p.live() {
		p.left.Add(-int64(len(batch)))
	}
}

// share makes what this thread put into its cache in C known to all others, as long
// as memory is short: goroutines have no thread of their own to find it on.
func (p *Pool) share() {
	if p.mode.Load()&modeTight != 0 {
		C.akit_thread_flush(0)
	}
}

// oversize gets a buffer above the largest class.
func (p *Pool) oversize(n int) ([]byte, error) {
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if !p.live() {
		return nil, closed("Pool.Get")
	}
	var capacity C.size_t
	at, err := C.akit_pool_get(p.h, C.size_t(n), &capacity)
	if at == nil {
		return nil, failed("Pool.Get", err)
	}
	// A buffer of a class may have begun here once, in memory that went back to
	// the kernel since. C is to decide about this one.
	if state := p.states.table.Load().find(uintptr(at)); state != nil {
		p.takeOver()
		*state = 0
	}
	return bytesAt(at, n, int(capacity)), nil
}
