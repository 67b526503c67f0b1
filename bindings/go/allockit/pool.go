package allockit

// #include <allockit.h>
// #cgo noescape akit_pool_create
// #cgo nocallback akit_pool_create
import "C"

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Pool hands out byte buffers outside the Go heap, in size classes, and takes
// them back for the next one who asks: what a server wants that would make and
// drop a []byte per request. Nothing of it is seen by the garbage collector, and
// in the steady state a [Pool.Get] and [Pool.Put] neither allocate nor enter C.
//
// All methods may be called by any number of goroutines at the same time, Close
// included; a buffer may be put back by another goroutine than the one that got
// it. Every processor (P) of the Go runtime has a small cache of its own, see
// PoolConfig.LocalCacheBytes; what is idle there longer than the decay time goes
// back through [Maintain] or [StartMaintenance].
//
// A wrong put is always found: of a slice that is not from this pool, that does
// not begin where its buffer begins (b[1:]), or that was put back before. Only two
// puts of one buffer that meet at the same moment may both pass; that is found
// when the buffer is to be handed out twice. After a buffer was handed out again,
// a put of the old slice is a put of the new one, and nobody can tell.
type Pool struct {
	classes // read by every call, written by none
	states
	shards
	mode    atomic.Uint32
	zeroGet bool // the capacity is zeroed when a buffer is handed out
	zeroPut bool // the same when it is put back

	_ [128]byte
	h *C.akit_pool
	life
	crossing
	id          uint64
	config      PoolConfig // as given
	most        int        // bytes in one shard
	decay       time.Duration
	limited     bool          // LimitBytes is set
	misuses     atomic.Uint64 // found without C
	spared      atomic.Uint64 // refusals of C that no request saw
	sparedLimit atomic.Uint64 // of these, the ones at the cap
	easing      atomic.Int64  // see modeTight
	drains      atomic.Uint64 // times that buffers were taken from processors
	left        atomic.Int64  // buffers out after Close; before, just not 0
	suggests    sync.Mutex

	caches sync.Mutex // the fields below, and changes to the list of shards
	past   [maxClasses]pastCounts
	locals map[*PoolLocal]struct{}
}

// pastCounts are the figures of one class in shards that are gone.
type pastCounts struct {
	puts uint64
	binCounts
}

// Why a pool keeps nothing on the Go side; 0 while it does.
const (
	modeClosed = 1 << iota
	modeBare   // it was made so
	// Memory is short: buffers that lie with one processor would be missed by
	// another. It ends after some requests that were served.
	modeTight
)

// NewPool makes a pool. The error is EINVAL for a configuration that makes no
// sense, ENOMEM for no memory, also when PrefaultBytes cannot be had, and ENOSYS
// for a NumaMode on a system without NUMA. The caller ends it with Close.
func NewPool(config PoolConfig) (*Pool, error) {
	p := &Pool{config: config, locals: map[*PoolLocal]struct{}{}}
	err := config.withC("NewPool", func(c *C.akit_pool_config) error {
		return result("NewPool", C.akit_pool_create(c, &p.h))
	})
	if err != nil {
		return nil, err
	}
	if err := p.init(); err != nil {
		p.destroy(C.AKIT_DESTROY_NOW)
		return nil, err
	}
	pools.Lock()
	pools.all[p] = struct{}{}
	pools.Unlock()
	return p, nil
}

// pools are those that are open.
var pools = struct {
	sync.Mutex
	all map[*Pool]struct{}
}{all: map[*Pool]struct{}{}}

// Get gets a buffer of length n: its capacity is that of its class, and stays the
// same for its life. Get(0) gets the smallest class. The contents are undefined
// without a ZeroMode. Lengths above the largest class are served by a mapping of
// their own, which costs a system call and is not kept.
//
// Get returns nil when there is no memory (the cap is reached, or the system has
// none) and after Close; [Pool.TryGet] tells why. Like make, it panics when n is
// negative.
func (p *Pool) Get(n int) []byte {
	b, err := p.TryGet(n)
	if n < 0 {
		panic(err)
	}
	return b
}

