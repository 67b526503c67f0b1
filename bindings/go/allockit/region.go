package allockit

// #include <allockit.h>
// #cgo noescape akit_region_create
// #cgo nocallback akit_region_create
// #cgo noescape akit_region_destroy
// #cgo nocallback akit_region_destroy
// #cgo noescape akit_region_alloc
// #cgo nocallback akit_region_alloc
// #cgo noescape akit_region_realloc
// #cgo nocallback akit_region_realloc
// #cgo noescape akit_region_free
// #cgo nocallback akit_region_free
// #cgo noescape akit_region_prefault
// #cgo nocallback akit_region_prefault
// #cgo noescape akit_region_pin
// #cgo nocallback akit_region_pin
// #cgo noescape akit_region_unpin
// #cgo nocallback akit_region_unpin
// #cgo noescape akit_region_purge
// #cgo nocallback akit_region_purge
import "C"

import "unsafe"

// Region hands out big blocks outside the Go heap, each of whole pages. What is
// freed is kept, by size, so that the next block of its size costs neither a
// system call nor a page fault; what stays idle goes back to the system.
//
// All methods may be called by any number of goroutines at the same time. Those
// about a block (Alloc, Resize, Free, Pin ...) must not run beside Close or
// CloseDeferred; all others (Stats, Purge, Close itself ...) may.
//
// After Close, methods return [ErrClosed], save Free and Unpin, which are legal
// for blocks that are left: see there.
type Region struct {
	h *C.akit_region
	life
}

