package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_capacity
// #cgo nocallback akit_pool_capacity
// #cgo noescape akit_pool_tag_set
// #cgo nocallback akit_pool_tag_set
import "C"

import "syscall"

// Capacity is the capacity of the buffer that b begins at; 0 for what is not a
// buffer of this pool that is out. That is no misuse. Any goroutine may call it.
func (p *Pool) Capacity(b []byte) int {
	p.life.mu.RLock()
	defer p.life.mu.RUnlock()
	if cap(b) == 0 || p.over() {
		return 0
	}
	if state := p.states.table.Load().find(uintptr(address(b))); state != nil {
		s := p.own()
		v := *state
		disown(s)
		if v > stateOut {
			return p.sizes[v-stateOut-1]
		}
		if v > 0 {
			return 0
		}
	}
	return int(C.akit_pool_capacity(p.h, address(b)))
}

// SetTag notes a number of the program's with the buffer that b begins at: a line
// of the source, a request. It is 0 at first; [Pool.Leaks] and the [LeakError] of
// Close tell it. The error is that of [Pool.TryPut], EINVAL for a pool without
// PoolTags, ENOMEM, [ErrClosed]. Any goroutine may call it, one at a time for one
// buffer.
func (p *Pool) SetTag(b []byte, tag uint64) error {
	const op = "Pool.SetTag"
	return p.open(op, func() error {
		if cap(b) == 0 {
			return &Error{op, syscall.ENOENT}
		}
		return result(op, C.akit_pool_tag_set(p.h, address(b), C.uint64_t(tag)))
	})
}
