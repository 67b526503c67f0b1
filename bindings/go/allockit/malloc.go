package allockit

// #include <allockit.h>
// #cgo noescape akit_default
// #cgo nocallback akit_default
// #cgo noescape akit_default_configure
// #cgo nocallback akit_default_configure
// #cgo noescape akit_malloc
// #cgo nocallback akit_malloc
// #cgo noescape akit_calloc
// #cgo nocallback akit_calloc
// #cgo noescape akit_realloc
// #cgo nocallback akit_realloc
// #cgo noescape akit_aligned_alloc
// #cgo nocallback akit_aligned_alloc
// #cgo noescape akit_free
// #cgo nocallback akit_free
// #cgo noescape akit_free_sized
// #cgo nocallback akit_free_sized
// #cgo noescape akit_free_aligned_sized
// #cgo nocallback akit_free_aligned_sized
// #cgo noescape akit_usable_size
// #cgo nocallback akit_usable_size
import "C"

import "sync"

// The functions of this file are those of <allockit/malloc.h>: a default heap,
// made at its first use and never closed. It reads its configuration from the
// environment (ALLOCKIT_LIMIT_BYTES and so on) unless [DefaultConfigure] came
// before.

var defaultHeap struct {
	sync.Mutex
	t *Tiered
}

// Default is the default heap as a handle. Its Close refuses with EPERM. The
// error is ENOMEM when it cannot be made. Any goroutine may call it.
func Default() (*Tiered, error) {
	defaultHeap.Lock()
	defer defaultHeap.Unlock()
	if defaultHeap.t == nil {
		h, err := C.akit_default()
		if h == nil {
			return nil, failed("Default", err)
		}
		defaultHeap.t = &Tiered{h: h}
	}
	return defaultHeap.t, nil
}

// DefaultConfigure configures the default heap before its first use. The error
// is EBUSY after that, else as of [NewTiered]. Any goroutine may call it.
func DefaultConfigure(config TieredConfig) error {
	return config.withC("DefaultConfigure", func(c *C.akit_tiered_config) error {
		return result("DefaultConfigure", C.akit_default_configure(c))
	})
}

// Malloc allocates n bytes from the default heap; contents are undefined. The
// error is ENOMEM, also for a negative n. Any goroutine may call it.
func Malloc(n int) ([]byte, error) {
	p, err := C.akit_malloc(C.size_t(n))
	if p == nil {
		return nil, failed("Malloc", err)
	}
	return bytesAt(p, n, n), nil
}

// Calloc allocates count * size bytes of zero from the default heap. The error
// is ENOMEM, also when the product overflows or an argument is negative.
// Any goroutine may call it.
func Calloc(count, size int) ([]byte, error) {
	p, err := C.akit_calloc(C.size_t(count), C.size_t(size))
	if p == nil {
		return nil, failed("Calloc", err)
	}
	return bytesAt(p, count*size, count*size), nil
}

// Realloc changes the size of a block of any heap, as [Tiered.Realloc] does; it
// stays in its heap. A nil b allocates from the default heap. Any goroutine may
// call it, one at a time for one block.
func Realloc(b []byte, n int) ([]byte, error) {
	p, err := C.akit_realloc(address(b), C.size_t(n))
	if p == nil {
		return nil, failed("Realloc", err)
	}
	return bytesAt(p, n, n), nil
}

// AlignedAlloc is [Malloc] with an alignment, in bytes: 0 (16) or a power of two
// up to 1 GiB, else EINVAL. Any goroutine may call it.
func AlignedAlloc(alignment, n int) ([]byte, error) {
	p, err := C.akit_aligned_alloc(C.size_t(alignment), C.size_t(n))
	if p == nil {
		return nil, failed("AlignedAlloc", err)
	}
	return bytesAt(p, n, n), nil
}

// Free frees a block of any heap that is open, found by its address. nil does nothing.
// Misuse is reported and changes nothing ([SetMisuseMode]). Any goroutine may
// call it.
func Free(b []byte) { C.akit_free(address(b)) }

// FreeSized is [Free] of a block whose size the program knows, as in
// [Tiered.FreeSized]. Any goroutine may call it.
func FreeSized(b []byte, size int) { C.akit_free_sized(address(b), C.size_t(size)) }

// FreeAlignedSized is [Free] of a block whose alignment and size the program
// knows. Any goroutine may call it.
func FreeAlignedSized(b []byte, alignment, size int) {
	C.akit_free_aligned_sized(address(b), C.size_t(alignment), C.size_t(size))
}

// UsableSize is how many bytes the block that b begins at has; 0 for nil and
// for what is not a block in use of any heap. Any goroutine may call it.
func UsableSize(b []byte) int { return int(C.akit_usable_size(address(b))) }
