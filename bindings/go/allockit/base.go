package allockit

// #include <allockit.h>
// #cgo noescape akit_version
// #cgo nocallback akit_version
// #cgo noescape akit_version_string
// #cgo nocallback akit_version_string
// #cgo noescape akit_feature
// #cgo nocallback akit_feature
// #cgo noescape akit_misuse_mode
// #cgo nocallback akit_misuse_mode
// #cgo noescape akit_inspect
// #cgo nocallback akit_inspect
// #cgo noescape akit_maintain
// #cgo nocallback akit_maintain
// #cgo noescape akit_purge_thread
// #cgo nocallback akit_purge_thread
// #cgo noescape akit_thread_flush
// #cgo nocallback akit_thread_flush
// #cgo noescape akit_purge
// #cgo nocallback akit_purge
// #cgo noescape akit_cache_limit
// #cgo nocallback akit_cache_limit
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// None means none, never or unlimited in a uint64 field of a configuration.
// Zero is the default there.
const None uint64 = math.MaxUint64

// MinAlign is the alignment, in bytes, that every block has without asking.
const MinAlign = C.AKIT_MIN_ALIGN

// Kind is a kind of handle.
type Kind uint32

// Kinds of handles, as in the statistics.
const (
	KindTiered Kind = C.AKIT_KIND_TIERED
	KindRegion Kind = C.AKIT_KIND_REGION
	KindHuge   Kind = C.AKIT_KIND_HUGE
	KindPool   Kind = C.AKIT_KIND_POOL
	KindRing   Kind = C.AKIT_KIND_RING
	KindArena  Kind = C.AKIT_KIND_ARENA
	KindNodes  Kind = C.AKIT_KIND_NODES
	KindUring  Kind = C.AKIT_KIND_URING
	KindGroup  Kind = C.AKIT_KIND_GROUP
)

// Feature is a facility that the library may have been built without.
type Feature uint32

// Facilities for [HasFeature].
const (
	FeatureUring      Feature = C.AKIT_FEATURE_URING      // registration of memory with io_uring
	FeatureHugeTLB    Feature = C.AKIT_FEATURE_HUGETLB    // explicit huge pages
	FeatureMembarrier Feature = C.AKIT_FEATURE_MEMBARRIER // taking caches from sleeping threads
)

// MisuseMode says what happens when a block or handle is misused (freed twice,
// not ours, stale). It is counted in every mode.
type MisuseMode uint32

// Modes for [SetMisuseMode].
const (
	MisuseReport MisuseMode = C.AKIT_MISUSE_REPORT // one line on file descriptor 2 (default)
	MisuseCount  MisuseMode = C.AKIT_MISUSE_COUNT  // only count
	MisuseAbort  MisuseMode = C.AKIT_MISUSE_ABORT  // report, then abort the process
)

// PurgeFlags says how much a purge gives back. Zero means PurgeAll.
type PurgeFlags uint32

// Flags for [Purge] and the methods of that name.
const (
	PurgeDue  PurgeFlags = C.AKIT_PURGE_DUE  // only what has been idle longer than the decay time
	PurgeAll  PurgeFlags = C.AKIT_PURGE_ALL  // everything that is cached
	PurgeWait PurgeFlags = C.AKIT_PURGE_WAIT // return only when a purge that runs elsewhere has ended, too
)

// Version is the version of the library in use as text, for example "0.1.0".
// Any goroutine may call it.
func Version() string { return C.GoString(C.akit_version_string()) }

// VersionNumber is the version of the library in use as
// major << 16 | minor << 8 | patch. Any goroutine may call it.
func VersionNumber() uint32 { return uint32(C.akit_version()) }

// HasFeature reports whether the library was built with a facility; the error
// is ENOSYS when it was not and EINVAL when the facility is unknown. Any
// goroutine may call it.
func HasFeature(f Feature) error { return result("HasFeature", C.akit_feature(C.uint32_t(f))) }

// SetMisuseMode chooses what happens on misuse, for the whole process. The
// error is EINVAL for an unknown mode. Any goroutine may call it.
func SetMisuseMode(m MisuseMode) error {
	return result("SetMisuseMode", C.akit_misuse_mode(C.uint32_t(m)))
}

// BlockState is the state of a block.
type BlockState uint64

