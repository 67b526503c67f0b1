package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_put
// #cgo nocallback akit_pool_put
import "C"

import "syscall"

// full takes a buffer back that the processor's shard could not.
func (p *Pool) full(at uintptr) error { return p.take(p.own, at) }

// take takes a buffer back, into a shard or to C, or says what is wrong with it.
func (p *Pool) take(own func() *shard, at uintptr) error {
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if p.over() {
		return closed("Pool.Put")
	}
	state := p.states.table.Load().find(at)
	if state == nil {
		return p.give(at)
	}
	s := own()
	v := *state
	if v <= stateOut {
		disown(s)
		if v == 0 {
			return p.give(at)
		}
		return p.misuse(at)
	}
	*state = v &^ stateOut
	class := int(v - stateOut - 1)
	if s == p.none || p.slots[class] == 0 {
		disown(s)
		return p.give(at)
	}
	if p.zeroPut {
		disown(s)
		clear(bytesAt(pointerAt(&at), p.sizes[class], p.sizes[class]))
		if s = own(); s == p.none {
			disown(s)
			return p.give(at)
		}
	}
	var batch [batchMost + 1]uintptr
	var out []uintptr
	s.bins[class].puts++
	if s.grant(class, 1+p.slots[class]/4) == 0 {
		from := s.fullest(class)
		out = s.unload(from, min((s.bins[from].n+1)/2, batchMost), batch[:])
	}
	if s.grant(class, 1) > 0 {
		s.push(class, at, state)
	} else {
		out = append(out, at)
		s.counts[class].flushed++
	}
	if len(out) > 0 {
		s.counts[class].flushes++
	}
	disown(s)
	p.flush(out)
	return nil
}

// give puts a buffer back to C, which decides whether it is one. p is locked
// against Close.
func (p *Pool) give(at uintptr) error {
	p.handOver()
	if rc := C.akit_pool_put(p.h, pointerAt(&at)); rc < 0 {
		return p.wrong(at, syscall.Errno(-rc))
	}
	p.share()
	if !p.live() {
		p.left.Add(-1)
	}
	return nil
}
