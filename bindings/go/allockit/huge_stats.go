package allockit

// #include <allockit.h>
// #cgo noescape akit_huge_stats_get
// #cgo nocallback akit_huge_stats_get
// #cgo noescape akit_huge_node_bytes
// #cgo nocallback akit_huge_node_bytes
// #cgo noescape akit_huge_reason_count
// #cgo nocallback akit_huge_reason_count
import "C"

// HugeStats are the figures of one [Huge]. Names ending in Total are counters
// since creation, all others are as of now.
type HugeStats struct {
	ID                   uint64 // id of the handle, from 1, never used again
	Kind                 Kind   // KindHuge
	LimitBytes           uint64 // the cap in force, None without one
	UsedBytes            uint64 // usable bytes of the blocks in use
	UsedPeakBytes        uint64 // most of it so far
	CachedBytes          uint64 // freed and kept
	MetadataBytes        uint64 // the handle's own books
	MappedBytes          uint64 // bytes of address space the handle holds
	MappedPeakBytes      uint64 // most of it so far
	PinnedBytes          uint64 // bytes that are never purged or moved
	Mappings             uint64 // mappings of the kernel that these blocks take
	AllocsTotal          uint64 // blocks handed out
	FreesTotal           uint64 // blocks taken back
	FailuresTotal        uint64 // requests answered with NULL, whatever the reason
	LimitHitsTotal       uint64 // of these, the ones because of LimitBytes
	MisusesTotal         uint64 // calls with a pointer that was not legal
	MapsTotal            uint64 // mmap calls
	UnmapsTotal          uint64 // munmap calls
	PurgesTotal          uint64 // purges that gave something back
	PurgedBytesTotal     uint64 // bytes given back to the kernel by them
	PrefaultedBytesTotal uint64 // bytes made resident ahead of use
	GiantBytes           uint64 // part of UsedBytes on giant pages
	HugeTLBBytes         uint64 // the same on huge pages
	THPBytes             uint64 // the same where transparent huge pages are asked for
	BaseBytes            uint64 // the same on ordinary pages
	CacheHitsTotal       uint64 // requests answered from the cache
	CacheMissesTotal     uint64 // requests that went to the kernel
	FallbacksTotal       uint64 // blocks that got less than the policy wished for; by reason through [Huge.ReasonCount]
	LastFallbackReason   uint64 // errno of the last refusal, 0: none so far
	LastFallbackUnixNs   uint64 // when, by the wall clock; 0: never
	PopulateMaxNs        uint64 // longest time that taking the pages of one block took
	PopulateNsTotal      uint64 // all of that time together
}

// Stats reads the figures of the handle. It stops no other goroutine and may miss
// calls under way. The error is [ErrClosed]. Any goroutine may call it.
func (h *Huge) Stats() (HugeStats, error) {
	c := C.akit_huge_stats{struct_size: C.sizeof_akit_huge_stats}
	err := h.open("Huge.Stats", func() error {
		return result("Huge.Stats", C.akit_huge_stats_get(h.h, &c))
	})
	if err != nil {
		return HugeStats{}, err
	}
	return HugeStats{
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
		GiantBytes:           uint64(c.giant_bytes),
		HugeTLBBytes:         uint64(c.hugetlb_bytes),
		THPBytes:             uint64(c.thp_bytes),
		BaseBytes:            uint64(c.base_bytes),
		CacheHitsTotal:       uint64(c.cache_hits_total),
		CacheMissesTotal:     uint64(c.cache_misses_total),
		FallbacksTotal:       uint64(c.fallbacks_total),
		LastFallbackReason:   uint64(c.last_fallback_reason),
		LastFallbackUnixNs:   uint64(c.last_fallback_unix_ns),
		PopulateMaxNs:        uint64(c.populate_max_ns),
		PopulateNsTotal:      uint64(c.populate_ns_total),
	}, nil
}

// NodeBytes is how many bytes of blocks in use are resident on a NUMA node; it
// takes about 0.1 us per page. The error is ENOENT for a node that does not
// exist, ENOSYS when the system does not tell, [ErrClosed]. Any goroutine may
// call it.
func (h *Huge) NodeBytes(node int) (uint64, error) {
	return figure("Huge.NodeBytes", &h.life, func() C.int64_t { return C.akit_huge_node_bytes(h.h, C.uint32_t(node)) })
}

// ReasonCount is how often a page kind of the policy could not be had for this
// reason. One request may count several times: giant pages, huge pages,
// transparent huge pages. The error is EINVAL for an unknown reason, [ErrClosed].
// Any goroutine may call it.
func (h *Huge) ReasonCount(reason Reason) (uint64, error) {
	return figure("Huge.ReasonCount", &h.life, func() C.int64_t { return C.akit_huge_reason_count(h.h, C.uint32_t(reason)) })
}
