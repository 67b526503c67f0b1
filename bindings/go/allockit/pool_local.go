package allockit

import "unsafe"

// PoolLocal is a cache of a [Pool] for one goroutine at a time: a worker, a
// connection. It costs less than half of what the pool itself does, because
// nothing has to be pinned, and it keeps at most PoolConfig.LocalCacheBytes; it
// gets and puts by the batch. Its buffers are buffers of the pool: they may be put
// into the pool or into any other local, and those of the pool into it.
//
// Close it when its goroutine ends, and before the pool. What lies in it goes back
// to nobody else before, whatever the decay time, save when it meets the pool's
// cap itself.
type PoolLocal struct {
	p *Pool
	s *shard
}

// Local makes a cache. The caller ends it with Close. After Close of the pool it
// is one from which nothing can be had. Any goroutine may call it.
func (p *Pool) Local() *PoolLocal {
	l := &PoolLocal{p, newShard(&p.classes, p.most)}
	p.caches.Lock()
	p.locals[l] = struct{}{}
	p.caches.Unlock()
	return l
}

// Get is [Pool.Get] through the cache.
func (l *PoolLocal) Get(n int) []byte {
	b, err := l.TryGet(n)
	if n < 0 {
		panic(err)
	}
	return b
}

// TryGet is [Pool.TryGet] through the cache.
func (l *PoolLocal) TryGet(n int) ([]byte, error) {
	p, s := l.p, l.s
	if uint(n-1) < uint(p.largest) && p.mode.Load() == 0 {
		class := p.classes.of(n)
		s.lock()
		bin := &s.bins[class&(maxClasses-1)]
		if i := bin.n - 1; uint(i) < uint(len(bin.slots)) {
			slot := &bin.slots[i]
			if state := *slot.state; state < stateOut {
				*slot.state = state | stateOut
				bin.n = i
				b := unsafe.Slice((*byte)(slot.pointer()), bin.size)
				s.unlock()
				if p.zeroGet {
					clear(b)
				}
				return b[:n], nil
			}
			bin.n = i
			s.double(class)
		}
		s.unlock()
	}
	return l.miss(n)
}

// Put is [Pool.Put] through the cache.
func (l *PoolLocal) Put(b []byte) {
	if err := l.TryPut(b); err != nil {
		panic(err)
	}
}

// TryPut is [Pool.TryPut] through the cache.
func (l *PoolLocal) TryPut(b []byte) error {
	if cap(b) == 0 {
		return l.p.nothing(b)
	}
	p, s, at := l.p, l.s, uintptr(address(b))
	if at%bufferAlign == 0 && !p.zeroPut && p.mode.Load() == 0 {
		s.lock()
		if state := p.states.table.Load().at(at); state != nil && *state > stateOut {
			bin := &s.bins[(*state-1)&(maxClasses-1)]
			if n := bin.n; uint(n) < uint(len(bin.slots)) {
				bin.slots[n] = slot{at, state}
				*state &^= stateOut
				bin.n = n + 1
				bin.puts++
				s.unlock()
				return nil
			}
		}
		s.unlock()
	}
	return l.full(at)
}

// own is as Pool.own.
func (l *PoolLocal) own() *shard {
	enter()
	l.s.lock()
	return l.s
}

func (l *PoolLocal) miss(n int) ([]byte, error) {
	p := l.p
	if n == 0 {
		b, err := l.TryGet(1)
		return b[:0], err
	}
	if !l.usable() || uint(n) > uint(p.largest) {
		return p.miss(n)
	}
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if !p.live() {
		return nil, closed("Pool.Get")
	}
	class := p.classes.of(n)
	return p.refill(l.own, class, n, l.s.want(class))
}

func (l *PoolLocal) full(at uintptr) error {
	if !l.usable() {
		return l.p.full(at)
	}
	return l.p.take(l.own, at)
}

// usable reports whether the cache may keep anything now; otherwise it is emptied.
func (l *PoolLocal) usable() bool {
	if l.p.mode.Load() == 0 && !l.s.retired {
		return true
	}
	l.Flush()
	return false
}

// Flush gives what lies in the cache back to the pool; it stays usable.
func (l *PoolLocal) Flush() {
	l.p.life.mu.RLock()
	defer l.p.life.mu.RUnlock()
	for class := range l.p.count {
		for l.s.bins[class].n > 0 {
			var batch [batchMost]uintptr
			s := l.own()
			out := s.unload(class, min(s.bins[class].n, batchMost), batch[:])
			s.counts[class].flushes++
			disown(s)
			l.p.flush(out)
		}
	}
}

// Close gives what lies in the cache back, also after Close of the pool. A second
// call does nothing. It returns nil. Gets and puts afterwards go to the pool.
func (l *PoolLocal) Close() error {
	l.Flush()
	l.p.caches.Lock()
	defer l.p.caches.Unlock()
	if _, open := l.p.locals[l]; open {
		delete(l.p.locals, l)
		l.p.empty(l.s)
	}
	return nil
}
