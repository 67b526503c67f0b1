package allockit

import "unsafe"

// Local is a bounded cache of blocks of one heap on the Go side, so that most
// calls do not enter C: it gets blocks and gives them back by the batch, by size
// class. Requests above 16 KiB go straight to the heap.
//
// One goroutine at a time may use a Local; give each worker its own. What it
// holds counts as used in the statistics of the heap, and against its cap.
// Close it before its heap.
//
// A Local takes the capacity of a freed slice as the size of its block, so it
// must only be given slices that begin where their block begins, of this heap. It looks at
// them no closer than that: misuse is found when the block reaches C. In
// particular a slice that append has moved to the Go heap is not a block.
type Local struct {
	t     *Tiered
	table *classTable
	bins  []localBin
	hand  int // class that gave blocks back last
	limit int
	stats LocalStats
}

// LocalStats are the figures of a [Local].
type LocalStats struct {
	GetsTotal   uint64 // requests up to 16 KiB
	HitsTotal   uint64 // of these, the ones answered without entering C
	PutsTotal   uint64 // blocks that came back and were kept
	FillsTotal  uint64 // entries into C to get blocks
	DrainsTotal uint64 // entries into C to give blocks back
	CachedBytes uint64 // bytes held and not in use
}

type localBin struct {
	// Pointers, not integers: should a slice of the Go heap get in here by
	// mistake, it must not be collected while it can still be handed out.
	blocks []unsafe.Pointer
	fill   int // how many blocks to get next time
}

const (
	localLimit    = 1 << 20 // default bound in bytes
	localFillMin  = 8       // blocks in the first batch of a class
	localFillMax  = 256     // most blocks in a batch
	localFillSize = 64 << 10
)

// NewLocal makes a cache that holds at most limitBytes; 0 is 1 MiB. The error
// is EINVAL for a negative limit, and [ErrClosed]. Any goroutine may call it.
func (t *Tiered) NewLocal(limitBytes int) (*Local, error) {
	if !t.live() {
		return nil, closed("Tiered.NewLocal")
	}
	if limitBytes < 0 {
		return nil, invalid("Tiered.NewLocal")
	}
	if limitBytes == 0 {
		limitBytes = localLimit
	}
	table := t.classTable()
	return &Local{t: t, table: table, bins: make([]localBin, len(table.sizes)), limit: limitBytes}, nil
}

// Alloc is [Tiered.Alloc] through the cache; the capacity is all of the block.
func (l *Local) Alloc(n int) ([]byte, error) {
	class, ok := l.table.class(n)
	if !ok || !l.t.live() {
		return l.t.Alloc(n)
	}
	bin := &l.bins[class]
	l.stats.GetsTotal++
	if len(bin.blocks) == 0 {
		if err := l.refill(class); err != nil {
			return nil, err
		}
	} else {
		l.stats.HitsTotal++
	}
	last := len(bin.blocks) - 1
	p := bin.blocks[last]
	bin.blocks = bin.blocks[:last]
	size := l.table.sizes[class]
	l.stats.CachedBytes -= uint64(size)
	return bytesAt(p, n, size), nil
}

// AllocZero is [Tiered.AllocZero] through the cache; all of the capacity is zero.
func (l *Local) AllocZero(n int) ([]byte, error) {
	if _, ok := l.table.class(n); !ok {
		return l.t.AllocZero(n)
	}
	b, err := l.Alloc(n)
	clear(b[:cap(b)])
	return b, err
}

// Realloc is [Tiered.Realloc] through the cache.
func (l *Local) Realloc(b []byte, n int) ([]byte, error) {
	to, small := l.table.class(n)
	from, wasSmall := l.table.class(cap(b))
	switch {
	case b == nil:
		return l.Alloc(n)
	case !small || !wasSmall:
		return l.t.Realloc(b, n)
	case to == from && n <= cap(b) && l.t.live():
		return b[:n], nil
	}
	grown, err := l.Alloc(n)
	if err != nil {
		return nil, err
	}
	copy(grown, b[:cap(b)])
	l.Free(b)
	return grown, nil
}