// NewRegion makes a handle. The error is EINVAL for a configuration that makes
// no sense, ENOMEM for no memory, and ENOSYS for a NumaMode on a system without
// NUMA. The caller ends it with Close.
func NewRegion(config RegionConfig) (*Region, error) {
	r := new(Region)
	err := config.withC("NewRegion", func(c *C.akit_region_config) error {
		return result("NewRegion", C.akit_region_create(c, &r.h))
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Close ends the handle: every block leaves it at once, and all slices into it
// are dangling, except pinned ones, which stay until their last Unpin. Heaps
// that stand on the handle keep what they need of it alive. A second call, also
// one at the same time, does nothing and returns nil.
func (r *Region) Close() error { return r.destroy("Region.Close", stateClosed, 0) }

// CloseDeferred ends the handle for new requests; blocks that are out stay valid
// and must be freed with Free, and the last of them gives the rest back. A second
// call, or one after Close, does nothing and returns nil; so does Close after
// CloseDeferred.
func (r *Region) CloseDeferred() error {
	return r.destroy("Region.CloseDeferred", stateDeferred, C.AKIT_DESTROY_DEFER)
}

func (r *Region) destroy(op string, state uint32, flags C.uint32_t) error {
	return r.end(state, func() error { return result(op, C.akit_region_destroy(r.h, flags)) })
}

// Alloc allocates a block that starts on a page boundary. Its length is n, its
// capacity all that may be used; the contents are undefined. The error is ENOMEM
// when the cap or the budget of mappings is reached, when the system has no
// memory and when n is negative or impossibly large, or [ErrClosed]; on memory
// of the program EMSGSIZE for more than it can ever give and ENOBUFS for more
// than is free now.
func (r *Region) Alloc(n int) ([]byte, error) { return r.alloc("Region.Alloc", n, 0, 0) }

// AllocZero is [Region.Alloc] with contents of zero, up to the capacity.
func (r *Region) AllocZero(n int) ([]byte, error) {
	return r.alloc("Region.AllocZero", n, 0, AllocZero)
}

// AllocWith is [Region.Alloc] with everything at once: an alignment, in bytes, 0
// (a page) or a power of two up to 1 GiB, and the flags AllocZero, AllocNoCache
// and AllocGuard. Another alignment or flag is EINVAL.
func (r *Region) AllocWith(n, alignment int, flags AllocFlags) ([]byte, error) {
	return r.alloc("Region.AllocWith", n, alignment, flags)
}

func (r *Region) alloc(op string, n, alignment int, flags AllocFlags) ([]byte, error) {
	if !r.live() {
		return nil, closed(op)
	}
	var usable C.size_t
	p, err := C.akit_region_alloc(r.h, C.size_t(n), C.size_t(alignment), C.uint32_t(flags), &usable)
	if p == nil {
		return nil, failed(op, err)
	}
	return bytesAt(p, n, int(usable)), nil
}

// Resize changes the size of b's block to n bytes, in place or by moving its
// pages; the contents stay, up to the smaller size, a larger alignment than that
// of a page only when the block does not move. A nil b allocates. b must begin
// where its block begins and is consumed; when there is an error it stays valid.
// The error is that of [Region.Alloc], EBUSY for a pinned block, ENOENT or EINVAL
// for a slice that is not a block in use of this handle. Shrinking does not fail.
func (r *Region) Resize(b []byte, n int) ([]byte, error) {
	return r.resize("Region.Resize", b, n, 0)
}

// ResizeWith is [Region.Resize] with flags: with AllocZero what grew is zero, if
// the block was zero beyond its size before; with AllocNoMove the error is ENOMEM
// when the block would have to move.
func (r *Region) ResizeWith(b []byte, n int, flags AllocFlags) ([]byte, error) {
	return r.resize("Region.ResizeWith", b, n, flags)
}

func (r *Region) resize(op string, b []byte, n int, flags AllocFlags) ([]byte, error) {
	if !r.live() {
		return nil, closed(op)
	}
	var usable C.size_t
	p, err := C.akit_region_realloc(r.h, address(b), C.size_t(n), C.uint32_t(flags), &usable)
	if p == nil {
		return nil, failed(op, err)
	}
	return bytesAt(p, n, int(usable)), nil
}

// Free frees the block that b begins at; its length does not matter. nil does
// nothing. Any goroutine may free what any other allocated. A pinned block is
// kept as it is until it is unpinned. The error is ENOENT for a slice that does
// not begin where a block of this handle begins and EINVAL for a block that is
// not in use; both are misuse: counted, reported ([SetMisuseMode]), and without
// effect. Free is legal after CloseDeferred; it is EINVAL when nothing is left
// of the handle.
func (r *Region) Free(b []byte) error {
	return result("Region.Free", C.akit_region_free(r.h, address(b)))
}

// Prefault makes the pages of b resident now, without writing to them, so they
// may be in use. b may be any part of a block; an empty slice stands for all of
// the block from there on. The error is ENOENT for what does not lie in a block
// in use of this handle, EINVAL when b reaches beyond its block, ENOMEM, ENOSYS
// on memory of the program, [ErrClosed].
func (r *Region) Prefault(b []byte) error {
	if !r.live() {
		return closed("Region.Prefault")
	}
	return result("Region.Prefault", C.akit_region_prefault(r.h, address(b), C.size_t(len(b)), 0))
}

// Pin pins the block that b begins at: until it has been unpinned as often, its
// pages are not purged, moved or unmapped, whatever happens to it. It is for
// memory that the kernel or a device knows by its pages. The error is that of
// [Region.Free], EAGAIN after 2^31 pins, [ErrClosed].
func (r *Region) Pin(b []byte) error {
	if !r.live() {
		return closed("Region.Pin")
	}
	return result("Region.Pin", C.akit_region_pin(r.h, address(b)))
}

// Unpin takes one pin back; the last one ends a block that was freed meanwhile,
// or whose handle was closed. The error is ENOENT for a slice that does not begin
// where a block of this handle begins and EINVAL for a block that is not pinned.
// Unpin is legal after Close and CloseDeferred.
func (r *Region) Unpin(b []byte) error {
	return result("Region.Unpin", C.akit_region_unpin(r.h, address(b)))
}

// Purge gives cached memory of the handle back to the system and returns how
// many bytes the system got. Blocks in use and pinned ones are not touched. The
// error is [ErrClosed] or EINVAL for unknown flags. Any goroutine may call it.
func (r *Region) Purge(flags PurgeFlags) (bytes uint64, err error) {
	var n C.uint64_t
	err = r.open("Region.Purge", func() error {
		return result("Region.Purge", C.akit_region_purge(r.h, C.uint32_t(flags), &n))
	})
	return uint64(n), err
}

// Pointer is the C handle (akit_region *), for other C libraries in the same
// program; nil after Close or CloseDeferred. It stays owned by r.
func (r *Region) Pointer() unsafe.Pointer {
	if !r.live() {
		return nil
	}
	return unsafe.Pointer(r.h)
}
