package allockit

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func countOnly(t *testing.T) {
	t.Helper()
	wantNil(t, SetMisuseMode(MisuseCount))
	t.Cleanup(func() { SetMisuseMode(MisuseReport) })
}

// Every wrong put, with what it is answered.
func TestPoolWrongPuts(t *testing.T) {
	countOnly(t)
	for _, config := range []PoolConfig{{}, {LocalCacheBytes: 1}, {ZeroMode: ZeroOnFree}} {
		p, other := newPool(t, config), newPool(t, config)
		local := p.Local()
		heap := newHeap(t, TieredConfig{})
		block := must[[]byte](t)(heap.Alloc(4096))
		twice, later := p.Get(4096), p.Get(4096)
		p.Put(twice)
		p.Put(later)
		for range 300 { // the buffers of the pool move on
			p.PutN([][]byte{p.Get(100), p.Get(20000)})
		}
		joined := p.Get(8192)
		p.Put(joined)
		done := make(chan error)
		go func() { done <- p.TryPut(joined) }()
		fromAnother := <-done
		out, big, theirs, theirBig := p.Get(8192), p.Get(1<<20), other.Get(4096), other.Get(1<<20)
		gone := p.Get(1 << 20)
		p.Put(gone)
		kept := p.Get(3000)
		local.Put(kept)

		wrong := uint64(0)
		for _, c := range []struct {
			name string
			err  error
			want syscall.Errno
			text string
		}{
			{"put twice", p.TryPut(later), syscall.EINVAL, "put twice"},
			{"put twice, much later", p.TryPut(twice), syscall.EINVAL, "put twice"},
			{"put twice, by another goroutine", fromAnother, syscall.EINVAL, "put twice"},
			{"put twice, through a local", local.TryPut(later), syscall.EINVAL, "put twice"},
			{"put twice, lies in a local", p.TryPut(kept), syscall.EINVAL, "put twice"},
			{"put twice, oversize", p.TryPut(gone), syscall.ENOENT, "not a buffer of this pool"},
			{"slice of the Go heap", p.TryPut(make([]byte, 4096)), syscall.ENOENT, "not a buffer of this pool"},
			{"slice of a variable", p.TryPut(new([512]byte)[:]), syscall.ENOENT, "not a buffer of this pool"},
			{"moved by append", p.TryPut(append(out[:8192:8192], 1)), syscall.ENOENT, "not a buffer of this pool"},
			{"block of a heap", p.TryPut(block), syscall.ENOENT, "memory of the handle with id"},
			{"another pool's", p.TryPut(theirs), syscall.ENOENT, "memory of the handle with id"},
			{"another pool's, oversize", p.TryPut(theirBig), syscall.ENOENT, "memory of the handle with id"},
			{"another pool's, through a local", local.TryPut(theirs), syscall.ENOENT, "memory of the handle with id"},
			{"b[1:]", p.TryPut(out[1:]), syscall.ENOENT, "begins 1 bytes after the start"},
			{"b[128:]", p.TryPut(out[128:]), syscall.ENOENT, "begins 128 bytes after the start"},
			{"b[4096:]", p.TryPut(out[4096:]), syscall.ENOENT, "begins 4096 bytes after the start"},
			{"b[64:], oversize", p.TryPut(big[64:]), syscall.ENOENT, "begins 64 bytes after the start"},
			{"b[1:] through a local", local.TryPut(out[1:]), syscall.ENOENT, "begins 1 bytes after the start"},
			{"no capacity", p.TryPut(out[:0:0]), syscall.ENOENT, "without capacity"},
			{"no capacity, not of the pool", p.TryPut([]byte{}), syscall.ENOENT, "without capacity"},
		} {
			if !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), "allockit: Pool.Put: ") || !strings.Contains(c.err.Error(), c.text) {
				t.Errorf("%+v: %s: %v", config, c.name, c.err)
			}
			wrong++
		}
		if s := poolStatsOf(t, p); s.MisusesTotal != wrong || s.OutBuffers != 2 {
			t.Errorf("%d misuses, not %d; %d buffers out", s.MisusesTotal, wrong, s.OutBuffers)
		}

		func() {
			defer func() {
				if err, _ := recover().(*Error); err == nil || !errors.Is(err, syscall.EINVAL) {
					t.Errorf("Put twice panics with %v", err)
				}
			}()
			p.Put(later)
		}()
		func() {
			defer func() {
				if err, _ := recover().(*Error); err == nil || !errors.Is(err, syscall.ENOENT) {
					t.Errorf("Put of b[1:] panics with %v", err)
				}
			}()
			local.Put(out[1:])
		}()

		// What is no misuse.
		p.Put(nil)
		local.Put(nil)
		p.Put(out[:0])
		p.Put(big[:10:10])
		if s := poolStatsOf(t, p); s.MisusesTotal != wrong+2 || s.OutBuffers != 0 {
			t.Errorf("%+v", s)
		}
		if p.Capacity(out) != 0 || p.Capacity(later) != 0 || p.Capacity(nil) != 0 || p.Capacity(block) != 0 || other.Capacity(theirs) != 4096 {
			t.Error("Capacity")
		}
		// Wrong puts changed nothing: every buffer is there once.
		seen := map[*byte]bool{}
		all := make([][]byte, 500)
		must[int](t)(p.GetN(8192, all))
		for _, b := range all {
			if seen[&b[0]] {
				t.Fatal("a buffer was handed out twice")
			}
			seen[&b[0]] = true
		}
		p.PutN(all)
		other.Put(theirs)
		other.Put(theirBig)
		wantNil(t, local.Close())
	}
}

