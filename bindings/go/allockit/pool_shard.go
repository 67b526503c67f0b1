package allockit

import (
	"sync/atomic"
	"unsafe"
)

// shard is the cache of one processor or of one [PoolLocal]: of every class a
// stack of idle buffers. For C these are out.
type shard struct {
	_ [128]byte // from its neighbour: processors never meet on a cache line
	shardLock
	bins    [maxClasses]bin
	counts  [maxClasses]binCounts
	most    int  // bytes it may hold
	retired bool // empty for ever

	// For maintenance.
	seen  uint64 // operations so far, when it last looked
	since int64  // when it was the first to see as many, in ns
	_     [128]byte
}

// bin is one class. Its fields fill a cache line.
type bin struct {
	slots []slot // length: how many may lie here now; capacity: at most
	n     int    // slots[:n] are idle, the last one put on top
	size  int    // capacity of a buffer
	puts  uint64 // buffers taken back
	_     [16]byte
}

// slot is a buffer and its state. The address is an integer, because the
// collector must not follow it into memory that has been unmapped.
type slot struct {
	at    uintptr
	state *uint8
}

func (s *slot) pointer() unsafe.Pointer { return pointerAt(&s.at) }

// binCounts are the figures of one class that change in slow paths.
type binCounts struct {
	misses  uint64 // gets that entered C
	fills   uint64 // entries into C to get
	flushes uint64 // entries into C to put
	filled  uint64 // buffers that came from C
	flushed uint64 // buffers that went to C
	doubles uint64 // buffers that lay here twice
	next    int    // how many to ask C for
}

const (
	batchMost    = 64 // most buffers that go from or to C at once
	localDefault = 1 << 20
	slotsMin     = 4 // so many may lie in a class, whatever their size, within the whole
	slotsMost    = 1 << 16
)

// slotsOf is the most buffers of a size that may lie in a shard of so many bytes:
// a quarter of it for each class.
func slotsOf(size, bytes, classBytes int) int {
	return min(max(bytes/4/size, slotsMin), bytes/size, classBytes/size, slotsMost)
}

// newShard makes an empty shard.
func newShard(c *classes, most int) *shard {
	s := &shard{most: most}
	total := 0
	for i := range c.count {
		total += c.slots[i]
	}
	const pad = 128 / unsafe.Sizeof(slot{})
	all := make([]slot, total+2*int(pad))[pad:]
	for i := range c.count {
		s.bins[i] = bin{slots: all[:0:c.slots[i]], size: c.sizes[i]}
		all = all[c.slots[i]:]
	}
	return s
}

// emptyBin has no room.
func emptyBin(size int) bin { return bin{size: size} }

// held is the bytes that lie here.
func (s *shard) held() (bytes int) {
	for i := range s.bins {
		bytes += s.bins[i].n * s.bins[i].size
	}
	return bytes
}

// ops counts one for every get and put, and more when C was entered.
func (s *shard) ops() (n uint64) {
	for i := range s.bins {
		n += 2*(s.bins[i].puts+s.counts[i].filled) - uint64(s.bins[i].n)
	}
	return n
}

// grant makes room for so many more buffers of a class and returns for how many
// there is, at most what was asked for. What other classes may hold and do not
// is taken from them when there is no more to give.
func (s *shard) grant(class, more int) int {
	b := &s.bins[class]
	want := min(b.n+more, cap(b.slots))
	if want <= len(b.slots) {
		return want - b.n
	}
	spare := s.most
	for i := range s.bins {
		spare -= len(s.bins[i].slots) * s.bins[i].size
	}
	if spare < (want-len(b.slots))*b.size {
		spare = s.most - s.held()
		for i := range s.bins {
			s.bins[i].slots = s.bins[i].slots[:s.bins[i].n]
		}
	}
	b.slots = b.slots[:min(want, len(b.slots)+spare/b.size)]
	return len(b.slots) - b.n
}

// push puts an idle buffer on top of its class, for which there is room.
func (s *shard) push(class int, at uintptr, state *uint8) {
	b := &s.bins[class]
	b.slots[b.n] = slot{at, state}
	b.n++
}

// fullest is the class, or the one with most bytes when nothing lies in it.
func (s *shard) fullest(class int) int {
	if s.bins[class].n == 0 {
		for i := range s.bins {
			if s.bins[i].n*s.bins[i].size > s.bins[class].n*s.bins[class].size {
				class = i
			}
		}
	}
	return class
}

// unload takes the n oldest buffers of a class away.
func (s *shard) unload(class, n int, batch []uintptr) []uintptr {
	b := &s.bins[class]
	batch = s.checked(class, b.slots[:n], batch[:0])
	copy(b.slots, b.slots[n:b.n])
	b.n -= n
	return batch
}

// checked appends buffers that leave the shard for C.
func (s *shard) checked(class int, slots []slot, batch []uintptr) []uintptr {
	for _, slot := range slots {
		if *slot.state > stateOut {
			s.double(class)
			continue
		}
		batch = append(batch, slot.at)
		s.counts[class].flushed++
	}
	return batch
}

// double is for a buffer that is found in the shard while the program has it: two
// puts of it met, on two processors. One of them never happened.
//
//go:noinline
func (s *shard) double(class int) {
	s.bins[class].puts--
	s.counts[class].doubles++
}

// shards has one for every processor that has used the pool; the others share
// an empty one, in which every get and put is a miss.
type shards struct {
	list atomic.Pointer[[]atomicShard]
	none *shard
}

type atomicShard = atomic.Pointer[shard]

// of is the shard of a processor.
func (h *shards) of(id int) *shard {
	if list := *h.list.Load(); uint(id) < uint(len(list)) {
		return list[id].Load()
	}
	return h.none
}
