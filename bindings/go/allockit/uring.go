package allockit

// #include <allockit/uring.h>
//
// // An address inside of a struct is checked by cgo: it panics for one of the Go heap
// // that is not pinned.
// typedef struct { void *base; size_t length; } area;
// static int add_area(akit_uring *h, const area *a) { return akit_uring_add_memory(h, a->base, a->length); }
// #cgo noescape akit_uring_create
// #cgo nocallback akit_uring_create
// #cgo noescape akit_uring_clone
// #cgo nocallback akit_uring_clone
// #cgo noescape akit_uring_destroy
// #cgo nocallback akit_uring_destroy
// #cgo noescape akit_uring_add_ring
// #cgo nocallback akit_uring_add_ring
// #cgo noescape akit_uring_add_pool
// #cgo nocallback akit_uring_add_pool
// #cgo noescape add_area
// #cgo nocallback add_area
// #cgo noescape akit_uring_remove
// #cgo nocallback akit_uring_remove
// #cgo noescape akit_uring_sync
// #cgo nocallback akit_uring_sync
// #cgo noescape akit_uring_drained
// #cgo nocallback akit_uring_drained
// #cgo noescape akit_uring_lookup
// #cgo nocallback akit_uring_lookup
import "C"

import "unsafe"

// Uring registers memory with an io_uring, whatever package made it: it is named by its
// file descriptor, and only the register system call is used on it. Registered memory can
// be read into and written from with the FIXED operations, named by the slot that
// [Uring.Lookup] tells; what is not registered is used with the plain ones.
//
//	u, err := allockit.NewUring(allockit.UringConfig{RingFD: fd, Flags: allockit.UringCreateTable})
//	err = u.AddRing(ring)
//	n, err := u.Sync()                    // registers what was added
//	slot, fixed := u.Lookup(b)            // fixed: IORING_OP_READ_FIXED with buf_index = slot
//
// What the kernel refuses (the limit of locked memory, a policy) stays out, Stats says
// why, and plain operations go on. Registered memory is never purged, moved or unmapped.
//
// Any goroutine may call the methods, at any time; but Sync, Close, CloseNow, Clone and
// NewGroup enter the kernel, and an io_uring with IORING_SETUP_SINGLE_ISSUER takes that
// from its own thread only: then call them where runtime.LockOSThread holds.
//
// Package allockit/io has an io_uring of its own, for programs that bring none.
type Uring struct {
	h *C.akit_uring
	life
	borrowed bool
}