// TryGet is [Pool.Get] with an error instead of nil or a panic: ENOMEM when the
// cap is reached, when the system has no memory and when n is negative or
// impossibly large; EMSGSIZE for more than LimitBytes or Memory can ever give,
// and with ExhaustFail above the largest class; ENOBUFS when Memory or what was
// warmed up (ExhaustFail) is exhausted now; [ErrClosed].
func (p *Pool) TryGet(n int) ([]byte, error) {
	if uint(n-1) < uint(p.largest) {
		class := p.classes.of(n)
		s := p.shards.of(enter())
		s.lock()
		bin := &s.bins[class&(maxClasses-1)]
		if i := bin.n - 1; uint(i) < uint(len(bin.slots)) {
			slot := &bin.slots[i]
			if state := *slot.state; state < stateOut {
				*slot.state = state | stateOut
				bin.n = i
				at, size := slot.pointer(), bin.size
				s.unlock()
				leave()
				b := unsafe.Slice((*byte)(at), size)
				if p.zeroGet {
					clear(b)
				}
				return b[:n], nil
			}
			bin.n = i
			s.double(class)
		}
		s.unlock()
		leave()
	}
	return p.miss(n)
}

// Put takes a buffer back. b must begin where the buffer begins; its length and
// capacity do not matter. nil does nothing. The buffer must not be used
// afterwards.
//
// Put panics with an [*Error] when b is not a buffer of this pool that is out;
// that is counted, and changes nothing. After Close it is still legal for the
// buffers that are out, and necessary: they hold the pool's memory.
func (p *Pool) Put(b []byte) {
	if err := p.TryPut(b); err != nil {
		panic(err)
	}
}

// TryPut is [Pool.Put] with an error instead of a panic: ENOENT for what is not
// the start of a buffer of this pool (also a slice without capacity, which does
// not tell where it lies), EINVAL for a buffer that is not out, [ErrClosed] when
// nothing is left of the pool.
func (p *Pool) TryPut(b []byte) error {
	if cap(b) == 0 {
		return p.nothing(b)
	}
	at := uintptr(address(b))
	if at%bufferAlign == 0 && !p.zeroPut {
		s := p.shards.of(enter())
		s.lock()
		if state := p.states.table.Load().at(at); state != nil && *state > stateOut {
			bin := &s.bins[(*state-1)&(maxClasses-1)]
			if n := bin.n; uint(n) < uint(len(bin.slots)) {
				bin.slots[n] = slot{at, state}
				*state &^= stateOut
				bin.n = n + 1
				bin.puts++
				s.unlock()
				leave()
				return nil
			}
		}
		s.unlock()
		leave()
	}
	return p.full(at)
}

// GetN gets a buffer of length n into every element of out and returns how many
// it got, from the front. Fewer than len(out) come with the error that stopped it,
// as of [Pool.TryGet]; those before it are valid.
func (p *Pool) GetN(n int, out [][]byte) (int, error) {
	for i := range out {
		b, err := p.TryGet(n)
		if err != nil {
			return i, err
		}
		out[i] = b
	}
	return len(out), nil
}

// PutN takes all elements back and returns how many were taken: wrong ones are
// misuse as in [Pool.TryPut], and skipped; so is nil.
func (p *Pool) PutN(buffers [][]byte) int {
	done := 0
	for _, b := range buffers {
		if b != nil && p.TryPut(b) == nil {
			done++
		}
	}
	return done
}

// Pointer is the C handle (akit_pool *), for other C libraries in the same
// program; nil after Close. It stays owned by p. What C code gets and puts through
// it counts in the statistics, but Put does not know such buffers.
func (p *Pool) Pointer() unsafe.Pointer {
	if !p.live() {
		return nil
	}
	return unsafe.Pointer(p.h)
}
