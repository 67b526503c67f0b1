package allockit

// #include <allockit/ring.h>
// #cgo noescape akit_ring_create
// #cgo nocallback akit_ring_create
// #cgo noescape akit_ring_destroy
// #cgo nocallback akit_ring_destroy
// #cgo noescape akit_ring_config_get
// #cgo nocallback akit_ring_config_get
// #cgo noescape akit_ring_memory_get
// #cgo nocallback akit_ring_memory_get
// #cgo noescape akit_ring_acquire
// #cgo nocallback akit_ring_acquire
// #cgo noescape akit_ring_acquire_n
// #cgo nocallback akit_ring_acquire_n
// #cgo noescape akit_ring_commit
// #cgo nocallback akit_ring_commit
// #cgo noescape akit_ring_retain
// #cgo nocallback akit_ring_retain
// #cgo noescape akit_ring_release
// #cgo nocallback akit_ring_release
// #cgo noescape akit_ring_release_n
// #cgo nocallback akit_ring_release_n
// #cgo noescape akit_ring_release_to
// #cgo nocallback akit_ring_release_to
import "C"

import (
	"math"
	"unsafe"
)

// Ring hands out slices of one contiguous area outside the Go heap, one after the
// other: the memory of a receive loop, a parser or a log, and of everything that
// is to be registered with io_uring as one range ([Uring.AddRing]).
//
// One goroutine at a time may acquire and commit: the producer. Any goroutine may
// release, retain and read the figures, at any time, in any order. The producer's
// calls must not run beside Close or CloseNow; all others may.
//
// Every call enters C, which costs about 40 ns and many times what the ring itself
// takes. [Ring.AcquireN] and [Ring.ReleaseN] enter it once per 512 slices; or acquire
// a large slice, and cut it up in Go.
//
// A wrong release is found without looking into the slice: of what is not out, of
// another ring, of the middle of a slice. After the memory was handed out again, a
// release of the old slice is a release of the new one, and nobody can tell.
type Ring struct {
	h *C.akit_ring
	life
	align  int     // of lengths, too
	region *Region // as given, for Config
	huge   *Huge
}

// NewRing makes a ring. The error is EINVAL for a configuration that makes no
// sense, ENOMEM for no memory or a LimitBytes below the capacity, and ENOSYS for a
// NumaMode on a system without NUMA. The caller ends it with Close.
func NewRing(config RingConfig) (*Ring, error) {
	r := &Ring{region: config.Region, huge: config.Huge}
	err := config.withC("NewRing", func(c *C.akit_ring_config) error {
		return result("NewRing", C.akit_ring_create(c, &r.h))
	})
	if err != nil {
		return nil, err
	}
	c := C.akit_ring_config{struct_size: C.sizeof_akit_ring_config}
	C.akit_ring_config_get(r.h, &c)
	r.align = int(c.alignment)
	return r, nil
}

// Close ends the ring for new requests. Slices that are out stay valid and must be
// released; the last of them gives the memory back. A second call, also one at the
// same time, does nothing and returns nil.
func (r *Ring) Close() error { return r.destroy("Ring.Close", 0) }

// CloseNow ends the ring at once: slices that are out are dangling, and a later
// release is EINVAL. After Close it does nothing.
func (r *Ring) CloseNow() error { return r.destroy("Ring.CloseNow", C.AKIT_DESTROY_NOW) }

func (r *Ring) destroy(op string, flags C.uint32_t) error {
	return r.end(stateClosed, func() error { return result(op, C.akit_ring_destroy(r.h, flags)) })
}

// Acquire acquires a slice of length n; its capacity is n rounded up to the ring's
// alignment. Acquire(0) acquires the smallest. The contents are undefined without a
// ZeroMode.
//
// It returns nil when there is no room now, when n is above MaxSliceBytes of the
// statistics, and after Close; [Ring.TryAcquire] tells why. Like make, it panics when
// n is negative.
func (r *Ring) Acquire(n int) []byte {
	if n < 0 {
		panic(invalid("Ring.Acquire"))
	}
	if !r.live() {
		return nil
	}
	p := C.akit_ring_acquire(r.h, C.size_t(n))
	if p == nil {
		return nil
	}
	return r.slice(p, n)
}

// TryAcquire is [Ring.Acquire] with an error instead of nil or a panic: ENOBUFS when
// there is no room now, EMSGSIZE for more than MaxSliceBytes, ENOMEM when n is
// negative, [ErrClosed].
func (r *Ring) TryAcquire(n int) ([]byte, error) {
	if !r.live() {
		return nil, closed("Ring.TryAcquire")
	}
	p, err := C.akit_ring_acquire(r.h, C.size_t(n))
	if p == nil {
		return nil, failed("Ring.TryAcquire", err)
	}
	return r.slice(p, n), nil
}