// Free puts the block that b begins at into the cache. nil does nothing. It
// panics after Close of the heap.
func (l *Local) Free(b []byte) {
	p := address(b)
	class, ok := l.table.class(cap(b))
	if !ok || p == nil || uintptr(p)%MinAlign != 0 || !l.t.live() {
		l.t.freeAt(p)
		return
	}
	size := l.table.sizes[class]
	bin := &l.bins[class]
	if !l.room(size) {
		l.t.freeAt(p)
		return
	}
	bin.blocks = append(bin.blocks, p)
	l.stats.PutsTotal++
	l.stats.CachedBytes += uint64(size)
}

// FreeN frees every element as [Local.Free] does and returns their number.
func (l *Local) FreeN(blocks [][]byte) int {
	for _, b := range blocks {
		l.Free(b)
	}
	return len(blocks)
}

// Stats are the figures so far. Like all methods it is for the goroutine that
// uses the cache.
func (l *Local) Stats() LocalStats { return l.stats }

// Flush gives all blocks back to the heap; the cache stays usable.
func (l *Local) Flush() {
	for class := range l.bins {
		l.drain(class, 0)
	}
}

// Close gives all blocks back to the heap, or forgets them when the heap is
// closed already. A second call does nothing. It returns nil.
func (l *Local) Close() error {
	if l.t.state.Load() != stateClosed {
		l.Flush()
	}
	l.stats.CachedBytes = 0
	clear(l.bins)
	return nil
}

// room gives blocks back, half a class at a time and the classes in turn, until
// that many bytes more fit under the limit. It reports whether they do.
func (l *Local) room(bytes int) bool {
	if bytes > l.limit {
		return false
	}
	for l.stats.CachedBytes > uint64(l.limit-bytes) {
		l.hand = (l.hand + 1) % len(l.bins)
		l.drain(l.hand, len(l.bins[l.hand].blocks)/2)
	}
	return true
}

// refill gets the next batch of a class; batches double, so that a short life
// does not begin with blocks it never uses.
func (l *Local) refill(class int) error {
	size := l.table.sizes[class]
	bin := &l.bins[class]
	most := max(1, min(localFillMax, localFillSize/size, l.limit/8/size))
	bin.fill = min(most, max(localFillMin, 2*bin.fill))
	l.room(bin.fill * size)
	var p [localFillMax]uintptr
	got, err := l.t.allocN(size, p[:bin.fill])
	if got == 0 && l.stats.CachedBytes > 0 {
		l.Flush() // what is kept here counts against the heap's cap
		got, err = l.t.allocN(size, p[:1])
	}
	if got == 0 {
		return failed("Local.Alloc", err)
	}
	for i := got - 1; i >= 0; i-- {
		bin.blocks = append(bin.blocks, pointerAt(&p[i]))
	}
	l.stats.FillsTotal++
	l.stats.CachedBytes += uint64(got * size)
	return nil
}

// drain gives blocks of a class back until keep are left.
func (l *Local) drain(class, keep int) {
	bin := &l.bins[class]
	var p [batch]uintptr
	for len(bin.blocks) > keep {
		n := min(batch, len(bin.blocks)-keep)
		rest := len(bin.blocks) - n
		for i, block := range bin.blocks[rest:] {
			p[i] = uintptr(block)
		}
		clear(bin.blocks[rest:])
		bin.blocks = bin.blocks[:rest]
		l.t.freeN(p[:n])
		l.stats.DrainsTotal++
		l.stats.CachedBytes -= uint64(n * l.table.sizes[class])
	}
}

// classTable is the heap's size classes up to 16 KiB, as learned from
// GoodSize.
type classTable struct {
	sizes []int
	index [localMax/MinAlign + 1]uint16
}

const localMax = 16 << 10

func (t *Tiered) classTable() *classTable {
	t.once.Do(func() {
		table := new(classTable)
		for i := range table.index {
			n := max(i, 1) * MinAlign
			if k := len(table.sizes); k == 0 || n > table.sizes[k-1] {
				table.sizes = append(table.sizes, max(n, t.GoodSize(n)))
			}
			table.index[i] = uint16(len(table.sizes) - 1)
		}
		t.classes = table
	})
	return t.classes
}

func (c *classTable) class(n int) (int, bool) {
	if n < 0 || n > localMax {
		return 0, false
	}
	return int(c.index[(n+MinAlign-1)/MinAlign]), true
}
