package allockit

// #include <stdlib.h>
// #include <allockit.h>
// #cgo noescape akit_pool_config_get
// #cgo nocallback akit_pool_config_get
// #cgo noescape akit_pool_suggest
// #cgo nocallback akit_pool_suggest
import "C"

import (
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unsafe"
)

// PoolConfig configures a [Pool]. Zero in any field is its default, [None] in a
// uint64 field means none, never or unlimited. A value that makes no sense is
// EINVAL; nothing is clamped in silence.
//
// The classes are either a list, ClassBytes, or steps: from MinClassBytes to
// MaxClassBytes so many to each doubling.
//
// Region and Huge must be open when the pool is made, else the error is
// [ErrClosed]; the pool keeps what it needs of them alive. Memory must lie outside
// the Go heap (from syscall.Mmap, another handle or C; one of the Go heap panics),
// and be left alone until the pool has ended. At most one of the three, and none
// with a NumaMode.
type PoolConfig struct {
	Flags              PoolFlags   // PoolTags, PoolReportLeaks
	Name               string      // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	LimitBytes         uint64      // cap on everything the pool maps: slabs, caches, metadata. At least 64 KiB; 0: no cap
	DecayNs            uint64      // idle buffers are due to go back after this time, save those of Warm. 0: 100 ms
	THP                THP         // advice about transparent huge pages for slabs
	ForkMode           ForkMode    // what a child process sees
	ZeroMode           ZeroMode    // when the whole capacity is zeroed
	NumaMode           NumaMode    // where slabs come from
	NumaNodes          uint64      // bit n stands for node n
	PrefaultBytes      uint64      // bytes made resident at create, for whatever class asks first. 0: none
	CheckMode          CheckMode   // CheckExact finds two puts that meet when the buffer comes to C
	Region             *Region     // slabs come from this handle; nil: from the kernel
	Huge               *Huge       // slabs come from this handle; nil: no explicit huge pages
	MinClassBytes      uint64      // capacity of the smallest class. 0: 2 KiB, or the largest class when that is smaller
	MaxClassBytes      uint64      // capacity of the largest class, at most 16 MiB. 0: 64 KiB, or the smallest class when that is larger
	ClassesPerDoubling uint64      // 1, 2, 4 or 8. 0: 1
	ClassBytes         []uint64    // instead of the three above: the capacities, ascending, each at most 16 MiB, at most 64
	ClassCacheBytes    uint64      // most idle bytes of one class in C, all threads together. 0: as CacheBytes
	CacheBytes         uint64      // most idle bytes of all classes and threads in C. 0: 64 MiB
	ThreadCacheBytes   uint64      // most idle bytes in C's cache of one thread. 0: 8 MiB, None: as CacheBytes
	Alignment          uint64      // of every buffer: a power of two, at most 2 MiB. 0: 64
	SlabBytes          uint64      // size of a slab, at most 1 GiB. 0: from 64 KiB in the beginning to 2 MiB
	ExhaustMode        ExhaustMode // what happens when no idle buffer is left
	Memory             []byte      // cut the slabs from this memory, at least two whole pages; nil: from the system's

	// LocalCacheBytes is the most idle bytes that each processor (P) of the Go
	// runtime and each PoolLocal keeps on the Go side, where a get and a put cost
	// no entry into C. A class may have a quarter of it, or four buffers; what all
	// processors keep is never more than a quarter of CacheBytes and ClassCacheBytes,
	// and comes on top of these. 0: 1 MiB. 1 keeps nothing: then every call enters C,
	// and so it is with PoolTags. None: no bound but these.
	LocalCacheBytes uint64
}

// PoolFlags are flags of a [Pool].
type PoolFlags uint64

// Flags for PoolConfig.Flags.
const (
	PoolTags        PoolFlags = C.AKIT_POOL_TAGS         // a number of the program's with every buffer that is out, see Pool.SetTag
	PoolReportLeaks PoolFlags = C.AKIT_POOL_REPORT_LEAKS // Close also writes one line per class with buffers out on file descriptor 2
)

