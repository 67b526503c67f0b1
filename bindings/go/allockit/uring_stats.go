package allockit

// #include <allockit/uring.h>
// #cgo noescape akit_uring_stats_get
// #cgo nocallback akit_uring_stats_get
// #cgo noescape akit_uring_group_stats_get
// #cgo nocallback akit_uring_group_stats_get
// #cgo noescape akit_uring_probe
// #cgo nocallback akit_uring_probe
// #cgo noescape akit_uring_probe_text
// #cgo nocallback akit_uring_probe_text
import "C"

import (
	"syscall"
	"unsafe"
)

// UringState is how much of what was added is registered.
type UringState uint64

// Values of UringStats.State.
const (
	UringOff     UringState = C.AKIT_URING_OFF     // nothing is registered, and nothing was refused
	UringDenied  UringState = C.AKIT_URING_DENIED  // nothing is registered, because it was refused
	UringPartial UringState = C.AKIT_URING_PARTIAL // some of it was refused
	UringOn      UringState = C.AKIT_URING_ON      // all that was there at the last Sync is registered
)

// UringStats are the figures of one [Uring]. An area is a range of memory that takes one
// slot. Names ending in Total are counters since creation, all others are as of now.
type UringStats struct {
	State                 UringState    // UringOff, UringDenied, UringPartial or UringOn
	LastErrno             syscall.Errno // of the last registration that was refused; 0: none was
	MemlockNeededBytes    uint64        // locked memory that all areas take together, an estimate from above: whole huge pages where the memory may lie on them, and what two areas share counts twice
	MemlockLimitBytes     uint64        // RLIMIT_MEMLOCK, or MemlockBytes when that is less. None: no limit, or a process with CAP_IPC_LOCK
	RegisteredBytes       uint64        // bytes that Uring.Lookup finds
	Slots                 uint64        // SlotCount in force
	SlotsUsed             uint64        // slots with memory that is registered or not yet drained
	Areas                 uint64        // areas that were added and not removed
	AreasPending          uint64        // of these, those not registered: until Uring.Sync, or because they were refused, which every sync tries again
	AreasDraining         uint64        // removed areas that the kernel may still use: until Uring.Sync, then until Uring.Drained
	LookupsMissedTotal    uint64        // Uring.Lookup that answered -ENOENT
	RegistersTotal        uint64        // areas that were registered
	RegisterFailuresTotal uint64        // areas that were refused, each time
}

// Stats reads the figures of the registration. The error is [ErrClosed], and EPERM in a
// child of a fork. Any goroutine may call it.
func (u *Uring) Stats() (UringStats, error) {
	c := C.akit_uring_stats{struct_size: C.sizeof_akit_uring_stats}
	err := u.open("Uring.Stats", func() error {
		return result("Uring.Stats", C.akit_uring_stats_get(u.h, &c))
	})
	if err != nil {
		return UringStats{}, err
	}
	return UringStats{
		State:                 UringState(c.state),
		LastErrno:             syscall.Errno(c.last_errno),
		MemlockNeededBytes:    uint64(c.memlock_needed_bytes),
		MemlockLimitBytes:     uint64(c.memlock_limit_bytes),
		RegisteredBytes:       uint64(c.registered_bytes),
		Slots:                 uint64(c.slots),
		SlotsUsed:             uint64(c.slots_used),
		Areas:                 uint64(c.areas),
		AreasPending:          uint64(c.areas_pending),
		AreasDraining:         uint64(c.areas_draining),
		LookupsMissedTotal:    uint64(c.lookups_missed_total),
		RegistersTotal:        uint64(c.registers_total),
		RegisterFailuresTotal: uint64(c.register_failures_total),
	}, nil
}

