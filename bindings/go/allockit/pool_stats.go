package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_stats_get
// #cgo nocallback akit_pool_stats_get
// #cgo noescape akit_pool_class_stats_get
// #cgo nocallback akit_pool_class_stats_get
import "C"

import "slices"

// PoolStats are the figures of one [Pool], the caches of processors and of every
// [PoolLocal] included. Names ending in Total are counters since creation, all
// others are as of now.
type PoolStats struct {
	ID                   uint64 // id of the handle, from 1, never used again
	Kind                 Kind   // KindPool
	LimitBytes           uint64 // the cap in force, None without one
	UsedBytes            uint64 // capacity of the buffers that are out
	UsedPeakBytes        uint64 // most of it, as seen when C was entered and on reading; what lay in caches then counts
	CachedBytes          uint64 // capacity of the idle buffers, wherever they lie
	MetadataBytes        uint64 // the pool's own books outside the Go heap
	MappedBytes          uint64 // bytes of address space the pool holds
	MappedPeakBytes      uint64 // most of it so far
	PinnedBytes          uint64 // bytes of slabs that are registered with io_uring
	Mappings             uint64 // ranges the pool holds: slabs and buffers of their own
	AllocsTotal          uint64 // buffers handed out, also those larger than the largest class
	FreesTotal           uint64 // buffers taken back
	FailuresTotal        uint64 // requests refused, whatever the reason
	LimitHitsTotal       uint64 // of these, the ones because of LimitBytes
	MisusesTotal         uint64 // wrong puts
	MapsTotal            uint64 // slabs and buffers of their own that were made
	UnmapsTotal          uint64 // and given up
	PurgesTotal          uint64 // purges of everything that was cached
	PurgedBytesTotal     uint64 // bytes given back to the kernel on request
	PrefaultedBytesTotal uint64 // bytes made resident ahead of use

	OutBuffers          uint64 // buffers that are out
	OutPeakBuffers      uint64 // most of them at once; what lay in caches then counts
	HitsTotal           uint64 // requests served without entering C; by an idle buffer of C where nothing is kept on the Go side
	MissesTotal         uint64 // the others of AllocsTotal up to the largest class
	PutsTotal           uint64 // buffers of the classes taken back
	DiscardsTotal       uint64 // idle buffers that went back to their slabs: caps, decay, purge
	OversizeTotal       uint64 // requests above the largest class
	ZeroedBytesTotal    uint64 // bytes zeroed for ZeroMode
	GrownTotal          uint64 // slabs made
	FallbacksTotal      uint64 // requests served as ExhaustFallback says
	FirstFallbackUnixNs uint64 // when the first was, by the wall clock; 0: none so far
	ThreadCacheBytes    uint64 // of CachedBytes, what is in caches of threads and LocalCacheBytes
	ReusedBytesTotal    uint64 // capacity of the buffers of HitsTotal

	LocalCacheBytes uint64 // of ThreadCacheBytes, what lies on the Go side
	FillsTotal      uint64 // entries into C to get buffers by the batch
	FlushesTotal    uint64 // entries into C to put buffers by the batch
}

// goSide is what the Go side knows of one class.
type goSide struct {
	held int // idle buffers here, which C counts as out
	pastCounts
}

// gets follows from the rest: what came in and is not there went out.
func (g *goSide) gets() uint64 { return g.filled + g.puts - g.flushed - uint64(g.held) }
func (g *goSide) hits() uint64 { return g.gets() - min(g.misses, g.gets()) }

func (g *pastCounts) add(puts uint64, c *binCounts) {
	g.puts += puts
	g.misses += c.misses
	g.fills += c.fills
	g.filled += c.filled
	g.flushes += c.flushes
	g.flushed += c.flushed
	g.doubles += c.doubles
}

// goSides adds all shards up. They are read while their processors write them;
// a word is read as a whole.
func (p *Pool) goSides() (all [maxClasses]goSide) {
	p.caches.Lock()
	defer p.caches.Unlock()
	for i := range p.count {
		all[i].pastCounts = p.past[i]
	}
	for _, s := range p.allShards() {
		s.lock()
		for i := range p.count {
			all[i].held += s.bins[i].n
			all[i].add(s.bins[i].puts, &s.counts[i])
		}
		s.unlock()
	}
	return all
}

// keeps reports whether buffers of a class are kept on the Go side at all.
func (p *Pool) keeps(class int) bool { return p.mode.Load()&modeBare == 0 && p.slots[class] > 0 }

// still runs f while nothing crosses between Go and C.
func (p *Pool) still(op string, f func() error) error {
	p.life.mu.Lock()
	defer p.life.mu.Unlock()
	if !p.live() {
		return closed(op)
	}
	return f()
}

// Stats reads the figures of the pool. It lets no other goroutine enter C through
// the pool meanwhile and may miss gets and puts under way. The error is
// [ErrClosed]. Any goroutine may call it.
func (p *Pool) Stats() (PoolStats, error) {
	f, err := p.figures("Pool.Stats")
	return f.pool, err
}

