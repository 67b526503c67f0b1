package allockit

// #include <allockit.h>
// #cgo noescape akit_tiered_stats_get
// #cgo nocallback akit_tiered_stats_get
// #cgo noescape akit_tiered_class_count
// #cgo nocallback akit_tiered_class_count
// #cgo noescape akit_tiered_class_stats_get
// #cgo nocallback akit_tiered_class_stats_get
// #cgo noescape akit_process_stats_get
// #cgo nocallback akit_process_stats_get
import "C"

import (
	"math"
	"runtime/debug"
)

// TieredStats are the figures of one heap. Names ending in Total are counters
// since creation, all others are as of now.
type TieredStats struct {
	ID                   uint64 // id of the heap, from 1, never used again
	Kind                 Kind   // KindTiered
	LimitBytes           uint64 // the cap in force, None without one
	UsedBytes            uint64 // usable bytes of the blocks in use
	UsedPeakBytes        uint64 // most of it, seen at slow paths and on reading
	CachedBytes          uint64 // freed and kept
	MetadataBytes        uint64 // the heap's own books
	MappedBytes          uint64 // bytes of address space the heap holds
	MappedPeakBytes      uint64 // most of it so far
	PinnedBytes          uint64 // bytes that are never purged or moved
	Mappings             uint64 // pieces of address space the heap holds
	AllocsTotal          uint64 // blocks handed out
	FreesTotal           uint64 // blocks taken back
	FailuresTotal        uint64 // requests refused, whatever the reason
	LimitHitsTotal       uint64 // of these, the ones because of LimitBytes
	MisusesTotal         uint64 // calls with a pointer or size that was not legal
	MapsTotal            uint64 // pieces of address space taken
	UnmapsTotal          uint64 // pieces of address space given up
	PurgesTotal          uint64 // purge rounds that gave something back
	PurgedBytesTotal     uint64 // bytes given back to the system by them
	PrefaultedBytesTotal uint64 // bytes made resident ahead of use

	SmallUsedBytes       uint64 // part of UsedBytes in small blocks
	MediumUsedBytes      uint64 // the same in medium blocks
	LargeUsedBytes       uint64 // the same in large blocks
	HugeUsedBytes        uint64 // the same in huge blocks
	ThreadCacheBytes     uint64 // part of CachedBytes in caches of threads
	ThreadCaches         uint64 // threads that have a cache in this heap
	CacheHitsTotal       uint64 // requests answered by the thread's own cache
	CacheMissesTotal     uint64 // requests that took the slow path
	RemoteFreesTotal     uint64 // blocks that left the freeing thread in a batch
	RemotePendingBytes   uint64 // bytes in such batches, waiting
	ReallocsTotal        uint64 // calls of Realloc and Reallocx with a block
	ReallocsInPlaceTotal uint64 // of these, the ones that kept the address
	HugeFallbacksTotal   uint64 // huge blocks that got smaller pages than wished for
}

// Stats reads the figures of the heap. It stops no other goroutine and may miss
// calls under way. The error is [ErrClosed]. Any goroutine may call it.
func (t *Tiered) Stats() (TieredStats, error) {
	c := C.akit_tiered_stats{struct_size: C.sizeof_akit_tiered_stats}
	err := t.open("Tiered.Stats", func() error {
		return result("Tiered.Stats", C.akit_tiered_stats_get(t.h, &c))
	})
	if err != nil {
		return TieredStats{}, err
	}
	return TieredStats{
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
		SmallUsedBytes:       uint64(c.small_used_bytes),
		MediumUsedBytes:      uint64(c.medium_used_bytes),
		LargeUsedBytes:       uint64(c.large_used_bytes),
		HugeUsedBytes:        uint64(c.huge_used_bytes),
		ThreadCacheBytes:     uint64(c.thread_cache_bytes),
		ThreadCaches:         uint64(c.thread_caches),
		CacheHitsTotal:       uint64(c.cache_hits_total),
		CacheMissesTotal:     uint64(c.cache_misses_total),
		RemoteFreesTotal:     uint64(c.remote_frees_total),
		RemotePendingBytes:   uint64(c.remote_pending_bytes),
		ReallocsTotal:        uint64(c.reallocs_total),
		ReallocsInPlaceTotal: uint64(c.reallocs_in_place_total),
		HugeFallbacksTotal:   uint64(c.huge_fallbacks_total),
	}, nil
}

// ClassStats are the figures of one size class.
type ClassStats struct {
	BlockBytes     uint64 // usable size of the blocks of this class
	UsedBlocks     uint64 // blocks in use by the program
	UsedPeakBlocks uint64 // most of it, seen at the slow path
	CachedBlocks   uint64 // freed blocks that are kept
	GetsTotal      uint64 // blocks handed out
	PutsTotal      uint64 // blocks taken back
	HitsTotal      uint64 // gets answered from the thread's cache
	MissesTotal    uint64 // gets that went to the slow path
	DiscardsTotal  uint64 // puts that were not kept
	Slabs          uint64 // slabs cut into blocks of this class
	MappedBytes    uint64 // bytes of those slabs
}

