package allockit

// #include <allockit.h>
// #cgo noescape akit_region_stats_get
// #cgo nocallback akit_region_stats_get
// #cgo noescape akit_region_node_bytes
// #cgo nocallback akit_region_node_bytes
import "C"

import "syscall"

// RegionStats are the figures of one [Region]. Names ending in Total are counters
// since creation, all others are as of now.
type RegionStats struct {
	ID                      uint64 // id of the handle, from 1, never used again
	Kind                    Kind   // KindRegion
	LimitBytes              uint64 // the cap in force, None without one
	UsedBytes               uint64 // usable bytes of the regions in use
	UsedPeakBytes           uint64 // most of it, seen when a bin is refilled and on reading
	CachedBytes             uint64 // freed and kept: bins of threads, the common part, and free pages that are still mapped
	MetadataBytes           uint64 // the handle's own books
	MappedBytes             uint64 // bytes of address space the handle holds
	MappedPeakBytes         uint64 // most of it so far
	PinnedBytes             uint64 // bytes of pinned regions
	Mappings                uint64 // mappings of the kernel that these regions take
	AllocsTotal             uint64 // regions handed out
	FreesTotal              uint64 // regions taken back
	FailuresTotal           uint64 // requests answered with NULL, whatever the reason
	LimitHitsTotal          uint64 // of these, the ones because of LimitBytes or max_mappings
	MisusesTotal            uint64 // calls with a pointer that was not legal
	MapsTotal               uint64 // mmap calls
	UnmapsTotal             uint64 // munmap calls
	PurgesTotal             uint64 // purges that gave something back
	PurgedBytesTotal        uint64 // bytes given back to the kernel by them
	PrefaultedBytesTotal    uint64 // bytes made resident ahead of use
	CacheHitsTotal          uint64 // requests answered by the thread's own bin
	CacheMissesTotal        uint64 // requests that took the slow path
	EvictionsTotal          uint64 // regions that left the cache because of its budget
	RejectedTotal           uint64 // freed regions that were not kept at all: too large for the budget, guarded, or AllocNoCache
	CachedMappings          uint64 // freed regions that are kept now
	WasteBytes              uint64 // bytes behind the regions in use that nobody can use: guard pages and what an alignment cut off
	RemapsTotal             uint64 // regions that grew by moving their pages
	PurgeDeadlineNs         uint64 // ns until idle memory of this handle is due to go back, None when there is none
	PurgeOverdueNs          uint64 // ns since it was due and nobody came; 0: it is not
	PurgeSkippedPinnedTotal uint64 // freed regions that were kept because they are pinned
}

// Stats reads the figures of the handle. It stops no other goroutine and may miss
// calls under way. The error is [ErrClosed]. Any goroutine may call it.
func (r *Region) Stats() (RegionStats, error) {
	c := C.akit_region_stats{struct_size: C.sizeof_akit_region_stats}
	err := r.open("Region.Stats", func() error {
		return result("Region.Stats", C.akit_region_stats_get(r.h, &c))
	})
	if err != nil {
		return RegionStats{}, err
	}
	return RegionStats{
		ID:                      uint64(c.id),
		Kind:                    Kind(c.kind),
		LimitBytes:              uint64(c.limit_bytes),
		UsedBytes:               uint64(c.used_bytes),
		UsedPeakBytes:           uint64(c.used_peak_bytes),
		CachedBytes:             uint64(c.cached_bytes),
		MetadataBytes:           uint64(c.metadata_bytes),
		MappedBytes:             uint64(c.mapped_bytes),
		MappedPeakBytes:         uint64(c.mapped_peak_bytes),
		PinnedBytes:             uint64(c.pinned_bytes),
		Mappings:                uint64(c.mappings),
		AllocsTotal:             uint64(c.allocs_total),
		FreesTotal:              uint64(c.frees_total),
		FailuresTotal:           uint64(c.failures_total),
		LimitHitsTotal:          uint64(c.limit_hits_total),
		MisusesTotal:            uint64(c.misuses_total),
		MapsTotal:               uint64(c.maps_total),
		UnmapsTotal:             uint64(c.unmaps_total),
		PurgesTotal:             uint64(c.purges_total),
		PurgedBytesTotal:        uint64(c.purged_bytes_total),
		PrefaultedBytesTotal:    uint64(c.prefaulted_bytes_total),
		CacheHitsTotal:          uint64(c.cache_hits_total),
		CacheMissesTotal:        uint64(c.cache_misses_total),
		EvictionsTotal:          uint64(c.evictions_total),
		RejectedTotal:           uint64(c.rejected_total),
		CachedMappings:          uint64(c.cached_mappings),
		WasteBytes:              uint64(c.waste_bytes),
		RemapsTotal:             uint64(c.remaps_total),
		PurgeDeadlineNs:         uint64(c.purge_deadline_ns),
		PurgeOverdueNs:          uint64(c.purge_overdue_ns),
		PurgeSkippedPinnedTotal: uint64(c.purge_skipped_pinned_total),
	}, nil
}

// NodeBytes is how many bytes of blocks in use are resident on a NUMA node; it
// takes about 0.1 us per page. The error is ENOENT for a node that does not
// exist, ENOSYS when the system does not tell, [ErrClosed]. Any goroutine may
// call it.
func (r *Region) NodeBytes(node int) (uint64, error) {
	return figure("Region.NodeBytes", &r.life, func() C.int64_t { return C.akit_region_node_bytes(r.h, C.uint32_t(node)) })
}

// figure is the answer of a C function that is a figure or -errno.
func figure(op string, l *life, f func() C.int64_t) (uint64, error) {
	var n C.int64_t
	err := l.open(op, func() error {
		if n = f(); n < 0 {
			return &Error{op, syscall.Errno(-n)}
		}
		return nil
	})
	return uint64(max(n, 0)), err
}
