package allockit

// #include <allockit.h>
// #cgo noescape akit_tiered_alloc
// #cgo nocallback akit_tiered_alloc
// #cgo noescape akit_tiered_calloc
// #cgo nocallback akit_tiered_calloc
// #cgo noescape akit_tiered_realloc
// #cgo nocallback akit_tiered_realloc
// #cgo noescape akit_tiered_aligned_alloc
// #cgo nocallback akit_tiered_aligned_alloc
// #cgo noescape akit_tiered_allocx
// #cgo nocallback akit_tiered_allocx
// #cgo noescape akit_tiered_reallocx
// #cgo nocallback akit_tiered_reallocx
// #cgo noescape akit_tiered_free
// #cgo nocallback akit_tiered_free
// #cgo noescape akit_tiered_free_sized
// #cgo nocallback akit_tiered_free_sized
// #cgo noescape akit_tiered_free_aligned_sized
// #cgo nocallback akit_tiered_free_aligned_sized
// #cgo noescape akit_tiered_usable_size
// #cgo nocallback akit_tiered_usable_size
// #cgo noescape akit_tiered_good_size
// #cgo nocallback akit_tiered_good_size
// #cgo noescape akit_tiered_owns
// #cgo nocallback akit_tiered_owns
// #cgo noescape akit_free
// #cgo nocallback akit_free
import "C"

import "unsafe"

// AllocFlags are the flags of [Tiered.Allocx], [Tiered.Reallocx] and of the calls
// of [Region] and [Huge] that take some.
type AllocFlags uint32

// Flags of allocations.
const (
	AllocZero    AllocFlags = C.AKIT_ALLOC_ZERO     // contents (of the grown part) are zero
	AllocNoMove  AllocFlags = C.AKIT_ALLOC_NO_MOVE  // resizing: in place or ENOMEM
	AllocNoCache AllocFlags = C.AKIT_ALLOC_NO_CACHE // do not keep the block in a cache when it is freed
	AllocGuard   AllocFlags = C.AKIT_ALLOC_GUARD    // inaccessible page behind the block's last page
)

// live answers the state check of calls that must not run beside Close.
func (t *Tiered) live() bool { return t.state.Load() == stateOpen }

// Alloc allocates n bytes, aligned to [MinAlign]; length and capacity are n.
// The contents are undefined. n may be 0: the empty slice then stands for the
// smallest block. The error is ENOMEM when the cap is reached, when the system
// has no memory and when n is negative or impossibly large, or [ErrClosed].
func (t *Tiered) Alloc(n int) ([]byte, error) {
	if !t.live() {
		return nil, closed("Tiered.Alloc")
	}
	p, err := C.akit_tiered_alloc(t.h, C.size_t(n))
	if p == nil {
		return nil, failed("Tiered.Alloc", err)
	}
	return bytesAt(p, n, n), nil
}

// AllocZero is [Tiered.Alloc] with contents of zero. Pages that are known to be
// zero are not written to.
func (t *Tiered) AllocZero(n int) ([]byte, error) { return t.calloc("Tiered.AllocZero", 1, n) }

// Calloc is [Tiered.AllocZero] of count * size bytes; the error is ENOMEM, too,
// when the product overflows.
func (t *Tiered) Calloc(count, size int) ([]byte, error) {
	return t.calloc("Tiered.Calloc", count, size)
}

func (t *Tiered) calloc(op string, count, size int) ([]byte, error) {
	if !t.live() {
		return nil, closed(op)
	}
	p, err := C.akit_tiered_calloc(t.h, C.size_t(count), C.size_t(size))
	if p == nil {
		return nil, failed(op, err)
	}
	return bytesAt(p, count*size, count*size), nil
}

// AlignedAlloc is [Tiered.Alloc] with an alignment, in bytes: 0 (16) or a power
// of two up to 1 GiB, else EINVAL. The order of arguments is that of C's
// aligned_alloc.
func (t *Tiered) AlignedAlloc(alignment, n int) ([]byte, error) {
	if !t.live() {
		return nil, closed("Tiered.AlignedAlloc")
	}
	p, err := C.akit_tiered_aligned_alloc(t.h, C.size_t(alignment), C.size_t(n))
	if p == nil {
		return nil, failed("Tiered.AlignedAlloc", err)
	}
	return bytesAt(p, n, n), nil
}

