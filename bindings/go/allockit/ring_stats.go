package allockit

// #include <allockit/ring.h>
// #cgo noescape akit_ring_stats_get
// #cgo nocallback akit_ring_stats_get
import "C"

// RingStats are the figures of one [Ring]. Names ending in Total are counters since
// creation, all others are as of now.
type RingStats struct {
	ID                   uint64 // id of the handle, from 1, never used again
	Kind                 Kind   // KindRing
	LimitBytes           uint64 // the cap in force, None without one
	UsedBytes            uint64 // bytes of the slices that are out, each rounded up to the alignment
	UsedPeakBytes        uint64 // most of it so far
	CachedBytes          uint64 // bytes of the area that can be handed out now: what is left of the current block, and blocks that are free
	MetadataBytes        uint64 // the ring's own books
	MappedBytes          uint64 // bytes of address space the ring holds, Memory included
	MappedPeakBytes      uint64 // most of it so far
	PinnedBytes          uint64 // bytes of the area that are registered with io_uring
	Mappings             uint64 // ranges the ring holds: 1, the area
	AllocsTotal          uint64 // slices handed out
	FreesTotal           uint64 // slices that came back with their last reference
	FailuresTotal        uint64 // requests answered with nil, whatever the reason
	LimitHitsTotal       uint64 // 0: the cap is met when the ring is created
	MisusesTotal         uint64 // wrong releases, retains and commits, and calls with a pointer that was not legal
	MapsTotal            uint64 // 1, the area
	UnmapsTotal          uint64 // 0
	PurgesTotal          uint64 // 0: the area is the ring's until it ends
	PurgedBytesTotal     uint64 // 0
	PrefaultedBytesTotal uint64 // bytes made resident ahead of use
	CapacityBytes        uint64 // the area's size: whole blocks
	MaxSliceBytes        uint64 // largest length that can be acquired
	OutSlices            uint64 // slices that are out
	OutPeakSlices        uint64 // most of them so far
	ReleasesTotal        uint64 // references given back
	PaddingBytes         uint64 // lost now at the ends of blocks (ordered: of the area), and to ColourBytes, until these slices or blocks come back
	PaddingBytesTotal    uint64 // lost so far
	ExhaustedTotal       uint64 // requests answered with ENOBUFS
	TooLargeTotal        uint64 // requests answered with EMSGSIZE
	HeadBlockedTotal     uint64 // of ExhaustedTotal, those that only found no room because slices that were released wait for others: they were as large as what is not in use
	OldestBlockAcquires  uint64 // how many slices have been acquired since the oldest held block was begun (ordered: since the oldest slice was acquired)
	HeldBlocks           uint64 // blocks with slices that are out, without the current one (ordered: 1 when there are any)
}

// Stats reads the figures of the ring. They are exact when no other call on it is under
// way. The error is [ErrClosed]. Any goroutine may call it.
func (r *Ring) Stats() (RingStats, error) {
	c := C.akit_ring_stats{struct_size: C.sizeof_akit_ring_stats}
	err := r.open("Ring.Stats", func() error {
		return result("Ring.Stats", C.akit_ring_stats_get(r.h, &c))
	})
	if err != nil {
		return RingStats{}, err
	}
	return RingStats{
		ID:                   uint64(c.id),
		Kind:                 Kind(c.kind),
		LimitBytes:           uint64(c.limit_bytes),
		UsedBytes:            uint64(c.used_bytes),
		UsedPeakBytes:        uint64(c.used_peak_bytes),
		CachedBytes:          uint64(c.cached_bytes),
		MetadataBytes:        uint64(c.metadata_bytes),
		MappedBytes:          uint64(c.mapped_bytes),
		MappedPeakBytes:      uint64(c.mapped_peak_bytes),
		PinnedBytes:          uint64(c.pinned_bytes),
		Mappings:             uint64(c.mappings),
		AllocsTotal:          uint64(c.allocs_total),
		FreesTotal:           uint64(c.frees_total),
		FailuresTotal:        uint64(c.failures_total),
		LimitHitsTotal:       uint64(c.limit_hits_total),
		MisusesTotal:         uint64(c.misuses_total),
		MapsTotal:            uint64(c.maps_total),
		UnmapsTotal:          uint64(c.unmaps_total),
		PurgesTotal:          uint64(c.purges_total),
		PurgedBytesTotal:     uint64(c.purged_bytes_total),
		PrefaultedBytesTotal: uint64(c.prefaulted_bytes_total),
		CapacityBytes:        uint64(c.capacity_bytes),
		MaxSliceBytes:        uint64(c.max_slice_bytes),
		OutSlices:            uint64(c.out_slices),
		OutPeakSlices:        uint64(c.out_peak_slices),
		ReleasesTotal:        uint64(c.releases_total),
		PaddingBytes:         uint64(c.padding_bytes),
		PaddingBytesTotal:    uint64(c.padding_bytes_total),
		ExhaustedTotal:       uint64(c.exhausted_total),
		TooLargeTotal:        uint64(c.too_large_total),
		HeadBlockedTotal:     uint64(c.head_blocked_total),
		OldestBlockAcquires:  uint64(c.oldest_block_acquires),
		HeldBlocks:           uint64(c.held_blocks),
	}, nil
}