// ClassStats reads the figures of every class, ordered by capacity. UsedPeakBlocks
// includes what lay in caches; HitsTotal and MissesTotal are as in [PoolStats]. The
// error is [ErrClosed]. Any goroutine may call it.
func (p *Pool) ClassStats() ([]ClassStats, error) {
	f, err := p.figures("Pool.ClassStats")
	return f.classes, err
}

// figures are those of a pool and its classes, as C has them (raw) and as they are.
type figures struct {
	rawPool, pool       PoolStats
	rawClasses, classes []ClassStats
}

func (p *Pool) figures(op string) (f figures, err error) {
	err = p.still(op, func() error {
		c := C.akit_pool_stats{struct_size: C.sizeof_akit_pool_stats}
		if err := result(op, C.akit_pool_stats_get(p.h, &c)); err != nil {
			return err
		}
		f.rawPool = poolStats(&c)
		for i := range p.count {
			c := C.akit_class_stats{struct_size: C.sizeof_akit_class_stats}
			if err := result(op, C.akit_pool_class_stats_get(p.h, C.size_t(i), &c)); err != nil {
				return err
			}
			f.rawClasses = append(f.rawClasses, classStats(&c))
		}
		p.correct(&f)
		return nil
	})
	return f, err
}

// correct makes C's figures those of the program.
func (p *Pool) correct(f *figures) {
	f.pool, f.classes = f.rawPool, slices.Clone(f.rawClasses)
	s, kept := &f.pool, false
	var hits, reused uint64
	for i, side := range p.goSides() {
		if i == p.count {
			break
		}
		p.correctClass(i, &side, &f.classes[i])
		p.correctPool(i, &side, s)
		kept = kept || p.keeps(i)
		hits += f.classes[i].HitsTotal
		reused += f.classes[i].HitsTotal * f.classes[i].BlockBytes
	}
	if kept {
		gets := s.HitsTotal + s.MissesTotal + s.AllocsTotal - f.rawPool.AllocsTotal
		s.HitsTotal, s.MissesTotal, s.ReusedBytesTotal = hits, minus(gets, hits), reused
	}
	s.MisusesTotal += p.misuses.Load()
	s.FailuresTotal = minus(s.FailuresTotal, p.spared.Load())
	s.LimitHitsTotal = minus(s.LimitHitsTotal, p.sparedLimit.Load())
}

// minus is a - b, and 0 when a call under way is counted on one side only.
func minus(a, b uint64) uint64 {
	if int64(a-b) < 0 {
		return 0
	}
	return a - b
}

func (p *Pool) correctPool(class int, g *goSide, s *PoolStats) {
	bytes := uint64(g.held) * uint64(p.sizes[class])
	s.UsedBytes = minus(s.UsedBytes, bytes)
	s.OutBuffers = minus(s.OutBuffers, uint64(g.held))
	s.CachedBytes += bytes
	s.ThreadCacheBytes += bytes
	s.LocalCacheBytes += bytes
	s.AllocsTotal = minus(s.AllocsTotal+g.gets(), g.filled)
	s.FreesTotal = minus(s.FreesTotal+g.puts, g.flushed)
	s.PutsTotal = minus(s.PutsTotal+g.puts, g.flushed)
	s.MisusesTotal += g.doubles
	s.FillsTotal += g.fills
	s.FlushesTotal += g.flushes
	switch {
	case p.zeroGet:
		s.ZeroedBytesTotal += g.hits() * uint64(p.sizes[class])
	case p.zeroPut:
		s.ZeroedBytesTotal += g.puts * uint64(p.sizes[class])
	}
}

func (p *Pool) correctClass(class int, g *goSide, s *ClassStats) {
	s.UsedBlocks = minus(s.UsedBlocks, uint64(g.held))
	s.CachedBlocks += uint64(g.held)
	s.GetsTotal = minus(s.GetsTotal+g.gets(), g.filled)
	s.PutsTotal = minus(s.PutsTotal+g.puts, g.flushed)
	if p.keeps(class) {
		s.HitsTotal = min(g.hits(), s.GetsTotal)
		s.MissesTotal = s.GetsTotal - s.HitsTotal
	}
}

// ClassCount is how many classes the pool has; 0 after Close. Any goroutine may
// call it.
func (p *Pool) ClassCount() int {
	if !p.live() {
		return 0
	}
	return p.count
}

func poolStats(c *C.akit_pool_stats) PoolStats {
	return PoolStats{
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
		OutBuffers:           uint64(c.out_buffers),
		OutPeakBuffers:       uint64(c.out_peak_buffers),
		HitsTotal:            uint64(c.hits_total),
		MissesTotal:          uint64(c.misses_total),
		PutsTotal:            uint64(c.puts_total),
		DiscardsTotal:        uint64(c.discards_total),
		OversizeTotal:        uint64(c.oversize_total),
		ZeroedBytesTotal:     uint64(c.zeroed_bytes_total),
		GrownTotal:           uint64(c.grown_total),
		FallbacksTotal:       uint64(c.fallbacks_total),
		FirstFallbackUnixNs:  uint64(c.first_fallback_unix_ns),
		ThreadCacheBytes:     uint64(c.thread_cache_bytes),
		ReusedBytesTotal:     uint64(c.reused_bytes_total),
	}
}