// ExhaustMode says what happens when no idle buffer is left.
type ExhaustMode uint32

// Values of PoolConfig.ExhaustMode.
const (
	ExhaustGrow     ExhaustMode = C.AKIT_EXHAUST_GROW     // more is mapped, up to LimitBytes
	ExhaustFail     ExhaustMode = C.AKIT_EXHAUST_FAIL     // ENOBUFS: only what Warm made is handed out, and nothing above the largest class
	ExhaustFallback ExhaustMode = C.AKIT_EXHAUST_FALLBACK // a mapping of its own, up to LimitBytes, and counted
)

// withC calls f with the C form of the configuration. The name lives in C memory
// meanwhile and the list of classes is pinned, because the struct must not hold
// any other Go pointer.
func (g *PoolConfig) withC(op string, f func(*C.akit_pool_config) error) error {
	c := C.akit_pool_config{
		struct_size:          C.sizeof_akit_pool_config,
		flags:                C.uint64_t(g.Flags),
		limit_bytes:          C.uint64_t(g.LimitBytes),
		decay_ns:             C.uint64_t(g.DecayNs),
		thp:                  C.uint32_t(g.THP),
		fork_mode:            C.uint32_t(g.ForkMode),
		zero_mode:            C.uint32_t(g.ZeroMode),
		numa_mode:            C.uint32_t(g.NumaMode),
		numa_nodes:           C.uint64_t(g.NumaNodes),
		prefault_bytes:       C.uint64_t(g.PrefaultBytes),
		check_mode:           C.uint32_t(g.CheckMode),
		min_class_bytes:      C.uint64_t(g.MinClassBytes),
		max_class_bytes:      C.uint64_t(g.MaxClassBytes),
		classes_per_doubling: C.uint64_t(g.ClassesPerDoubling),
		class_cache_bytes:    C.uint64_t(g.ClassCacheBytes),
		cache_bytes:          C.uint64_t(g.CacheBytes),
		thread_cache_bytes:   C.uint64_t(g.ThreadCacheBytes),
		alignment:            C.uint64_t(g.Alignment),
		slab_bytes:           C.uint64_t(g.SlabBytes),
		exhaust_mode:         C.uint32_t(g.ExhaustMode),
	}
	if g.Name != "" {
		if strings.IndexByte(g.Name, 0) >= 0 {
			return &Error{op, syscall.EINVAL}
		}
		c.name = C.CString(g.Name)
		defer C.free(unsafe.Pointer(c.name))
	}
	if len(g.ClassBytes) > 0 {
		var pin runtime.Pinner
		defer pin.Unpin()
		pin.Pin(&g.ClassBytes[0])
		c.class_bytes = (*C.uint64_t)(&g.ClassBytes[0])
		c.class_count = C.uint64_t(len(g.ClassBytes))
	}
	if g.Memory != nil {
		c.memory = address(g.Memory)
		c.memory_bytes = C.uint64_t(len(g.Memory))
	}
	// Neither may be closed before the pool has taken hold of it.
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

func (p *Pool) poolConfig(c *C.akit_pool_config) PoolConfig {
	g := PoolConfig{
		Flags:              PoolFlags(c.flags),
		LimitBytes:         uint64(c.limit_bytes),
		DecayNs:            uint64(c.decay_ns),
		THP:                THP(c.thp),
		ForkMode:           ForkMode(c.fork_mode),
		ZeroMode:           ZeroMode(c.zero_mode),
		NumaMode:           NumaMode(c.numa_mode),
		NumaNodes:          uint64(c.numa_nodes),
		PrefaultBytes:      uint64(c.prefault_bytes),
		CheckMode:          CheckMode(c.check_mode),
		Region:             p.config.Region,
		Huge:               p.config.Huge,
		MinClassBytes:      uint64(c.min_class_bytes),
		MaxClassBytes:      uint64(c.max_class_bytes),
		ClassesPerDoubling: uint64(c.classes_per_doubling),
		ClassCacheBytes:    uint64(c.class_cache_bytes),
		CacheBytes:         uint64(c.cache_bytes),
		ThreadCacheBytes:   uint64(c.thread_cache_bytes),
		Alignment:          uint64(c.alignment),
		SlabBytes:          uint64(c.slab_bytes),
		ExhaustMode:        ExhaustMode(c.exhaust_mode),
		LocalCacheBytes:    max(uint64(p.most), 1),
	}
	for _, size := range unsafe.Slice(c.class_bytes, c.class_count) {
		g.ClassBytes = append(g.ClassBytes, uint64(size))
	}
	if c.memory != nil {
		g.Memory = bytesAt(c.memory, int(c.memory_bytes), int(c.memory_bytes))
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g
}

// init reads what is in force and decides what is kept on the Go side.
func (p *Pool) init() error {
	c := C.akit_pool_config{struct_size: C.sizeof_akit_pool_config}
	if err := result("NewPool", C.akit_pool_config_get(p.h, &c)); err != nil {
		return err
	}
	s := C.akit_pool_stats{struct_size: C.sizeof_akit_pool_stats}
	if err := result("NewPool", C.akit_pool_stats_get(p.h, &s)); err != nil {
		return err
	}
	var sizes []int
	for _, size := range unsafe.Slice(c.class_bytes, c.class_count) {
		sizes = append(sizes, int(size))
	}
	p.id = uint64(s.id)
	p.limited = uint64(c.limit_bytes) != None
	p.zeroGet = c.zero_mode == C.AKIT_ZERO_ON_ALLOC
	p.zeroPut = c.zero_mode == C.AKIT_ZERO_ON_FREE
	p.decay = decayOf(uint64(c.decay_ns))

	const unbounded = 1 << 40
	share := func(bytes C.uint64_t) int {
		return int(min(uint64(bytes), unbounded)) / (4 * runtime.GOMAXPROCS(0))
	}
	p.most = localDefault
	if given := p.config.LocalCacheBytes; given > 0 {
		p.most = int(min(given, unbounded))
	}
	p.most = min(p.most, share(c.cache_bytes))
	if p.config.Flags&PoolTags != 0 {
		p.most = 0
	}
	p.classes.init(sizes)
	for i, size := range sizes {
		p.slots[i] = slotsOf(size, p.most, share(c.class_cache_bytes))
	}
	if slices.Max(p.slots[:]) == 0 {
		p.most = 0
		p.mode.Store(modeBare)
	}
	p.states.init()
	p.none = newShard(&p.classes, 0)
	p.list.Store(new([]atomicShard))
	p.left.Store(1)
	return nil
}

// Config is the configuration in force, with the defaults filled in. The error is
// [ErrClosed] after Close. Any goroutine may call it.
func (p *Pool) Config() (PoolConfig, error) {
	c := C.akit_pool_config{struct_size: C.sizeof_akit_pool_config}
	var g PoolConfig
	err := p.open("Pool.Config", func() error {
		rc := C.akit_pool_config_get(p.h, &c)
		if rc >= 0 {
			g = p.poolConfig(&c)
		}
		return result("Pool.Config", rc)
	})
	return g, err
}

// Suggest proposes a configuration from what the pool has seen: the classes that
// waste least on the lengths that were asked for, the caps that would keep what was
// in use at once, and in PrefaultBytes that much as warm-up. It changes nothing.
// The lengths are those of requests that entered C, some in a hundred: a sample.
// The error is [ErrClosed] after Close. Any goroutine may call it.
func (p *Pool) Suggest() (PoolConfig, error) {
	c := C.akit_pool_config{struct_size: C.sizeof_akit_pool_config}
	var g PoolConfig
	err := p.open("Pool.Suggest", func() error {
		p.suggests.Lock()
		defer p.suggests.Unlock()
		rc := C.akit_pool_suggest(p.h, &c)
		if rc >= 0 {
			g = p.poolConfig(&c)
			g.LocalCacheBytes = p.config.LocalCacheBytes
		}
		return result("Pool.Suggest", rc)
	})
	return g, err
}
