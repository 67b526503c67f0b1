package allockit

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What a processor has not used for the decay time goes to C, and what it does use
// stays.
func TestPoolIdleCachesGoBack(t *testing.T) {
	oneProcessor(t)
	p := newPool(t, PoolConfig{DecayNs: uint64(time.Millisecond)})
	never := newPool(t, PoolConfig{DecayNs: None})
	for _, p := range []*Pool{p, never} {
		p.PutN([][]byte{p.Get(100), p.Get(3000), p.Get(50000)})
	}
	if next := p.trimIdle(); next <= 0 || next > time.Millisecond {
		t.Errorf("next is %v", next)
	}
	for poolStatsOf(t, p).LocalCacheBytes > 0 {
		time.Sleep(time.Millisecond)
		must[time.Duration](t)(Maintain())
	}
	if next := p.trimIdle(); next >= 0 {
		t.Errorf("next is %v", next)
	}
	if poolStatsOf(t, never).LocalCacheBytes == 0 {
		t.Error("decay without a decay time")
	}
	for range 20 { // in use between two looks
		time.Sleep(2 * time.Millisecond)
		p.Put(p.Get(100))
		p.trimIdle()
	}
	s := poolStatsOf(t, p)
	if s.LocalCacheBytes == 0 || s.MissesTotal != 4 {
		t.Errorf("%+v", s)
	}
	if b, c := p.Get(100), p.Get(3000); b == nil || c == nil {
		t.Error("nothing after decay")
	} else {
		p.PutN([][]byte{b, c})
	}
}

// The goroutine of StartMaintenance brings it back to the system.
func TestPoolMaintenance(t *testing.T) {
	p := newPool(t, PoolConfig{DecayNs: uint64(time.Millisecond)})
	out := make([][]byte, 300)
	must[int](t)(p.GetN(65536, out))
	for _, b := range out {
		paint(b, 1)
	}
	p.PutN(out)
	peak := poolStatsOf(t, p).CachedBytes
	m := StartMaintenance(t.Context())
	defer m.Stop()
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s := poolStatsOf(t, p)
		if s.LocalCacheBytes == 0 && s.CachedBytes <= peak/4 {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%d of %d bytes are kept: %+v", s.CachedBytes, peak, s)
		}
	}
}

func TestPoolWarmAndPurge(t *testing.T) {
	p := newPool(t, PoolConfig{DecayNs: uint64(time.Millisecond)})
	wantNil(t, p.Warm(8000, 100))
	s := poolStatsOf(t, p)
	if s.CachedBytes < 100*8192 || s.PrefaultedBytesTotal < 100*8192 || s.AllocsTotal != 0 {
		t.Errorf("%+v", s)
	}
	out := make([][]byte, 100)
	must[int](t)(p.GetN(8000, out))
	if after := poolStatsOf(t, p); after.GrownTotal != s.GrownTotal {
		t.Errorf("%d slabs, %d before", after.GrownTotal, s.GrownTotal)
	}
	p.PutN(out)
	if bytes := must[uint64](t)(p.Purge(0)); bytes == 0 {
		t.Error("nothing was given back")
	}
	wantFigures(t, poolStatsOf(t, p), map[string]uint64{"CachedBytes": 0, "LocalCacheBytes": 0})
	p.Put(p.Get(100))
	must[uint64](t)(p.Purge(PurgeDue))
	_, err := p.Purge(1 << 20)
	wantErr(t, err, syscall.EINVAL)
	wantErr(t, p.Warm(65537, 1), syscall.EMSGSIZE)
	wantErr(t, p.Warm(-1, 1), syscall.EINVAL)
	wantErr(t, p.Warm(1, -1), syscall.EINVAL)
	wantErr(t, p.Warm(1, 1<<40), syscall.EINVAL)
}

