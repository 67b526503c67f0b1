package allockit

// #include <allockit.h>
// #cgo noescape akit_tiered_create
// #cgo nocallback akit_tiered_create
// #cgo noescape akit_tiered_destroy
// #cgo nocallback akit_tiered_destroy
// #cgo noescape akit_tiered_purge
// #cgo nocallback akit_tiered_purge
import "C"

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Tiered is a general-purpose heap outside the Go heap, with a cap, statistics
// and an end of its own. A handle is cheap: one per request or connection is
// what it is made for.
//
// All methods may be called by any number of goroutines at the same time. The
// methods that allocate or free must not run beside Close or CloseDeferred: the
// blocks they are about would vanish under the program anyway. All others
// (Stats, Purge, Close itself ...) may.
//
// After Close, methods with an error result return [ErrClosed], and those that
// free panic: the blocks are gone, so the order of calls is wrong.
type Tiered struct {
	h       *C.akit_tiered
	state   atomic.Uint32
	mu      sync.RWMutex // held for reading by calls that may run beside Close
	once    sync.Once    // classes
	classes *classTable
	region  *Region // what it was made on, for Config
	huge    *Huge
}

const (
	stateOpen uint32 = iota
	stateDeferred
	stateClosed
)

// NewTiered makes a heap. The error is EINVAL for a configuration that makes no
// sense and ENOMEM for no memory. The caller ends the heap with Close.
func NewTiered(config TieredConfig) (*Tiered, error) {
	t := &Tiered{region: config.Region, huge: config.Huge}
	err := config.withC("NewTiered", func(c *C.akit_tiered_config) error {
		return result("NewTiered", C.akit_tiered_create(c, &t.h))
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Close ends the heap: every page leaves it at once, without freeing block by
// block, and all slices into it are dangling. A second call, also one at the
// same time, does nothing and returns nil. The default heap refuses with EPERM
// and goes on.
func (t *Tiered) Close() error { return t.end("Tiered.Close", stateClosed, 0) }

// CloseDeferred ends the heap for new requests; blocks that are out stay valid
// and must be freed with Free, FreeN or FreeSlice, and the last of them gives the
// rest back. A second call, or one after Close, does nothing and returns nil;
// so does Close after CloseDeferred. The default heap refuses with EPERM.
func (t *Tiered) CloseDeferred() error {
	return t.end("Tiered.CloseDeferred", stateDeferred, C.AKIT_DESTROY_DEFER)
}

func (t *Tiered) end(op string, state uint32, flags C.uint32_t) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.Load() != stateOpen {
		return nil
	}
	err := result(op, C.akit_tiered_destroy(t.h, flags))
	if e, ok := err.(*Error); ok && e.Err == syscall.EPERM {
		return err
	}
	t.state.Store(state)
	return err
}

// open runs f while the heap cannot be closed.
func (t *Tiered) open(op string, f func() error) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.state.Load() != stateOpen {
		return closed(op)
	}
	return f()
}

// Purge gives cached memory of the heap back to the system and returns how many
// bytes the system got. Blocks in use are not touched. The error is [ErrClosed]
// or EINVAL for unknown flags. Any goroutine may call it.
func (t *Tiered) Purge(flags PurgeFlags) (bytes uint64, err error) {
	var n C.uint64_t
	err = t.open("Tiered.Purge", func() error {
		return result("Tiered.Purge", C.akit_tiered_purge(t.h, C.uint32_t(flags), &n))
	})
	return uint64(n), err
}

// Pointer is the C handle (akit_tiered *), for other C libraries in the same
// program; nil after Close or CloseDeferred. It stays owned by t.
func (t *Tiered) Pointer() unsafe.Pointer {
	if t.state.Load() != stateOpen {
		return nil
	}
	return unsafe.Pointer(t.h)
}
