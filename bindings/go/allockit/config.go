package allockit

// #include <stdlib.h>
// #include <allockit.h>
// #cgo noescape akit_tiered_config_get
// #cgo nocallback akit_tiered_config_get
// #cgo noescape akit_tiered_suggest
// #cgo nocallback akit_tiered_suggest
import "C"

import (
	"strings"
	"syscall"
	"unsafe"
)

// TieredConfig configures a [Tiered] heap. Zero in any field is its default,
// [None] in a uint64 field means none, never or unlimited. A value that makes
// no sense is EINVAL; nothing is clamped in silence.
//
// Region and Huge must be open when the heap is made, else the error is
// [ErrClosed]. The heap keeps what it needs of them alive, so they may be closed
// before it or after it.
type TieredConfig struct {
	Name                string    // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	LimitBytes          uint64    // cap on everything the heap maps: blocks, caches, metadata. At least 64 KiB; 0: no cap
	DecayNs             uint64    // idle memory is due to go back after this time, in ns. 0: 100 ms
	THP                 THP       // advice about transparent huge pages
	ForkMode            ForkMode  // what a child process sees
	ZeroMode            ZeroMode  // when blocks are zeroed
	NumaMode            NumaMode  // NumaLocal; others are refused with ENOSYS so far
	NumaNodes           uint64    // bit n stands for node n
	PrefaultBytes       uint64    // bytes made resident at create. 0: none
	CheckMode           CheckMode // how much misuse is found at the call
	SmallMaxBytes       uint64    // largest small block, at least 16. 0: 1 KiB
	MediumMaxBytes      uint64    // largest medium block, up to 64 KiB. 0: 16 KiB
	LargeMaxBytes       uint64    // largest large block; above is huge. 0: just below 2 MiB
	ThreadCacheBytes    uint64    // freed bytes that one thread may keep. 0: 128 MiB
	CacheBytes          uint64    // freed bytes that all threads may keep together. 0: 256 MiB
	HugeTLBMode         HugeMode  // explicit huge pages for huge blocks. 0: never
	GuardSampleInterval uint64    // one in so many blocks gets a guard page. 0: none
	Region              *Region   // take memory from this handle; nil: from the process-wide cache
	Huge                *Huge     // take huge blocks from this handle; nil: as all memory
}

// THP is advice to the kernel about transparent huge pages.
type THP uint32

// Values of TieredConfig.THP.
const (
	THPDefault THP = C.AKIT_THP_DEFAULT // ask for them where they were measured to pay
	THPInherit THP = C.AKIT_THP_INHERIT // give no advice, the system's setting holds
	THPAdvise  THP = C.AKIT_THP_ADVISE  // ask for them everywhere
	THPNever   THP = C.AKIT_THP_NEVER   // ask for none anywhere
)

// ForkMode says what a child process made by fork sees of a heap.
type ForkMode uint32

// Values of TieredConfig.ForkMode.
const (
	ForkDefault  ForkMode = C.AKIT_FORK_DEFAULT  // ForkCopy, but ForkDontfork for explicit huge pages
	ForkCopy     ForkMode = C.AKIT_FORK_COPY     // a private copy
	ForkDontfork ForkMode = C.AKIT_FORK_DONTFORK // the blocks do not exist in the child
	ForkWipe     ForkMode = C.AKIT_FORK_WIPE     // the blocks read as zero in the child
)

// ZeroMode says when whole blocks are zeroed.
type ZeroMode uint32

// Values of TieredConfig.ZeroMode.
const (
	ZeroNone    ZeroMode = C.AKIT_ZERO_NONE     // only when asked for, as by AllocZero
	ZeroOnAlloc ZeroMode = C.AKIT_ZERO_ON_ALLOC // when it is handed out
	ZeroOnFree  ZeroMode = C.AKIT_ZERO_ON_FREE  // when it comes back
)

// NumaMode says how TieredConfig.NumaNodes is used.
type NumaMode uint32

// Values of TieredConfig.NumaMode.
const (
	NumaLocal      NumaMode = C.AKIT_NUMA_LOCAL      // node of the thread that touches a page first
	NumaBind       NumaMode = C.AKIT_NUMA_BIND       // only the given nodes
	NumaInterleave NumaMode = C.AKIT_NUMA_INTERLEAVE // the given nodes in turn
	NumaPreferred  NumaMode = C.AKIT_NUMA_PREFERRED  // the given node, others when it is full
)

// CheckMode says how much misuse is found at the call that makes it.
type CheckMode uint32

// Values of TieredConfig.CheckMode.
const (
	CheckFast  CheckMode = C.AKIT_CHECK_FAST  // foreign, misaligned and repeated frees
	CheckExact CheckMode = C.AKIT_CHECK_EXACT // also every double free of a free block, and interior pointers
)

// HugeMode says how explicit huge pages are used.
type HugeMode uint32