// Memory is short: what lies idle with other processors is not missed, and a put
// is at hand for everybody at once.
func TestPoolExhaustion(t *testing.T) {
	take := func(p *Pool, n int, want syscall.Errno) (out [][]byte) {
		for {
			b, err := p.TryGet(n)
			if err != nil {
				wantErr(t, err, want)
				if p.Get(n) != nil {
					t.Error("Get and TryGet differ")
				}
				return out
			}
			paint(b, uint64(len(out)))
			out = append(out, b)
		}
	}
	memory, err := syscall.Mmap(-1, 0, 4<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config PoolConfig
		warm   int
		want   syscall.Errno
	}{
		{PoolConfig{LimitBytes: 4 << 20}, 0, syscall.ENOMEM},
		{PoolConfig{Memory: memory}, 0, syscall.ENOBUFS},
		{PoolConfig{ExhaustMode: ExhaustFail}, 100, syscall.ENOBUFS},
	} {
		p := must[*Pool](t)(NewPool(c.config))
		wantNil(t, p.Warm(4096, c.warm))
		first := take(p, 4096, c.want)
		if len(first) < c.warm {
			t.Errorf("%d of %d buffers", len(first), c.warm)
		}
		// All go back on several processors, and can all be had again on one.
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				runtime.LockOSThread()
				for i := w; i < len(first); i += 4 {
					p.Put(first[i])
				}
			}()
		}
		wg.Wait()
		again := take(p, 4096, c.want)
		if len(again) < len(first)*95/100 { // each thread has books in C, which count
			t.Errorf("%+v: %d buffers, then %d", c.config, len(first), len(again))
		}
		for range 10000 { // at the end of memory every put is at hand for everybody
			i := len(again) / 2
			p.Put(again[i])
			done := make(chan []byte)
			go func() { done <- p.Get(4096) }()
			if again[i] = <-done; again[i] == nil {
				t.Fatalf("%+v: a buffer that was put is missed", c.config)
			}
		}
		if n := p.PutN(again); n != len(again) {
			t.Errorf("%d of %d put", n, len(again))
		}
		// Another class gets what that one had, and caches come back.
		if c.warm == 0 {
			large := take(p, 60000, c.want)
			if len(large)*65536 < len(first)*4096*3/4 {
				t.Errorf("%+v: %d large buffers after %d small ones", c.config, len(large), len(first))
			}
			p.PutN(large)
			for range 2 * easing {
				p.Put(p.Get(4096))
			}
			if s := poolStatsOf(t, p); s.LocalCacheBytes == 0 {
				t.Error("nothing is kept on the Go side any more")
			}
		}
		if s := poolStatsOf(t, p); s.OutBuffers != 0 || s.MisusesTotal != 0 {
			t.Errorf("%+v", s)
		}
		_, err := p.TryGet(5 << 20)
		wantErr(t, err, syscall.EMSGSIZE)
		wantNil(t, p.Close())
	}
	wantNil(t, syscall.Munmap(memory))
	p := newPool(t, PoolConfig{ExhaustMode: ExhaustFail})
	_, err = p.TryGet(100)
	wantErr(t, err, syscall.ENOBUFS)
	_, err = p.TryGet(65537)
	wantErr(t, err, syscall.EMSGSIZE)
	f := newPool(t, PoolConfig{ExhaustMode: ExhaustFallback})
	b := f.Get(100)
	if b == nil || errors.Is(err, nil) {
		t.Error("no fallback")
	}
	if s := poolStatsOf(t, f); s.FallbacksTotal == 0 || s.FirstFallbackUnixNs == 0 {
		t.Errorf("%+v", s)
	}
	f.Put(b)
}

// The caches of all processors together stay within their bounds.
func TestPoolCacheBounds(t *testing.T) {
	p := newPool(t, PoolConfig{LocalCacheBytes: 200 << 10})
	sizes := []int{2048, 4096, 8192, 16384, 32768, 65536}
	l := p.Local()
	for _, n := range []int{40, 7, 300} {
		for _, size := range sizes {
			out := make([][]byte, n)
			must[int](t)(p.GetN(size, out))
			for i, b := range out {
				if i%2 == 0 {
					l.Put(b)
				} else {
					p.Put(b)
				}
				p.caches.Lock()
				for _, s := range p.allShards() {
					s.lock()
					if held := s.held(); held > 200<<10 {
						t.Errorf("%d bytes in one cache", held)
					}
					for i := range s.bins {
						if s.bins[i].n*s.bins[i].size > max(50<<10, 4*s.bins[i].size) {
							t.Errorf("%d buffers of %d bytes", s.bins[i].n, s.bins[i].size)
						}
					}
					s.unlock()
				}
				p.caches.Unlock()
			}
		}
	}
	wantNil(t, l.Close())
	small := newPool(t, PoolConfig{CacheBytes: 1 << 20})
	if c := must[PoolConfig](t)(small.Config()); c.LocalCacheBytes > 1<<18/uint64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%d bytes for each processor", c.LocalCacheBytes)
	}
}