// GroupStats are the figures of one [Group]. Names ending in Total are counters since
// creation, all others are as of now.
type GroupStats struct {
	GroupID      uint64 // as configured
	Entries      uint64 // size of the ring
	Published    uint64 // buffers that the kernel has
	Window       uint64 // how many Group.Refill publishes at present: doubled when the group ran dry, and slowly less when that many are not used
	BuffersOut   uint64 // buffers that were taken and not put back
	TakenTotal   uint64 // buffers taken
	RefillsTotal uint64 // Group.Refill that published something
	EnobufsTotal uint64 // completions that found the group dry
	EmptyNsTotal uint64 // time with nothing published, while the group was in use
	MisusesTotal uint64 // wrong puts, and completions that are not of this group
}

// Stats reads the figures of the group. The error is [ErrClosed], and EPERM in a child of
// a fork. Any goroutine may call it.
func (g *Group) Stats() (GroupStats, error) {
	c := C.akit_uring_group_stats{struct_size: C.sizeof_akit_uring_group_stats}
	err := g.open("Group.Stats", func() error {
		return result("Group.Stats", C.akit_uring_group_stats_get(g.h, &c))
	})
	if err != nil {
		return GroupStats{}, err
	}
	return GroupStats{
		GroupID:      uint64(c.group_id),
		Entries:      uint64(c.entries),
		Published:    uint64(c.published),
		Window:       uint64(c.window),
		BuffersOut:   uint64(c.buffers_out),
		TakenTotal:   uint64(c.taken_total),
		RefillsTotal: uint64(c.refills_total),
		EnobufsTotal: uint64(c.enobufs_total),
		EmptyNsTotal: uint64(c.empty_ns_total),
		MisusesTotal: uint64(c.misuses_total),
	}, nil
}

// UringProbe is what the system allows.
type UringProbe struct {
	Available        bool          // 1: this process may use io_uring
	Error            syscall.Errno // errno when it may not (ENOSYS: the kernel has none; EPERM: forbidden), or when a ring of one entry was refused (ENOMEM: locked memory)
	Features         uint64        // IORING_FEAT_... of the kernel, 0 when no ring could be made
	MemlockSoftBytes uint64        // RLIMIT_MEMLOCK; None: unlimited
	MemlockHardBytes uint64        // what the soft limit may be raised to
	MemlockUsedBytes uint64        // locked and pinned memory of this process (VmLck + VmPin). The limit is one for all processes of a user, and theirs cannot be seen
	IpcLock          bool          // 1: the process has CAP_IPC_LOCK, and the limit does not hold for it
	MaxSlots         uint64        // largest table: 16384
	MaxSlotBytes     uint64        // largest range of one slot: 1 GiB
}

// ProbeUring finds out whether io_uring can be used, and how much memory may be registered.
// That it is forbidden is no error but an answer. Any goroutine may call it.
func ProbeUring() (UringProbe, error) {
	c := C.akit_uring_probe_info{struct_size: C.sizeof_akit_uring_probe_info}
	if err := result("ProbeUring", C.akit_uring_probe(&c)); err != nil {
		return UringProbe{}, err
	}
	return UringProbe{
		Available:        c.available != 0,
		Error:            syscall.Errno(c.error),
		Features:         uint64(c.features),
		MemlockSoftBytes: uint64(c.memlock_soft_bytes),
		MemlockHardBytes: uint64(c.memlock_hard_bytes),
		MemlockUsedBytes: uint64(c.memlock_used_bytes),
		IpcLock:          c.ipc_lock != 0,
		MaxSlots:         uint64(c.max_slots),
		MaxSlotBytes:     uint64(c.max_slot_bytes),
	}, nil
}

// ProbeUringText is the same as text for people, and for registering so many bytes (0: no
// number in mind) whether the limit is enough and how to raise it. Any goroutine may call
// it.
func ProbeUringText(bytes uint64) (string, error) {
	return text("ProbeUringText", func(buf *byte, size int, need *C.size_t) error {
		return result("ProbeUringText",
			C.akit_uring_probe_text(C.uint64_t(bytes), (*C.char)(unsafe.Pointer(buf)), C.size_t(size), need))
	})
}
