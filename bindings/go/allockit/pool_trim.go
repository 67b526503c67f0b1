package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_purge
// #cgo nocallback akit_pool_purge
// #cgo noescape akit_pool_warm
// #cgo nocallback akit_pool_warm
import "C"

import (
	"math"
	"time"
)

// Warm makes at least count buffers of the class that serves n idle and resident,
// by system calls that never write to them. Decay leaves that many alone from now
// on, Purge does not. The error is EMSGSIZE above the largest class; ENOMEM when
// the cap is reached or the system has no memory (ENOBUFS: on Memory), what could be
// made is kept; EINVAL when CacheBytes or ClassCacheBytes do not allow that many and
// for a negative argument; [ErrClosed]. Any goroutine may call it.
func (p *Pool) Warm(n, count int) error {
	if n < 0 || count < 0 {
		return invalid("Pool.Warm")
	}
	return p.open("Pool.Warm", func() error {
		return result("Pool.Warm", C.akit_pool_warm(p.h, C.size_t(n), C.size_t(count)))
	})
}

// Purge gives idle buffers back to the system, those that Warm made and those in
// the caches of processors included, and returns how many bytes the system got.
// With PurgeDue it is only what has been idle longer than the decay time. Buffers
// that are out and those in a [PoolLocal] are not touched. The error is
// [ErrClosed] or EINVAL for unknown flags. Any goroutine may call it.
func (p *Pool) Purge(flags PurgeFlags) (bytes uint64, err error) {
	var n C.uint64_t
	err = p.open("Pool.Purge", func() error {
		if flags&PurgeDue != 0 {
			p.trimIdle()
		} else {
			p.detach(func(_ int, s *shard) bool { return s.holds() })
		}
		return result("Pool.Purge", C.akit_pool_purge(p.h, C.uint32_t(flags), &n))
	})
	return uint64(n), err
}

// Trim hands what lies idle in the caches of processors over to the library, where
// every thread finds it and decay sees it. It stops the program for some tens of
// microseconds when there is anything. [Maintain] does so with caches that were
// not used for the decay time. Any goroutine may call it.
func (p *Pool) Trim() {
	p.open("Pool.Trim", func() error {
		p.detach(func(_ int, s *shard) bool { return s.holds() })
		return nil
	})
}

// holds reports whether anything lies in the shard; any goroutine may ask.
func (s *shard) holds() bool {
	s.lock()
	defer s.unlock()
	return s.held() > 0
}

// trimIdle empties the caches of processors that were not used for the decay time,
// and returns when to look again; negative: when a processor has something again.
func (p *Pool) trimIdle() (next time.Duration) {
	now, decay := clock(), p.decay
	next = -1
	if decay < 0 {
		return next
	}
	var idle []*shard
	p.caches.Lock()
	list := *p.list.Load()
	for id := range list {
		s := list[id].Load()
		s.lock()
		switch ops := s.ops(); {
		case s.held() == 0:
		case s.seen != ops:
			s.seen, s.since = ops, now
			fallthrough
		case now-s.since < int64(decay):
			if left := decay - time.Duration(now-s.since); next < 0 || left < next {
				next = left
			}
		default:
			idle = append(idle, s)
		}
		s.unlock()
	}
	p.caches.Unlock()
	if len(idle) > 0 {
		p.detach(func(_ int, s *shard) bool {
			s.lock()
			defer s.unlock()
			return s.seen == s.ops() && s.since+int64(decay) <= now
		})
	}
	return next
}

var start = time.Now()

// clock is monotonic, in ns.
func clock() int64 { return int64(time.Since(start)) }

// trimPools does so in all pools.
func trimPools() (next time.Duration) {
	next = -1
	for _, p := range openPools() {
		p.open("Maintain", func() error {
			if due := p.trimIdle(); due >= 0 && (next < 0 || due < next) {
				next = due
			}
			return nil
		})
	}
	return next
}

func openPools() (all []*Pool) {
	pools.Lock()
	defer pools.Unlock()
	for p := range pools.all {
		all = append(all, p)
	}
	return all
}

// decayOf is the decay time of a configuration; negative: never.
func decayOf(ns uint64) time.Duration {
	if ns > math.MaxInt64 {
		return -1
	}
	return time.Duration(ns)
}
