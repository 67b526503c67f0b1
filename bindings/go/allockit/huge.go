package allockit

// #include <allockit.h>
// #cgo noescape akit_huge_create
// #cgo nocallback akit_huge_create
// #cgo noescape akit_huge_destroy
// #cgo nocallback akit_huge_destroy
// #cgo noescape akit_huge_alloc
// #cgo nocallback akit_huge_alloc
// #cgo noescape akit_huge_free
// #cgo nocallback akit_huge_free
// #cgo noescape akit_huge_purge
// #cgo nocallback akit_huge_purge
import "C"

import "unsafe"

// Huge hands out blocks on huge pages: tried on giant pages, huge pages,
// transparent huge pages and ordinary ones, as the configuration allows. Explicit
// pages are taken when the block is allocated, so that running out of them is an
// error and not a signal later; each block tells what it stands on.
//
// All methods may be called by any number of goroutines at the same time. Those
// about a block (Alloc, Free) must not run beside Close or CloseDeferred; all
// others (Stats, Purge, Close itself ...) may. After Close, methods return
// [ErrClosed], save Free: see there.
type Huge struct {
	h *C.akit_huge
	life
}

// Backing is the pages behind a block, as the library asked for them.
type Backing uint64

// Values of Backing.
const (
	BackingBase  Backing = C.AKIT_BACKING_BASE  // ordinary pages
	BackingTHP   Backing = C.AKIT_BACKING_THP   // transparent huge pages, if the kernel has them at hand
	BackingHuge  Backing = C.AKIT_BACKING_HUGE  // explicit huge pages
	BackingGiant Backing = C.AKIT_BACKING_GIANT // explicit giant pages
)

// Reason is why a block got smaller pages than the policy wished for.
type Reason uint64

// Values of Reason.
const (
	ReasonNone        Reason = C.AKIT_REASON_NONE         // it got what was wished for
	ReasonNotReserved Reason = C.AKIT_REASON_NOT_RESERVED // no free page in the reservation
	ReasonCgroup      Reason = C.AKIT_REASON_CGROUP       // refused by the control group's limit
	ReasonNode        Reason = C.AKIT_REASON_NODE         // none on the wanted NUMA nodes
	ReasonFragmented  Reason = C.AKIT_REASON_FRAGMENTED   // the kernel found no contiguous memory
	ReasonPermission  Reason = C.AKIT_REASON_PERMISSION   // the process may not use them
	ReasonKernel      Reason = C.AKIT_REASON_KERNEL       // the kernel does not support them
	ReasonLimit       Reason = C.AKIT_REASON_LIMIT        // the handle's own cap
)

// NewHuge makes a handle. The error is EINVAL for a configuration that makes no
// sense or a page size the kernel does not offer, ENOMEM for no memory, also when
// PrefaultBytes cannot be had, and ENOSYS for a NumaMode on a system without
// NUMA. The caller ends it with Close.
func NewHuge(config HugeConfig) (*Huge, error) {
	h := new(Huge)
	err := config.withC("NewHuge", func(c *C.akit_huge_config) error {
		return result("NewHuge", C.akit_huge_create(c, &h.h))
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Close ends the handle: every block leaves it at once, and all slices into it
// are dangling. Heaps that stand on the handle keep what they need of it alive. A
// second call, also one at the same time, does nothing and returns nil.
func (h *Huge) Close() error { return h.destroy("Huge.Close", stateClosed, 0) }

// CloseDeferred ends the handle for new requests; blocks that are out stay valid
// and must be freed with Free, and the last of them gives the rest back. A second
// call, or one after Close, does nothing and returns nil; so does Close after
// CloseDeferred.
func (h *Huge) CloseDeferred() error {
	return h.destroy("Huge.CloseDeferred", stateDeferred, C.AKIT_DESTROY_DEFER)
}

func (h *Huge) destroy(op string, state uint32, flags C.uint32_t) error {
	return h.end(state, func() error { return result(op, C.akit_huge_destroy(h.h, flags)) })
}

// Alloc allocates a block of n bytes on the largest pages that the configuration
// allows and the system has, and tells which they are. It starts on a page of its
// kind; the contents are undefined, and [Inspect] tells how much room it has. The
// error is ENOMEM when the cap is reached, when pages that are required cannot be
// had, when the system has no memory and when n is negative or impossibly large,
// or [ErrClosed]. Why is in [Huge.ReasonCount] and the statistics.
func (h *Huge) Alloc(n int) ([]byte, Backing, error) { return h.alloc("Huge.Alloc", n, 0, 0) }

// AllocZero is [Huge.Alloc] with contents of zero.
func (h *Huge) AllocZero(n int) ([]byte, Backing, error) {
	return h.alloc("Huge.AllocZero", n, 0, AllocZero)
}

// AllocWith is [Huge.Alloc] with an alignment, in bytes, 0 (a page of its kind) or
// a power of two up to 1 GiB, and the flags AllocZero and AllocNoCache. Another
// alignment or flag is EINVAL.
func (h *Huge) AllocWith(n, alignment int, flags AllocFlags) ([]byte, Backing, error) {
	return h.alloc("Huge.AllocWith", n, alignment, flags)
}

func (h *Huge) alloc(op string, n, alignment int, flags AllocFlags) ([]byte, Backing, error) {
	if !h.live() {
		return nil, 0, closed(op)
	}
	var backing C.uint32_t
	p, err := C.akit_huge_alloc(h.h, C.size_t(n), C.size_t(alignment), C.uint32_t(flags), &backing)
	if p == nil {
		return nil, 0, failed(op, err)
	}
	return bytesAt(p, n, n), Backing(backing), nil
}

// Free frees the block that b begins at; its length does not matter. nil does
// nothing. Any goroutine may free what any other allocated. The error is ENOENT
// for a slice that does not begin where a block of this handle begins and EINVAL
// for a block that is not in use; both are misuse: counted, reported
// ([SetMisuseMode]), and without effect. Free is legal after CloseDeferred; it is
// EINVAL when nothing is left of the handle.
func (h *Huge) Free(b []byte) error {
	return result("Huge.Free", C.akit_huge_free(h.h, address(b)))
}

// Purge gives cached memory of the handle back, explicit pages to the
// reservation, others to the kernel, and returns how many bytes that were. Blocks
// in use are not touched. The error is [ErrClosed] or EINVAL for unknown flags.
// Any goroutine may call it.
func (h *Huge) Purge(flags PurgeFlags) (bytes uint64, err error) {
	var n C.uint64_t
	err = h.open("Huge.Purge", func() error {
		return result("Huge.Purge", C.akit_huge_purge(h.h, C.uint32_t(flags), &n))
	})
	return uint64(n), err
}

// Pointer is the C handle (akit_huge *), for other C libraries in the same
// program; nil after Close or CloseDeferred. It stays owned by h.
func (h *Huge) Pointer() unsafe.Pointer {
	if !h.live() {
		return nil
	}
	return unsafe.Pointer(h.h)
}