// States of a block, as [Inspect] tells.
const (
	BlockFree   BlockState = C.AKIT_BLOCK_FREE   // memory of the handle that is not handed out
	BlockOut    BlockState = C.AKIT_BLOCK_OUT    // in use by the program
	BlockCached BlockState = C.AKIT_BLOCK_CACHED // freed, and kept for the next request
)

// BlockInfo is what [Inspect] knows about an address.
type BlockInfo struct {
	HandleID    uint64     // id of the handle, from 1
	HandleKind  Kind       // its kind
	Base        uintptr    // address of the block's first byte
	UsableBytes uint64     // bytes from Base that belong to the block
	State       BlockState // whether it is in use
	Backing     Backing    // pages behind it
	Reason      Reason     // why the backing is not the one wished for
	NumaNode    uint64     // node that the handle's policy binds to; None when it binds to none
	Zeroed      bool       // known to have read as zero when it was handed out
	Tag         uint64     // the number noted with Pool.SetTag, else 0
}

// Inspect tells which handle and block an address belongs to. The memory is not
// touched, so any address may be asked about, interior ones too. The error is
// ENOENT when it is not ours. Any goroutine may call it; about a block that is
// freed meanwhile the answer may be old.
func Inspect(p unsafe.Pointer) (BlockInfo, error) {
	c := C.akit_block_info{struct_size: C.sizeof_akit_block_info}
	if err := result("Inspect", C.akit_inspect(p, &c)); err != nil {
		return BlockInfo{}, err
	}
	return blockInfo(&c), nil
}

func blockInfo(c *C.akit_block_info) BlockInfo {
	return BlockInfo{
		HandleID:    uint64(c.handle_id),
		HandleKind:  Kind(c.handle_kind),
		Base:        uintptr(c.base),
		UsableBytes: uint64(c.usable_bytes),
		State:       BlockState(c.state),
		Backing:     Backing(c.backing),
		Reason:      Reason(c.reason),
		NumaNode:    uint64(c.numa_node),
		Zeroed:      c.zeroed == 1,
		Tag:         uint64(c.tag),
	}
}

// Maintain gives back idle memory that is due and returns the time until more
// will be due, or a negative duration when nothing is cached. What lies in the
// caches of processors ([Pool]) and was not used for the decay time goes to C
// first, and back to the system another such time later. It is for programs with
// a loop of their own; others use [StartMaintenance] or, when they have no Pool,
// [PurgeThread]. Any goroutine may call it; a second caller returns at once.
func Maintain() (next time.Duration, err error) {
	next = trimPools()
	var ns C.uint64_t
	err = result("Maintain", C.akit_maintain(&ns))
	if due := time.Duration(ns); uint64(ns) <= math.MaxInt64 && (next < 0 || due < next) {
		next = due
	}
	return next, err
}

// PurgeThread starts (true) or stops (false) the library's own thread that
// gives idle memory back within the decay time, one per process. It sleeps
// without waking up when nothing is cached. Stopping waits for its end. The
// error is EAGAIN or ENOMEM when it cannot be started. Any goroutine may call it.
func PurgeThread(run bool) error {
	var v C.uint32_t
	if run {
		v = 1
	}
	return result("PurgeThread", C.akit_purge_thread(v))
}

// ThreadFlush hands over what the calling thread has in its caches, of all
// handles. It acts on the thread that the goroutine runs on at this moment, so
// it is of use mainly between runtime.LockOSThread and UnlockOSThread. Calling
// it is never necessary.
func ThreadFlush() error { return result("ThreadFlush", C.akit_thread_flush(0)) }

// Purge gives cached memory of every handle and of the process-wide cache back
// to the system and returns how many bytes the system got. The error is EINVAL
// for unknown flags. Any goroutine may call it.
func Purge(flags PurgeFlags) (bytes uint64, err error) {
	var n C.uint64_t
	err = result("Purge", C.akit_purge(C.uint32_t(flags), &n))
	return uint64(n), err
}

// CacheLimit sets the budget, in bytes, of the process-wide cache through which
// handles recycle memory: 32 MiB unless set, 0 keeps nothing, [None] has no
// bound. Any goroutine may call it.
func CacheLimit(bytes uint64) error {
	return result("CacheLimit", C.akit_cache_limit(C.uint64_t(bytes)))
}
