package allockit

// #include <stdlib.h>
// #include <allockit/uring.h>
import "C"

import (
	"math"
	"strings"
	"syscall"
	"unsafe"
)

// UringConfig configures a [Uring]. Zero in any field but RingFD is its default. A value
// that makes no sense is EINVAL.
type UringConfig struct {
	Flags        UringFlags // UringNoDup, UringCreateTable, UringRegisteredFD
	Name         string     // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	RingFD       int        // the io_uring. Required: 0 is a legal file descriptor
	SlotBase     uint32     // first slot of the table that this handle may use
	SlotCount    uint32     // how many; SlotBase + SlotCount is at most 16384. 0, only with UringCreateTable: 1024
	TagBase      uint64     // user_data from TagBase to TagBase + SlotCount - 1 are completions for Drained. 0: there are none, see Sync
	MemlockBytes uint64     // most locked memory to ask for. 0 or None: as much as the kernel gives
}

// UringFlags are flags of a [Uring].
type UringFlags uint64

// Flags for UringConfig.Flags.
const (
	UringNoDup        UringFlags = C.AKIT_URING_NO_DUP        // use RingFD itself; by default it is duplicated
	UringCreateTable  UringFlags = C.AKIT_URING_CREATE_TABLE  // make the table of fixed buffers; without it the io_uring has one
	UringRegisteredFD UringFlags = C.AKIT_URING_REGISTERED_FD // RingFD is an index of a registered ring of the calling thread
)

// withC calls f with the C form of the configuration. The name lives in C memory
// meanwhile, because the struct must not hold a Go pointer.
func (g *UringConfig) withC(op string, f func(*C.akit_uring_config) error) error {
	if g.RingFD != int(int32(g.RingFD)) {
		return &Error{op, syscall.EBADF}
	}
	c := C.akit_uring_config{
		struct_size:   C.sizeof_akit_uring_config,
		flags:         C.uint64_t(g.Flags),
		ring_fd:       C.int32_t(g.RingFD),
		slot_base:     C.uint32_t(g.SlotBase),
		slot_count:    C.uint32_t(g.SlotCount),
		tag_base:      C.uint64_t(g.TagBase),
		memlock_bytes: C.uint64_t(g.MemlockBytes),
	}
	if g.Name != "" {
		if strings.IndexByte(g.Name, 0) >= 0 {
			return &Error{op, syscall.EINVAL}
		}
		c.name = C.CString(g.Name)
		defer C.free(unsafe.Pointer(c.name))
	}
	return f(&c)
}

// UringAll is the tag for [Uring.Drained] that stands for everything that was removed.
const UringAll uint64 = math.MaxUint64