// Values of TieredConfig.HugeTLBMode, HugeConfig.HugeMode and GiantMode.
const (
	HugeDefault HugeMode = C.AKIT_HUGE_DEFAULT // never for a Tiered, HugePrefer for a Huge
	HugeRequire HugeMode = C.AKIT_HUGE_REQUIRE // fail when there are none
	HugePrefer  HugeMode = C.AKIT_HUGE_PREFER  // fall back to smaller pages, and count it
	HugeNever   HugeMode = C.AKIT_HUGE_NEVER
)

// withC calls f with the C form of the configuration. The name lives in C
// memory meanwhile, because the struct must not hold a Go pointer.
func (g *TieredConfig) withC(op string, f func(*C.akit_tiered_config) error) error {
	c := C.akit_tiered_config{
		struct_size:           C.sizeof_akit_tiered_config,
		limit_bytes:           C.uint64_t(g.LimitBytes),
		decay_ns:              C.uint64_t(g.DecayNs),
		thp:                   C.uint32_t(g.THP),
		fork_mode:             C.uint32_t(g.ForkMode),
		zero_mode:             C.uint32_t(g.ZeroMode),
		numa_mode:             C.uint32_t(g.NumaMode),
		numa_nodes:            C.uint64_t(g.NumaNodes),
		prefault_bytes:        C.uint64_t(g.PrefaultBytes),
		check_mode:            C.uint32_t(g.CheckMode),
		small_max_bytes:       C.uint64_t(g.SmallMaxBytes),
		medium_max_bytes:      C.uint64_t(g.MediumMaxBytes),
		large_max_bytes:       C.uint64_t(g.LargeMaxBytes),
		thread_cache_bytes:    C.uint64_t(g.ThreadCacheBytes),
		cache_bytes:           C.uint64_t(g.CacheBytes),
		hugetlb_mode:          C.uint32_t(g.HugeTLBMode),
		guard_sample_interval: C.uint64_t(g.GuardSampleInterval),
	}
	if g.Name != "" {
		if strings.IndexByte(g.Name, 0) >= 0 {
			return &Error{op, syscall.EINVAL}
		}
		c.name = C.CString(g.Name)
		defer C.free(unsafe.Pointer(c.name))
	}
	// Neither may be closed before the heap has taken hold of it.
	if g.Region != nil {
		g.Region.mu.RLock()
		defer g.Region.mu.RUnlock()
		if !g.Region.live() {
			return closed(op)
		}
		c.region = g.Region.h
	}
	if g.Huge != nil {
		g.Huge.mu.RLock()
		defer g.Huge.mu.RUnlock()
		if !g.Huge.live() {
			return closed(op)
		}
		c.huge = g.Huge.h
	}
	return f(&c)
}

func tieredConfig(c *C.akit_tiered_config) TieredConfig {
	g := TieredConfig{
		LimitBytes:          uint64(c.limit_bytes),
		DecayNs:             uint64(c.decay_ns),
		THP:                 THP(c.thp),
		ForkMode:            ForkMode(c.fork_mode),
		ZeroMode:            ZeroMode(c.zero_mode),
		NumaMode:            NumaMode(c.numa_mode),
		NumaNodes:           uint64(c.numa_nodes),
		PrefaultBytes:       uint64(c.prefault_bytes),
		CheckMode:           CheckMode(c.check_mode),
		SmallMaxBytes:       uint64(c.small_max_bytes),
		MediumMaxBytes:      uint64(c.medium_max_bytes),
		LargeMaxBytes:       uint64(c.large_max_bytes),
		ThreadCacheBytes:    uint64(c.thread_cache_bytes),
		CacheBytes:          uint64(c.cache_bytes),
		HugeTLBMode:         HugeMode(c.hugetlb_mode),
		GuardSampleInterval: uint64(c.guard_sample_interval),
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g
}

// Config is the configuration in force, with the defaults filled in. The error
// is [ErrClosed] after Close. Any goroutine may call it.
func (t *Tiered) Config() (TieredConfig, error) {
	c := C.akit_tiered_config{struct_size: C.sizeof_akit_tiered_config}
	var g TieredConfig
	err := t.open("Tiered.Config", func() error {
		rc := C.akit_tiered_config_get(t.h, &c)
		if rc >= 0 {
			g = tieredConfig(&c)
			g.Region, g.Huge = t.region, t.huge
		}
		return result("Tiered.Config", rc)
	})
	return g, err
}

// Suggest proposes a configuration from what the heap has seen: its own, with
// thresholds and budgets as the statistics recommend. It changes nothing. The
// error is [ErrClosed] after Close. Any goroutine may call it.
func (t *Tiered) Suggest() (TieredConfig, error) {
	c := C.akit_tiered_config{struct_size: C.sizeof_akit_tiered_config}
	var g TieredConfig
	err := t.open("Tiered.Suggest", func() error {
		rc := C.akit_tiered_suggest(t.h, &c)
		if rc >= 0 {
			g = tieredConfig(&c)
			g.Region, g.Huge = t.region, t.huge
		}
		return result("Tiered.Suggest", rc)
	})
	return g, err
}
