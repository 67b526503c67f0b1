package allockit

// #include <stdlib.h>
// #include <allockit/ring.h>
// #cgo noescape akit_ring_suggest
// #cgo nocallback akit_ring_suggest
import "C"

import (
	"strings"
	"syscall"
	"unsafe"
)

// RingConfig configures a [Ring]. Zero in any field is its default, [None] in a
// uint64 field means none, never or unlimited. A value that makes no sense is EINVAL;
// nothing is clamped in silence.
//
// Region and Huge must be open when the ring is made, else the error is [ErrClosed];
// the ring keeps what it needs of them alive. Memory must lie outside the Go heap
// (from syscall.Mmap, another handle or C; one of the Go heap panics), and be left
// alone until the ring has ended. At most one of the three, and none with a NumaMode.
type RingConfig struct {
	Name          string    // label in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	LimitBytes    uint64    // cap on everything the ring maps: area and metadata. At least 64 KiB; 0: no cap
	DecayNs       uint64    // told by Config, and otherwise without effect: the area stays. 0: 100 ms
	THP           THP       // advice about transparent huge pages for the area
	ForkMode      ForkMode  // what a child process sees
	ZeroMode      ZeroMode  // when slices are zeroed
	NumaMode      NumaMode  // where the area comes from
	NumaNodes     uint64    // bit n stands for node n
	PrefaultBytes uint64    // bytes made resident at create, from the beginning of the area. 0: none
	CheckMode     CheckMode // CheckExact finds racing double releases at the call, too
	Region        *Region   // the area comes from this handle; nil: from the kernel
	Huge          *Huge     // the area comes from this handle; nil: no explicit huge pages
	CapacityBytes uint64    // size of the area, rounded up to whole blocks. 0: 4 MiB, or what fits into Memory
	BlockBytes    uint64    // largest slice, a multiple of the alignment. 0: capacity / 64; RingOrdered: the capacity
	Alignment     uint64    // of slices and their lengths: a power of two, at most 1 GiB; below 16 it is 16. 0: 64
	ColourBytes   uint64    // left unused after slices of a multiple of 4096 bytes: a multiple of the alignment. 0: nothing
	Order         RingOrder // when memory of released slices can be used again
	Memory        []byte    // the area lies in this memory; nil: in the system's
}

// RingOrder says when the memory of released slices can be used again.
type RingOrder uint32

// Values of RingConfig.Order.
const (
	RingAny     RingOrder = C.AKIT_RING_ANY     // with the last slice of their block that is released
	RingOrdered RingOrder = C.AKIT_RING_ORDERED // when all that were acquired before them are released, too
)

// withC calls f with the C form of the configuration. The name lives in C memory
// meanwhile, because the struct must not hold a Go pointer.
func (g *RingConfig) withC(op string, f func(*C.akit_ring_config) error) error {
	c := C.akit_ring_config{
		struct_size:    C.sizeof_akit_ring_config,
		limit_bytes:    C.uint64_t(g.LimitBytes),
		decay_ns:       C.uint64_t(g.DecayNs),
		thp:            C.uint32_t(g.THP),
		fork_mode:      C.uint32_t(g.ForkMode),
		zero_mode:      C.uint32_t(g.ZeroMode),
		numa_mode:      C.uint32_t(g.NumaMode),
		numa_nodes:     C.uint64_t(g.NumaNodes),
		prefault_bytes: C.uint64_t(g.PrefaultBytes),
		check_mode:     C.uint32_t(g.CheckMode),
		capacity_bytes: C.uint64_t(g.CapacityBytes),
		block_bytes:    C.uint64_t(g.BlockBytes),
		alignment:      C.uint64_t(g.Alignment),
		colour_bytes:   C.uint64_t(g.ColourBytes),
		order:          C.uint32_t(g.Order),
	}
	if g.Name != "" {
		if strings.IndexByte(g.Name, 0) >= 0 {
			return &Error{op, syscall.EINVAL}
		}
		c.name = C.CString(g.Name)
		defer C.free(unsafe.Pointer(c.name))
	}
	if g.Memory != nil {
		c.memory = address(g.Memory)
		c.memory_bytes = C.uint64_t(len(g.Memory))
	}
	// Neither may be closed before the ring has taken hold of it.
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

func (r *Ring) goConfig(c *C.akit_ring_config) RingConfig {
	g := RingConfig{
		LimitBytes:    uint64(c.limit_bytes),
		DecayNs:       uint64(c.decay_ns),
		THP:           THP(c.thp),
		ForkMode:      ForkMode(c.fork_mode),
		ZeroMode:      ZeroMode(c.zero_mode),
		NumaMode:      NumaMode(c.numa_mode),
		NumaNodes:     uint64(c.numa_nodes),
		PrefaultBytes: uint64(c.prefault_bytes),
		CheckMode:     CheckMode(c.check_mode),
		CapacityBytes: uint64(c.capacity_bytes),
		BlockBytes:    uint64(c.block_bytes),
		Alignment:     uint64(c.alignment),
		ColourBytes:   uint64(c.colour_bytes),
		Order:         RingOrder(c.order),
		Region:        r.region,
		Huge:          r.huge,
	}
	if c.memory != nil {
		g.Memory = bytesAt(c.memory, int(c.memory_bytes), int(c.memory_bytes))
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g
}

// Config is the configuration in force, with the defaults filled in. The error is
// [ErrClosed] after Close. Any goroutine may call it.
func (r *Ring) Config() (RingConfig, error) {
	c := C.akit_ring_config{struct_size: C.sizeof_akit_ring_config}
	var g RingConfig
	err := r.open("Ring.Config", func() error {
		rc := C.akit_ring_config_get(r.h, &c)
		if rc >= 0 {
			g = r.goConfig(&c)
		}
		return result("Ring.Config", rc)
	})
	return g, err
}

// Suggest proposes a configuration from what the ring has seen: the capacity that would
// have served every request so far, also those it refused, and blocks that the largest
// of them fits into. It changes nothing. A proposal larger than Memory names no memory.
// The error is [ErrClosed] after Close. Any goroutine may call it.
func (r *Ring) Suggest() (RingConfig, error) {
	c := C.akit_ring_config{struct_size: C.sizeof_akit_ring_config}
	var g RingConfig
	err := r.open("Ring.Suggest", func() error {
		rc := C.akit_ring_suggest(r.h, &c)
		if rc >= 0 {
			g = r.goConfig(&c)
		}
		return result("Ring.Suggest", rc)
	})
	return g, err
}
