package allockit

// #include <allockit/uring.h>
// #cgo noescape akit_uring_group_create
// #cgo nocallback akit_uring_group_create
// #cgo noescape akit_uring_group_destroy
// #cgo nocallback akit_uring_group_destroy
// #cgo noescape akit_uring_group_take
// #cgo nocallback akit_uring_group_take
// #cgo noescape akit_uring_group_put
// #cgo nocallback akit_uring_group_put
// #cgo noescape akit_uring_group_refill
// #cgo nocallback akit_uring_group_refill
// #cgo noescape akit_pool_put
// #cgo nocallback akit_pool_put
import "C"

import "unsafe"

// Group is a ring of provided buffers, filled from a class of a pool: the kernel picks a
// buffer when data arrives. It is empty until Refill.
//
// Any goroutine may call the methods, at any time; Close and CloseNow as those of [Uring].
type Group struct {
	h *C.akit_uring_group
	life
	pool *Pool
}

// GroupConfig configures a [Group]. Zero in any field but Pool is its default. A value that
// makes no sense is EINVAL.
type GroupConfig struct {
	Pool        *Pool  // the buffers come from this pool. Required; the group keeps what it needs of it alive
	BufferBytes uint64 // the class that serves this length. 0: the smallest class
	GroupID     uint32 // buf_group of the requests, at most 65535
	Entries     uint32 // size of the ring: a power of two, at most 32768. 0: 1024
	WindowMin   uint32 // fewest buffers to keep published. 0: 32, or Entries when that is less
	WindowMax   uint32 // most, at most Entries. 0: Entries
}

// NewGroup makes a group of provided buffers in the io_uring of u. The error is EINVAL for a
// configuration that makes no sense, EMSGSIZE for more than the pool's largest class, EEXIST
// when there is such a group or on another thread than the io_uring's own, ENOSYS on a
// kernel without such rings, ENOMEM, EBADF, EPERM, [ErrClosed]. The caller ends it with
// Close, before or after u.
func (u *Uring) NewGroup(config GroupConfig) (*Group, error) {
	if config.Pool == nil {
		return nil, invalid("Uring.NewGroup")
	}
	g := &Group{pool: config.Pool}
	err := g.pool.open("Uring.NewGroup", func() error {
		c := C.akit_uring_group_config{
			struct_size:  C.sizeof_akit_uring_group_config,
			pool:         g.pool.h,
			buffer_bytes: C.uint64_t(config.BufferBytes),
			group_id:     C.uint32_t(config.GroupID),
			entries:      C.uint32_t(config.Entries),
			window_min:   C.uint32_t(config.WindowMin),
			window_max:   C.uint32_t(config.WindowMax),
		}
		_, err := u.call("Uring.NewGroup", func() C.int { return C.akit_uring_group_create(u.h, &c, &g.h) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Close ends the group: published buffers go back to the pool. The program vouches that no
// request has taken a buffer whose completion is still to come. Buffers that were taken are
// still to be put back. The error is EEXIST on another thread than the io_uring's own, then
// the published buffers are left to the kernel; EPERM in a child of a fork. The group is
// closed all the same. A second call does nothing and returns nil.
func (g *Group) Close() error { return g.destroy("Group.Close", 0) }

// CloseNow is Close where the program vouches that the io_uring is closed.
func (g *Group) CloseNow() error { return g.destroy("Group.CloseNow", C.AKIT_DESTROY_NOW) }

func (g *Group) destroy(op string, flags C.uint32_t) error {
	return g.end(stateClosed, func() error { return result(op, C.akit_uring_group_destroy(g.h, flags)) })
}

// Take evaluates the completion of a request that named the group: res and flags as they
// came. It returns the buffer with the bytes that were received, nil when there came none.
// The error is that of the completion; of these ENOBUFS is counted: Refill, and send the
// request again. EINVAL is for a completion that cannot be, [ErrClosed]. A buffer that
// comes with an error goes back to the pool. Completions are to be told in the order they
// came.
func (g *Group) Take(res int32, flags uint32) ([]byte, error) {
	var p unsafe.Pointer
	var length C.size_t
	err := g.open("Group.Take", func() error {
		return result("Group.Take", C.akit_uring_group_take(g.h, C.int32_t(res), C.uint32_t(flags), &p, &length))
	})
	if p == nil || err != nil {
		return nil, err
	}
	return bytesAt(p, int(length), int(length)), nil
}

// Put puts a buffer back that was taken; the next Refill may publish it. b must begin where
// the buffer does. nil does nothing. The error is ENOENT for what is not the start of a
// buffer of the pool and EINVAL for one that was not taken from this group; both are misuse:
// counted, reported ([SetMisuseMode]), and without effect. Put is legal after Close.
func (g *Group) Put(b []byte) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !g.live() {
		return result("Group.Put", C.akit_pool_put(g.pool.h, address(b)))
	}
	return result("Group.Put", C.akit_uring_group_put(g.h, address(b)))
}

// Refill publishes buffers until the kernel has as many as the window is wide, and returns
// how many: once for all completions of a turn of the loop. The error is that of
// [Pool.TryGet] when the kernel has none and none could be had, [ErrClosed].
func (g *Group) Refill() (int, error) {
	n := 0
	err := g.open("Group.Refill", func() error {
		rc := C.akit_uring_group_refill(g.h)
		n = int(max(rc, 0))
		return result("Group.Refill", rc)
	})
	return n, err
}

// Pointer is the C handle (akit_uring_group *), for other C libraries in the same program;
// nil after Close. It stays owned by g.
func (g *Group) Pointer() unsafe.Pointer {
	if !g.live() {
		return nil
	}
	return unsafe.Pointer(g.h)
}
