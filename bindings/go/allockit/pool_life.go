package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_destroy
// #cgo nocallback akit_pool_destroy
// #cgo noescape akit_pool_leak_next
// #cgo nocallback akit_pool_leak_next
import "C"

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
)

// Close ends the pool: nothing new can be had from it, and what lies idle goes
// back at once. Buffers that are out stay valid and must be put back with Put;
// the last of them gives the rest of the memory back. When there are such, Close
// returns an [*Error] with a [*LeakError] inside that lists them; the pool is
// closed all the same. A second call, also one at the same time, does nothing and
// returns nil.
//
// Close waits until the calls under way on other processors are done, for which
// it stops the program for some tens of microseconds. A [PoolLocal] is to be closed
// before: what lies in it belongs to the pool's memory until then.
func (p *Pool) Close() error {
	var leaks []LeakClass
	err := p.close(func() error {
		leaks = p.outByClass()
		return p.destroy(0)
	})
	if err == nil && len(leaks) > 0 {
		err = &Error{"Pool.Close", &LeakError{leaks}}
	}
	return err
}

// CloseNow ends the pool at once, with the buffers that are out: slices of them
// are dangling, and a later Put is [ErrClosed]. After Close it does nothing.
func (p *Pool) CloseNow() error {
	return p.close(func() error {
		p.left.Store(0)
		return p.destroy(C.AKIT_DESTROY_NOW)
	})
}

func (p *Pool) close(f func() error) error {
	return p.end(stateClosed, func() error {
		p.left.Store(math.MaxInt32) // until it is known
		p.mode.Or(modeClosed)
		p.detach(func(int, *shard) bool { return true })
		pools.Lock()
		delete(pools.all, p)
		pools.Unlock()
		return f()
	})
}

func (p *Pool) destroy(flags C.uint32_t) error {
	return result("Pool.Close", C.akit_pool_destroy(p.h, flags))
}

// over reports whether the pool is closed and nothing is left of it.
func (p *Pool) over() bool { return !p.live() && p.left.Load() <= 0 }

// detach takes the shards that the function chooses away from their processors
// and gives what lies in them back to C. It reports whether there was anything.
func (p *Pool) detach(choose func(id int, s *shard) bool) bool {
	p.caches.Lock()
	defer p.caches.Unlock()
	var gone []*shard
	list := *p.list.Load()
	for id := range list {
		if s := list[id].Load(); s != p.none && choose(id, s) {
			list[id].Store(p.none)
			gone = append(gone, s)
		}
	}
	if len(gone) == 0 {
		return false
	}
	quiesce()
	any := false
	for _, s := range gone {
		any = p.empty(s) || any
	}
	if any {
		p.drains.Add(1)
	}
	return any
}

// empty gives all that lies in a shard that nobody uses back to C, and adds its
// figures to those of the past. p.caches is held.
func (p *Pool) empty(s *shard) bool {
	var out []uintptr
	s.lock()
	s.retired = true
	for i := range p.count {
		bin, counts := &s.bins[i], &s.counts[i]
		if bin.n > 0 {
			out = s.checked(i, bin.slots[:bin.n], out)
			counts.flushes++
		}
		p.past[i].add(bin.puts, counts)
		*bin, *counts = emptyBin(bin.size), binCounts{}
	}
	s.unlock()
	p.flush(out)
	return len(out) > 0
}

// Leaks lists the buffers that are out, in the order of their addresses. The error
// is [ErrClosed] when nothing is left of the pool after Close. Any goroutine may call
// it; gets and puts meanwhile do no harm.
func (p *Pool) Leaks() ([]BlockInfo, error) {
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if p.over() {
		return nil, closed("Pool.Leaks")
	}
	out, _ := p.out()
	return out, nil
}

// out lists the buffers that the program has, and counts all that C counts as
// out, which includes what lies idle in shards.
func (p *Pool) out() (list []BlockInfo, all int) {
	p.caches.Lock()
	defer p.caches.Unlock()
	defer p.lockAll()()
	c := C.akit_block_info{struct_size: C.sizeof_akit_block_info}
	var cursor C.uint64_t
	for ; C.akit_pool_leak_next(p.h, &cursor, &c) >= 0; all++ {
		info := blockInfo(&c)
		state := p.states.table.Load().find(info.Base)
		if state == nil || *state == 0 || *state > stateOut {
			list = append(list, info)
		}
	}
	return list, all
}

// lockAll locks every shard, for the race detector, and returns how to unlock
// them. p.caches is held.
func (p *Pool) lockAll() (unlock func()) {
	all := p.allShards()
	for _, s := range all {
		s.lock()
	}
	return func() {
		for _, s := range all {
			s.unlock()
		}
	}
}

// allShards are those of processors and locals. p.caches is held.
func (p *Pool) allShards() (all []*shard) {
	list := *p.list.Load()
	for id := range list {
		if s := list[id].Load(); s != p.none {
			all = append(all, s)
		}
	}
	for l := range p.locals {
		all = append(all, l.s)
	}
	return all
}

// LeakError lists the buffers that were out when a [Pool] was closed.
type LeakError struct {
	Classes []LeakClass // ascending
}

// LeakClass is the buffers of one capacity.
type LeakClass struct {
	BufferBytes uint64   // capacity of each
	Count       int      // how many there are
	Tags        []uint64 // their tags, where they are not 0
}

// Error counts the buffers, by capacity.
func (e *LeakError) Error() string {
	var parts []string
	total := 0
	for _, c := range e.Classes {
		total += c.Count
		part := fmt.Sprintf("%d of %d bytes", c.Count, c.BufferBytes)
		if len(c.Tags) > 0 {
			part += fmt.Sprintf(" (tags %v)", c.Tags)
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("%d buffers are out: %s", total, strings.Join(parts, ", "))
}

// Unwrap returns EBUSY.
func (e *LeakError) Unwrap() error { return syscall.EBUSY }

// outByClass is what is out, and notes how much must come back before nothing is
// left.
func (p *Pool) outByClass() (classes []LeakClass) {
	list, all := p.out()
	p.left.Store(int64(all))
	for _, info := range list {
		i, found := slices.BinarySearchFunc(classes, info.UsableBytes, func(c LeakClass, size uint64) int {
			return int(int64(c.BufferBytes) - int64(size))
		})
		if !found {
			classes = slices.Insert(classes, i, LeakClass{BufferBytes: info.UsableBytes})
		}
		classes[i].Count++
		if info.Tag != 0 {
			classes[i].Tags = append(classes[i].Tags, info.Tag)
		}
	}
	return classes
}