// Allocx allocates with everything at once: alignment as in
// [Tiered.AlignedAlloc], flags, and all of the block as capacity. The errors are
// those of AlignedAlloc, and EINVAL for unknown flags.
func (t *Tiered) Allocx(n, alignment int, flags AllocFlags) ([]byte, error) {
	if !t.live() {
		return nil, closed("Tiered.Allocx")
	}
	var usable C.size_t
	p, err := C.akit_tiered_allocx(t.h, C.size_t(n), C.size_t(alignment), C.uint32_t(flags), &usable)
	if p == nil {
		return nil, failed("Tiered.Allocx", err)
	}
	return bytesAt(p, n, int(usable)), nil
}

// Realloc changes the size of b's block to n bytes, in place where that is
// possible; the contents stay, up to the smaller size. A nil b allocates; n = 0
// shrinks to the smallest block and does not free. b must begin where its block
// begins and is consumed; when there is an error it stays valid. The error is
// ENOMEM as in [Tiered.Alloc], ENOENT or EINVAL for a slice that is not a block
// in use of this heap, [ErrClosed].
func (t *Tiered) Realloc(b []byte, n int) ([]byte, error) {
	if !t.live() {
		return nil, closed("Tiered.Realloc")
	}
	p, err := C.akit_tiered_realloc(t.h, address(b), C.size_t(n))
	if p == nil {
		return nil, failed("Tiered.Realloc", err)
	}
	return bytesAt(p, n, n), nil
}

// Reallocx is [Tiered.Realloc] with alignment and flags, and all of the block as
// capacity. With AllocZero what lies beyond the old block is zero; with
// AllocNoMove the error is ENOMEM when the block would have to move.
func (t *Tiered) Reallocx(b []byte, n, alignment int, flags AllocFlags) ([]byte, error) {
	if !t.live() {
		return nil, closed("Tiered.Reallocx")
	}
	var usable C.size_t
	p, err := C.akit_tiered_reallocx(t.h, address(b), C.size_t(n), C.size_t(alignment),
		C.uint32_t(flags), &usable)
	if p == nil {
		return nil, failed("Tiered.Reallocx", err)
	}
	return bytesAt(p, n, int(usable)), nil
}

// Free frees the block that b begins at; its length does not matter. nil does
// nothing. Any goroutine may free what any other allocated. A slice that is not
// a block in use of this heap is misuse: counted, reported ([SetMisuseMode]),
// and without effect. Free is legal after CloseDeferred and panics after Close.
func (t *Tiered) Free(b []byte) { t.freeAt(address(b)) }

func (t *Tiered) freeAt(p unsafe.Pointer) {
	if t.live() {
		C.akit_tiered_free(t.h, p)
		return
	}
	t.mustBeDeferred("Tiered.Free")
	// The last block ends the handle, so from here on the address alone tells
	// whose it is.
	C.akit_free(p)
}

// FreeSized is [Tiered.Free] of a block whose size the program knows: the size
// asked for when it was last allocated or resized, or anything from there to its
// usable size. A size above the usable size is misuse.
func (t *Tiered) FreeSized(b []byte, size int) {
	if !t.live() {
		t.freeAt(address(b))
		return
	}
	C.akit_tiered_free_sized(t.h, address(b), C.size_t(size))
}

// FreeAlignedSized is [Tiered.Free] of a block whose alignment and size the
// program knows: those it was allocated with.
func (t *Tiered) FreeAlignedSized(b []byte, alignment, size int) {
	if !t.live() {
		t.freeAt(address(b))
		return
	}
	C.akit_tiered_free_aligned_sized(t.h, address(b), C.size_t(alignment), C.size_t(size))
}

func (t *Tiered) mustBeDeferred(op string) {
	if t.state.Load() == stateClosed {
		panic("allockit: " + op + " after Close: the block is gone")
	}
}

// UsableSize is how many bytes the block that b begins at has, at least as many
// as were asked for; 0 for nil, for what is not a block in use of this heap, and
// after Close.
func (t *Tiered) UsableSize(b []byte) int {
	if !t.live() {
		return 0
	}
	return int(C.akit_tiered_usable_size(t.h, address(b)))
}

// GoodSize is the usable size that a request of n bytes would have; 0 when such
// a request must fail, as for a negative n, and after Close.
func (t *Tiered) GoodSize(n int) int {
	if !t.live() {
		return 0
	}
	return int(C.akit_tiered_good_size(t.h, C.size_t(n)))
}

// Owns reports whether b begins in memory of this heap, at any place in a block;
// false after Close.
func (t *Tiered) Owns(b []byte) bool {
	return t.live() && C.akit_tiered_owns(t.h, address(b)) == 1
}