// NewUring attaches to an io_uring. The error is EBADF for a descriptor that is not open,
// EOPNOTSUPP for one that is no io_uring, EBUSY when a table is to be made and the io_uring
// has one, EINVAL for a configuration that makes no sense, EMFILE, ENOMEM. That the kernel
// refuses the table otherwise is the state UringDenied and no error. The caller ends it
// with Close before the io_uring is given up.
func NewUring(config UringConfig) (*Uring, error) {
	u := new(Uring)
	err := config.withC("NewUring", func(c *C.akit_uring_config) error {
		return result("NewUring", C.akit_uring_create(c, &u.h))
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// BorrowUring makes a Uring of a C handle (akit_uring *) that belongs to somebody else, as
// a C library or package allockit/io. It must not be used after that has ended; Close does
// nothing to it in C.
func BorrowUring(handle unsafe.Pointer) *Uring {
	return &Uring{h: (*C.akit_uring)(handle), borrowed: true}
}

// Clone attaches to another io_uring, with all that u has: its areas, pending ones
// included, and its pools and rings. Without TagBase the kernel copies the table where it
// can, with the same slots; otherwise the areas are registered anew. u may be closed
// afterwards. The error is that of [NewUring], [ErrClosed], and EPERM in a child of a fork.
func (u *Uring) Clone(config UringConfig) (*Uring, error) {
	to := new(Uring)
	err := config.withC("Uring.Clone", func(c *C.akit_uring_config) error {
		return u.open("Uring.Clone", func() error {
			return result("Uring.Clone", C.akit_uring_clone(u.h, c, &to.h))
		})
	})
	if err != nil {
		return nil, err
	}
	return to, nil
}

// Close ends the registration: slots are emptied. Without TagBase the program vouches that
// no request uses the memory any more. With it the memory stays where it is until each
// tag has come and was told to Drained, which remains legal. Groups are not touched. The
// error is EEXIST when it is another thread than the io_uring's own: then the memory stays
// until Drained(UringAll); EPERM in a child of a fork. The registration is closed all the
// same. A second call does nothing and returns nil.
func (u *Uring) Close() error { return u.destroy("Uring.Close", 0) }

// CloseNow is Close where the program vouches, also with TagBase, that no request uses the
// memory any more, as when the io_uring is closed.
func (u *Uring) CloseNow() error { return u.destroy("Uring.CloseNow", C.AKIT_DESTROY_NOW) }

func (u *Uring) destroy(op string, flags C.uint32_t) error {
	return u.end(stateClosed, func() error {
		if u.borrowed {
			return nil
		}
		return result(op, C.akit_uring_destroy(u.h, flags))
	})
}

func (u *Uring) call(op string, f func() C.int) (int, error) {
	n := 0
	err := u.open(op, func() error {
		rc := f()
		n = int(max(rc, 0))
		return result(op, rc)
	})
	return n, err
}

// AddRing adds the area of a ring; it waits for Sync. A ring that is closed keeps its area
// until that is drained. The error is EBUSY when it was added already, ENOMEM,
// [ErrClosed], EPERM in a child of a fork.
func (u *Uring) AddRing(r *Ring) error {
	return r.open("Uring.AddRing", func() error {
		_, err := u.call("Uring.AddRing", func() C.int { return C.akit_uring_add_ring(u.h, r.h) })
		return err
	})
}

// AddPool adds the slabs of a pool: those it has, and at each Sync those it has made since.
// They do not leave the pool while they are registered. The error is that of AddRing.
func (u *Uring) AddPool(p *Pool) error {
	return p.open("Uring.AddPool", func() error {
		_, err := u.call("Uring.AddPool", func() C.int { return C.akit_uring_add_pool(u.h, p.h) })
		return err
	})
}

// AddMemory adds any memory outside the Go heap that may be written to: of a handle, of
// syscall.Mmap, of C. It must stay mapped until it is removed and drained; a block of a
// [Region] is pinned for so long. It panics for memory of the Go heap that is not pinned
// (runtime.Pinner). The error is EINVAL for an empty slice, EBUSY when an area begins there
// already, ENOMEM, [ErrClosed], EPERM in a child of a fork.
func (u *Uring) AddMemory(b []byte) error {
	_, err := u.call("Uring.AddMemory", func() C.int {
		a := C.area{address(b), C.size_t(len(b))}
		return C.add_area(u.h, &a)
	})
	return err
}

// RemoveRing, RemovePool and RemoveMemory remove what was added: Lookup does not find it any
// more, its slots are emptied by the next Sync, and it stays pinned until it is drained. b
// begins where the memory does. The error is ENOENT for what was not added, [ErrClosed],
// EPERM in a child of a fork.
func (u *Uring) RemoveRing(r *Ring) error { return u.remove("Uring.RemoveRing", unsafe.Pointer(r.h)) }

// RemovePool removes the slabs of a pool: see RemoveRing.
func (u *Uring) RemovePool(p *Pool) error { return u.remove("Uring.RemovePool", unsafe.Pointer(p.h)) }

// RemoveMemory removes memory: see RemoveRing.
func (u *Uring) RemoveMemory(b []byte) error { return u.remove("Uring.RemoveMemory", address(b)) }

func (u *Uring) remove(op string, base unsafe.Pointer) error {
	_, err := u.call(op, func() C.int { return C.akit_uring_remove(u.h, base) })
	return err
}

// Sync does what is pending: it empties the slots of what was removed, then registers what
// was added or grew, and returns how many areas were registered. It costs nothing when
// nothing changed. Without TagBase memory that was removed is the program's alone again
// when Sync returns, and the program sees to it that no request uses it any more.
//
// The error is the kernel's when something was to be registered and all of it was refused:
// ENOMEM (the limit of locked memory), EEXIST (another thread than the io_uring's own),
// EFAULT, ENXIO, EINVAL, EBADF, ENOSYS, EPERM; ENOBUFS when no slot is free; [ErrClosed].
func (u *Uring) Sync() (int, error) {
	return u.call("Uring.Sync", func() C.int { return C.akit_uring_sync(u.h) })
}

// Drained tells that the completion with this user_data has come, so the memory it stood for
// is the program's alone again; with [UringAll] that no request uses anything of what was
// removed. It returns how many areas were unpinned. The error is ENOENT for a tag that
// nothing waits for, EINVAL when nothing is left of the registration, EPERM in a child of a
// fork. Drained is legal after Close.
func (u *Uring) Drained(tag uint64) (int, error) {
	rc := C.akit_uring_drained(u.h, C.uint64_t(tag))
	return int(max(rc, 0)), result("Uring.Drained", rc)
}

// Lookup is the slot in which all bytes of b, up to its length, are registered; false when
// they are not, or not in one slot, which is a normal answer: use the plain operation.
// Lookup must not run beside Close; after it the answer is false.
func (u *Uring) Lookup(b []byte) (slot int, fixed bool) {
	if !u.live() {
		return 0, false
	}
	rc := C.akit_uring_lookup(u.h, address(b), C.size_t(len(b)))
	return int(max(rc, 0)), rc >= 0
}

// Pointer is the C handle (akit_uring *), for other C libraries in the same program; nil
// after Close. It stays owned by u.
func (u *Uring) Pointer() unsafe.Pointer {
	if !u.live() {
		return nil
	}
	return unsafe.Pointer(u.h)
}