// slice is the n bytes at p, with what the ring rounds them up to as capacity.
func (r *Ring) slice(p unsafe.Pointer, n int) []byte {
	return bytesAt(p, n, (max(n, 1)+r.align-1)&^(r.align-1))
}

// AcquireN acquires a slice of length n into every element of out and returns how
// many it got, from the front. Fewer than len(out) come with the error that stopped
// it, as of [Ring.TryAcquire]; those before it are valid. C is entered once for every
// 512 slices.
func (r *Ring) AcquireN(n int, out [][]byte) (int, error) {
	if !r.live() {
		return 0, closed("Ring.AcquireN")
	}
	var p [batch]uintptr
	for done := 0; done < len(out); {
		want := min(batch, len(out)-done)
		got, err := C.akit_ring_acquire_n(r.h, C.size_t(n), C.size_t(want), (*unsafe.Pointer)(unsafe.Pointer(&p[0])))
		for i := range int(got) {
			out[done+i] = r.slice(pointerAt(&p[i]), n)
		}
		done += int(got)
		if int(got) < want {
			return done, failed("Ring.AcquireN", err)
		}
	}
	return len(out), nil
}

// Commit shortens the slice that was acquired last to its first used bytes and
// returns it: the next one begins behind them. That is how to receive what is of
// unknown length. The error is EINVAL for a slice that is not the last one or not
// out, or shorter than used, ENOENT for what is not the start of a slice of this ring;
// both are misuse: counted, reported ([SetMisuseMode]), and without effect.
// [ErrClosed] after Close.
func (r *Ring) Commit(b []byte, used int) ([]byte, error) {
	if !r.live() {
		return nil, closed("Ring.Commit")
	}
	err := result("Ring.Commit", C.akit_ring_commit(r.h, address(b), C.size_t(used)))
	if err != nil {
		return nil, err
	}
	return r.slice(address(b), used), nil
}

// Retain adds references to the slice that b begins at: it comes back with the
// release of the last one. The error is EOVERFLOW when it would have more than 255,
// EINVAL for a slice that is not out or a negative count, ENOENT for what is not the
// start of a slice of this ring. Retain is legal after Close.
func (r *Ring) Retain(b []byte, count int) error {
	if count < 0 {
		return invalid("Ring.Retain")
	}
	return result("Ring.Retain", C.akit_ring_retain(r.h, address(b), C.uint32_t(min(count, math.MaxUint32))))
}

// Release gives one reference to a slice back. b must begin where the slice begins;
// its length and capacity do not matter. nil does nothing. The slice must not be used
// afterwards.
//
// Release panics with an [*Error] when b is not a slice of this ring that is out; that
// is counted, and changes nothing. After Close it is still legal for the slices that
// are out, and necessary: they hold the ring's memory.
func (r *Ring) Release(b []byte) {
	if err := r.TryRelease(b); err != nil {
		panic(err)
	}
}

// TryRelease is [Ring.Release] with an error instead of a panic: ENOENT for what is not
// the start of a slice of this ring, EINVAL for a slice that is not out, and when
// nothing is left of the ring.
func (r *Ring) TryRelease(b []byte) error {
	return result("Ring.Release", C.akit_ring_release(r.h, address(b)))
}

// ReleaseN gives one reference of every element back and returns how many were: wrong
// ones are misuse as in [Ring.TryRelease], and skipped. C is entered once for every
// 512 slices.
func (r *Ring) ReleaseN(slices [][]byte) int {
	var p [batch]uintptr
	done := 0
	for len(slices) > 0 {
		n := min(batch, len(slices))
		for i, b := range slices[:n] {
			p[i] = uintptr(address(b))
		}
		done += int(C.akit_ring_release_n(r.h, C.size_t(n), (*unsafe.Pointer)(unsafe.Pointer(&p[0]))))
		slices = slices[n:]
	}
	return done
}

// ReleaseTo releases, whatever their references, all slices that were acquired before
// b and are still out, and returns how many that were; b stays out. It is for rings in
// order (RingOrdered), others answer EINVAL; otherwise the error is that of
// [Ring.TryRelease].
func (r *Ring) ReleaseTo(b []byte) (int, error) {
	rc := C.akit_ring_release_to(r.h, address(b))
	return int(max(rc, 0)), result("Ring.ReleaseTo", rc)
}

// Memory is the area all slices come from; nil after Close. It stays the ring's.
func (r *Ring) Memory() []byte {
	var base unsafe.Pointer
	var length C.size_t
	r.open("Ring.Memory", func() error {
		C.akit_ring_memory_get(r.h, &base, &length)
		return nil
	})
	return bytesAt(base, int(length), int(length))
}

// Pointer is the C handle (akit_ring *), for other C libraries in the same program;
// nil after Close. It stays owned by r.
func (r *Ring) Pointer() unsafe.Pointer {
	if !r.live() {
		return nil
	}
	return unsafe.Pointer(r.h)
}