// ClassStats reads the figures of every size class, ordered by block size. The
// error is [ErrClosed]. Any goroutine may call it.
func (t *Tiered) ClassStats() ([]ClassStats, error) {
	var all []ClassStats
	err := t.open("Tiered.ClassStats", func() error {
		count := C.akit_tiered_class_count(t.h)
		all = make([]ClassStats, 0, count)
		for i := range count {
			c := C.akit_class_stats{struct_size: C.sizeof_akit_class_stats}
			rc := C.akit_tiered_class_stats_get(t.h, i, &c)
			if err := result("Tiered.ClassStats", rc); err != nil {
				return err
			}
			all = append(all, classStats(&c))
		}
		return nil
	})
	return all, err
}

func classStats(c *C.akit_class_stats) ClassStats {
	return ClassStats{
		BlockBytes:     uint64(c.block_bytes),
		UsedBlocks:     uint64(c.used_blocks),
		UsedPeakBlocks: uint64(c.used_peak_blocks),
		CachedBlocks:   uint64(c.cached_blocks),
		GetsTotal:      uint64(c.gets_total),
		PutsTotal:      uint64(c.puts_total),
		HitsTotal:      uint64(c.hits_total),
		MissesTotal:    uint64(c.misses_total),
		DiscardsTotal:  uint64(c.discards_total),
		Slabs:          uint64(c.slabs),
		MappedBytes:    uint64(c.mapped_bytes),
	}
}

// ProcessStats are the figures of the library in this process.
type ProcessStats struct {
	Handles             uint64 // handles alive, the default heap included
	HandlesCreatedTotal uint64 // handles ever created
	MappedBytes         uint64 // address space mapped by the library and readable
	UsedBytes           uint64 // usable bytes of all blocks in use
	CachedBytes         uint64 // bytes kept for later requests
	MetadataBytes       uint64 // bytes of the library's own books, TableBytes not included
	TableBytes          uint64 // bytes of the process-wide address table, in no heap's cap
	PinnedBytes         uint64 // bytes that are never purged or moved
	Mappings            uint64 // mappings made by the library and still there
	Threads             uint64 // threads that have a cache in some handle
	MisusesTotal        uint64 // misuses seen
	PurgeThreadRunning  uint64 // 1 while the purge thread runs
	NextPurgeNs         uint64 // ns until maintenance is due, None when nothing is
	Features            uint64 // bit 1 << Feature for each that works here
	PageBytes           uint64 // size of an ordinary page
	HugePageBytes       uint64 // size of a default huge page, 0 when there are none
}

// ReadProcessStats reads the figures of the process. Any goroutine may call it.
func ReadProcessStats() (ProcessStats, error) {
	s, err := readProcessStats()
	if err == nil {
		_, d := allDifferences()
		s.UsedBytes = minus(s.UsedBytes+d.of("used_bytes"), 0)
		s.CachedBytes += d.of("cached_bytes")
		s.MisusesTotal += d.of("misuses_total")
	}
	return s, err
}

func readProcessStats() (ProcessStats, error) {
	c := C.akit_process_stats{struct_size: C.sizeof_akit_process_stats}
	if err := result("ReadProcessStats", C.akit_process_stats_get(&c)); err != nil {
		return ProcessStats{}, err
	}
	return ProcessStats{
		Handles:             uint64(c.handles),
		HandlesCreatedTotal: uint64(c.handles_created_total),
		MappedBytes:         uint64(c.mapped_bytes),
		UsedBytes:           uint64(c.used_bytes),
		CachedBytes:         uint64(c.cached_bytes),
		MetadataBytes:       uint64(c.metadata_bytes),
		TableBytes:          uint64(c.table_bytes),
		PinnedBytes:         uint64(c.pinned_bytes),
		Mappings:            uint64(c.mappings),
		Threads:             uint64(c.threads),
		MisusesTotal:        uint64(c.misuses_total),
		PurgeThreadRunning:  uint64(c.purge_thread_running),
		NextPurgeNs:         uint64(c.next_purge_ns),
		Features:            uint64(c.features),
		PageBytes:           uint64(c.page_bytes),
		HugePageBytes:       uint64(c.huge_page_bytes),
	}, nil
}

// SetMemoryLimit is debug.SetMemoryLimit for the Go heap and this library
// together: the collector's limit becomes total minus what the library has
// mapped at this moment, but not less than 0. Call it again when that has
// changed a lot. It returns the collector's previous limit; the error is that of
// [ReadProcessStats]. Any goroutine may call it.
func SetMemoryLimit(total int64) (previous int64, err error) {
	s, err := readProcessStats()
	if err != nil {
		return debug.SetMemoryLimit(-1), err
	}
	mapped := int64(min(s.MappedBytes, math.MaxInt64))
	return debug.SetMemoryLimit(max(0, total-mapped)), nil
}
