package allockit

// #include <stdlib.h>
// #include <allockit.h>
// #cgo noescape akit_region_config_get
// #cgo nocallback akit_region_config_get
// #cgo noescape akit_region_suggest
// #cgo nocallback akit_region_suggest
import "C"

import (
	"strings"
	"syscall"
	"unsafe"
)

// RegionConfig configures a [Region]. Zero in any field is its default, [None]
// in a uint64 field means none, never or unlimited. A value that makes no sense
// is EINVAL; nothing is clamped in silence.
//
// With Memory the handle stands on memory of the program, of which it uses the
// whole pages, and makes no system call once it is made. It must lie outside the
// Go heap (from syscall.Mmap, another handle or C; one of the Go heap panics),
// and be left alone until the handle, its blocks and every heap that stands on it
// have ended. NUMA, huge pages, guards, a purge method and another fork mode than
// ForkCopy are EINVAL then.
type RegionConfig struct {
	Name             string      // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	LimitBytes       uint64      // cap on everything the handle maps: blocks, caches, metadata. At least 64 KiB; 0: no cap
	DecayNs          uint64      // idle memory is due to go back after this time, in ns. 0: 100 ms
	THP              THP         // advice about transparent huge pages. 0: from 2 MiB
	ForkMode         ForkMode    // what a child process sees
	ZeroMode         ZeroMode    // when blocks are zeroed
	NumaMode         NumaMode    // where pages come from
	NumaNodes        uint64      // bit n stands for node n
	PrefaultBytes    uint64      // bytes made resident at create. 0: none
	CheckMode        CheckMode   // how much misuse is found at the call
	CacheBytes       uint64      // freed bytes that are kept, all threads together. 0: 256 MiB
	MaxWastePermille uint64      // most that a block may be larger than asked for, in thousandths, at most 1000. 0: 125
	MaxMappings      uint64      // most mappings of the kernel that the handle may cause. 0: 16384
	MaxEntries       uint64      // freed blocks that are kept, all threads together. 0: 65536
	PurgeMethod      PurgeMethod // how idle pages go back
	Guard            bool        // an inaccessible page behind every block; false: only with AllocGuard
	Memory           []byte      // stand on this memory, at least one whole page; nil: on the system's
}

// PurgeMethod says how idle pages of a [Region] go back.
type PurgeMethod uint32

// Values of RegionConfig.PurgeMethod.
const (
	PurgeMethodDefault  PurgeMethod = C.AKIT_PURGE_METHOD_DEFAULT  // unmapped where no mapping is split by it, else as DontNeed
	PurgeMethodDontNeed PurgeMethod = C.AKIT_PURGE_METHOD_DONTNEED // the pages go at once, the addresses stay mapped
	PurgeMethodFree     PurgeMethod = C.AKIT_PURGE_METHOD_FREE     // the kernel takes the pages when it is short of memory
	PurgeMethodUnmap    PurgeMethod = C.AKIT_PURGE_METHOD_UNMAP    // unmapped, even where that splits a mapping
)

// withC calls f with the C form of the configuration. The name lives in C
// memory meanwhile, because the struct must not hold a Go pointer.
func (g *RegionConfig) withC(op string, f func(*C.akit_region_config) error) error {
	c := C.akit_region_config{
		struct_size:        C.sizeof_akit_region_config,
		limit_bytes:        C.uint64_t(g.LimitBytes),
		decay_ns:           C.uint64_t(g.DecayNs),
		thp:                C.uint32_t(g.THP),
		fork_mode:          C.uint32_t(g.ForkMode),
		zero_mode:          C.uint32_t(g.ZeroMode),
		numa_mode:          C.uint32_t(g.NumaMode),
		numa_nodes:         C.uint64_t(g.NumaNodes),
		prefault_bytes:     C.uint64_t(g.PrefaultBytes),
		check_mode:         C.uint32_t(g.CheckMode),
		cache_bytes:        C.uint64_t(g.CacheBytes),
		max_waste_permille: C.uint64_t(g.MaxWastePermille),
		max_mappings:       C.uint64_t(g.MaxMappings),
		max_entries:        C.uint64_t(g.MaxEntries),
		purge_method:       C.uint32_t(g.PurgeMethod),
	}
	if g.Guard {
		c.guard = 1
	}
	if g.Memory != nil {
		c.memory = address(g.Memory)
		c.memory_bytes = C.uint64_t(len(g.Memory))
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

func regionConfig(c *C.akit_region_config) RegionConfig {
	g := RegionConfig{
		LimitBytes:       uint64(c.limit_bytes),
		DecayNs:          uint64(c.decay_ns),
		THP:              THP(c.thp),
		ForkMode:         ForkMode(c.fork_mode),
		ZeroMode:         ZeroMode(c.zero_mode),
		NumaMode:         NumaMode(c.numa_mode),
		NumaNodes:        uint64(c.numa_nodes),
		PrefaultBytes:    uint64(c.prefault_bytes),
		CheckMode:        CheckMode(c.check_mode),
		CacheBytes:       uint64(c.cache_bytes),
		MaxWastePermille: uint64(c.max_waste_permille),
		MaxMappings:      uint64(c.max_mappings),
		MaxEntries:       uint64(c.max_entries),
		PurgeMethod:      PurgeMethod(c.purge_method),
	}
	g.Guard = c.guard != 0
	if c.memory != nil {
		g.Memory = bytesAt(c.memory, int(c.memory_bytes), int(c.memory_bytes))
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g
}

// Config is the configuration in force, with the defaults filled in. The error
// is [ErrClosed] after Close. Any goroutine may call it.
func (r *Region) Config() (RegionConfig, error) {
	c := C.akit_region_config{struct_size: C.sizeof_akit_region_config}
	var g RegionConfig
	err := r.open("Region.Config", func() error {
		rc := C.akit_region_config_get(r.h, &c)
		if rc >= 0 {
			g = regionConfig(&c)
		}
		return result("Region.Config", rc)
	})
	return g, err
}

// Suggest proposes a configuration from what the handle has seen: its own, with
// budgets as the statistics recommend. It changes nothing. The error is
// [ErrClosed] after Close. Any goroutine may call it.
func (r *Region) Suggest() (RegionConfig, error) {
	c := C.akit_region_config{struct_size: C.sizeof_akit_region_config}
	var g RegionConfig
	err := r.open("Region.Suggest", func() error {
		rc := C.akit_region_suggest(r.h, &c)
		if rc >= 0 {
			g = regionConfig(&c)
		}
		return result("Region.Suggest", rc)
	})
	return g, err
}