// Memory that went back to the kernel and came again is judged by what it is now.
func TestPoolForgetsNothingWrong(t *testing.T) {
	countOnly(t)
	p := newPool(t, PoolConfig{})
	for _, n := range []int{2048, 65536, 300000, 5000, 1 << 20} {
		all := make([][]byte, 100)
		must[int](t)(p.GetN(n, all))
		for i, b := range all {
			paint(b, uint64(i))
		}
		for i, b := range all {
			if !painted(b, uint64(i)) {
				t.Fatal("a buffer was overwritten")
			}
			if err := p.TryPut(b[128:]); !errors.Is(err, syscall.ENOENT) {
				t.Errorf("b[128:] of %d bytes: %v", n, err)
			}
			if err := p.TryPut(b); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		must[uint64](t)(p.Purge(PurgeAll | PurgeWait))
		must[uint64](t)(Purge(PurgeAll))
	}
}

// Two puts of one buffer that meet: both may pass. The buffer is still never with
// two at once, and every second put is counted.
func TestPoolRacingPuts(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector reports such puts, as it should")
	}
	countOnly(t)
	p := newPool(t, PoolConfig{CheckMode: CheckExact, LocalCacheBytes: 64 << 10})
	const rounds = 20000
	var turn, done atomic.Int64
	var b []byte
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := int64(1); i <= rounds; i++ {
				for spins := 0; turn.Load() < i; spins++ {
					if spins > 1000 {
						runtime.Gosched()
					}
				}
				if err := p.TryPut(b); err != nil && !errors.Is(err, syscall.EINVAL) {
					t.Error(err)
				}
				done.Add(1)
			}
		}()
	}
	out := make([][]byte, 30)
	for i := range int64(rounds) {
		b = p.Get(4096)
		turn.Store(i + 1)
		for done.Load() < 2*(i+1) {
			runtime.Gosched()
		}
		if i%64 == 0 {
			must[int](t)(p.GetN(4096, out))
			seen := map[*byte]bool{}
			for _, b := range out {
				if seen[&b[0]] {
					t.Fatal("a buffer is with two at once")
				}
				seen[&b[0]] = true
			}
			p.PutN(out)
		}
	}
	wg.Wait()
	p.Trim()
	s := poolStatsOf(t, p)
	if s.OutBuffers != 0 || s.MisusesTotal != rounds {
		t.Errorf("%d misuses of %d, %d out", s.MisusesTotal, rounds, s.OutBuffers)
	}
}

// The same without luck: both puts have passed, and the buffer lies in two caches.
func TestPoolDoublesAreFound(t *testing.T) {
	countOnly(t)
	for name, then := range map[string]func(p *Pool, l *PoolLocal) [][]byte{
		"both are got":                         func(p *Pool, l *PoolLocal) [][]byte { return [][]byte{p.Get(4096), l.Get(4096)} },
		"both are got, the other way round":    func(p *Pool, l *PoolLocal) [][]byte { return [][]byte{l.Get(4096), p.Get(4096)} },
		"both go to C":                         func(p *Pool, l *PoolLocal) [][]byte { p.Trim(); l.Flush(); return nil },
		"one is got, then the other goes to C": func(p *Pool, l *PoolLocal) [][]byte { b := p.Get(4096); l.Flush(); return [][]byte{b} },
		"one goes to C, then the other is got": func(p *Pool, l *PoolLocal) [][]byte { p.Trim(); return [][]byte{l.Get(4096)} },
		"the other goes to C, one is got":      func(p *Pool, l *PoolLocal) [][]byte { l.Flush(); return [][]byte{p.Get(4096)} },
	} {
		p := newPool(t, PoolConfig{CheckMode: CheckExact})
		l := p.Local()
		b := p.Get(4096)
		p.Put(b)
		*p.states.from(uintptr(address(b))) |= stateOut // what the other processor had read
		l.Put(b)
		out := then(p, l)
		more := make([][]byte, 300)
		must[int](t)(p.GetN(4096, more))
		out = append(out, more...)
		seen := map[*byte]bool{}
		for _, b := range out {
			if seen[&b[0]] {
				t.Fatalf("%s: a buffer is with two at once", name)
			}
			seen[&b[0]] = true
		}
		if n := p.PutN(out); n != len(out) {
			t.Errorf("%s: %d of %d put", name, n, len(out))
		}
		wantNil(t, l.Close())
		p.Trim()
		s := poolStatsOf(t, p)
		if s.MisusesTotal != 1 || s.OutBuffers != 0 || s.AllocsTotal != uint64(len(out))+1 || s.FreesTotal != s.AllocsTotal ||
			s.MissesTotal != s.FillsTotal {
			t.Errorf("%s: %d misuses, %d out, %d gets, %d puts", name, s.MisusesTotal, s.OutBuffers, s.AllocsTotal, s.FreesTotal)
		}
	}
}
