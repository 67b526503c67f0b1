package allockit

// #include <stdlib.h>
// #include <allockit.h>
// #cgo noescape akit_huge_config_get
// #cgo nocallback akit_huge_config_get
// #cgo noescape akit_huge_suggest
// #cgo nocallback akit_huge_suggest
import "C"

import (
	"strings"
	"syscall"
	"unsafe"
)

// HugeConfig configures a [Huge]. Zero in any field is its default, [None] in a
// uint64 field means none, never or unlimited. A value that makes no sense is
// EINVAL; nothing is clamped in silence.
type HugeConfig struct {
	Name           string    // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	LimitBytes     uint64    // cap on everything the handle maps: blocks, caches, metadata. At least 64 KiB; 0: no cap
	DecayNs        uint64    // idle memory is due to go back after this time, in ns. 0: 100 ms
	THP            THP       // advice about transparent huge pages for what is not on explicit ones
	ForkMode       ForkMode  // what a child process sees. 0: nothing of explicit pages, a copy of others
	ZeroMode       ZeroMode  // when blocks are zeroed
	NumaMode       NumaMode  // where pages come from
	NumaNodes      uint64    // bit n stands for node n
	PrefaultBytes  uint64    // bytes taken at create, for the first blocks; CacheBytes must be at least as much. 0: none
	CheckMode      CheckMode // how much misuse is found at the call
	GiantPageBytes uint64    // size of a giant page. 0: the kernel's next one above the huge page
	HugePageBytes  uint64    // size of a huge page. 0: the kernel's default one
	GiantMode      HugeMode  // giant pages. 0: HugePrefer, from one page's size on when that wastes no more than an eighth
	HugeMode       HugeMode  // huge pages. 0: HugePrefer
	Populate       Populate  // when pages are taken
	CacheBytes     uint64    // freed bytes that are kept. 0: none on explicit pages, and 64 MiB of the rest
}

// Populate says when the pages of a block are taken.
type Populate uint32

// Values of HugeConfig.Populate.
const (
	PopulateDefault Populate = C.AKIT_POPULATE_DEFAULT // explicit pages when the block is allocated, others at first use
	PopulateAll     Populate = C.AKIT_POPULATE_ALL     // all of them when the block is allocated
)

// withC calls f with the C form of the configuration. The name lives in C
// memory meanwhile, because the struct must not hold a Go pointer.
func (g *HugeConfig) withC(op string, f func(*C.akit_huge_config) error) error {
	c := C.akit_huge_config{
		struct_size:      C.sizeof_akit_huge_config,
		limit_bytes:      C.uint64_t(g.LimitBytes),
		decay_ns:         C.uint64_t(g.DecayNs),
		thp:              C.uint32_t(g.THP),
		fork_mode:        C.uint32_t(g.ForkMode),
		zero_mode:        C.uint32_t(g.ZeroMode),
		numa_mode:        C.uint32_t(g.NumaMode),
		numa_nodes:       C.uint64_t(g.NumaNodes),
		prefault_bytes:   C.uint64_t(g.PrefaultBytes),
		check_mode:       C.uint32_t(g.CheckMode),
		giant_page_bytes: C.uint64_t(g.GiantPageBytes),
		huge_page_bytes:  C.uint64_t(g.HugePageBytes),
		giant_mode:       C.uint32_t(g.GiantMode),
		huge_mode:        C.uint32_t(g.HugeMode),
		populate:         C.uint32_t(g.Populate),
		cache_bytes:      C.uint64_t(g.CacheBytes),
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

func hugeConfig(c *C.akit_huge_config) HugeConfig {
	g := HugeConfig{
		LimitBytes:     uint64(c.limit_bytes),
		DecayNs:        uint64(c.decay_ns),
		THP:            THP(c.thp),
		ForkMode:       ForkMode(c.fork_mode),
		ZeroMode:       ZeroMode(c.zero_mode),
		NumaMode:       NumaMode(c.numa_mode),
		NumaNodes:      uint64(c.numa_nodes),
		PrefaultBytes:  uint64(c.prefault_bytes),
		CheckMode:      CheckMode(c.check_mode),
		GiantPageBytes: uint64(c.giant_page_bytes),
		HugePageBytes:  uint64(c.huge_page_bytes),
		GiantMode:      HugeMode(c.giant_mode),
		HugeMode:       HugeMode(c.huge_mode),
		Populate:       Populate(c.populate),
		CacheBytes:     uint64(c.cache_bytes),
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g
}

// Config is the configuration in force, with the defaults filled in. The error
// is [ErrClosed] after Close. Any goroutine may call it.
func (h *Huge) Config() (HugeConfig, error) {
	c := C.akit_huge_config{struct_size: C.sizeof_akit_huge_config}
	var g HugeConfig
	err := h.open("Huge.Config", func() error {
		rc := C.akit_huge_config_get(h.h, &c)
		if rc >= 0 {
			g = hugeConfig(&c)
		}
		return result("Huge.Config", rc)
	})
	return g, err
}

// Suggest proposes a configuration from what the handle has seen: its own, with
// budgets as the statistics recommend. It changes nothing. The error is
// [ErrClosed] after Close. Any goroutine may call it.
func (h *Huge) Suggest() (HugeConfig, error) {
	c := C.akit_huge_config{struct_size: C.sizeof_akit_huge_config}
	var g HugeConfig
	err := h.open("Huge.Suggest", func() error {
		rc := C.akit_huge_suggest(h.h, &c)
		if rc >= 0 {
			g = hugeConfig(&c)
		}
		return result("Huge.Suggest", rc)
	})
	return g, err
}
