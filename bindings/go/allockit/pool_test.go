package allockit

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// newPool makes a pool that must be empty, and free of misuse, when the test ends.
func newPool(t testing.TB, config PoolConfig) *Pool {
	t.Helper()
	p, err := NewPool(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		t.Helper()
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

func poolStatsOf(t testing.TB, p *Pool) PoolStats {
	t.Helper()
	s, err := p.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// paint and painted are a payload that tells buffers apart.
func paint(b []byte, seed uint64) {
	for i := 0; i+8 <= len(b); i += 8 {
		*(*uint64)(unsafe.Pointer(&b[i])) = seed ^ uint64(i)*0x9E3779B97F4A7C15
	}
}

func painted(b []byte, seed uint64) bool {
	for i := 0; i+8 <= len(b); i += 8 {
		if *(*uint64)(unsafe.Pointer(&b[i])) != seed^uint64(i)*0x9E3779B97F4A7C15 {
			return false
		}
	}
	return true
}

func TestPoolLengths(t *testing.T) {
	p := newPool(t, PoolConfig{})
	for _, want := range []struct{ n, capacity int }{
		{0, 2048}, {1, 2048}, {2047, 2048}, {2048, 2048}, {2049, 4096}, {4097, 8192}, {10000, 16384},
		{16385, 32768}, {32769, 65536}, {65536, 65536},
	} {
		for range 200 { // from C, and from the cache
			b := p.Get(want.n)
			if b == nil || len(b) != want.n || cap(b) != want.capacity || p.Capacity(b) != want.capacity {
				t.Fatalf("Get(%d): length %d, capacity %d", want.n, len(b), cap(b))
			}
			b[:cap(b)][cap(b)-1] = 1
			p.Put(b)
		}
	}
	for _, n := range []int{65537, 1 << 20, 10 << 20} {
		b := p.Get(n)
		if len(b) != n || cap(b) < n || p.Capacity(b) != cap(b) {
			t.Fatalf("Get(%d): length %d, capacity %d", n, len(b), cap(b))
		}
		b[n-1] = 1
		p.Put(b[:0])
		if p.Capacity(b) != 0 {
			t.Error("a buffer that is back has a capacity")
		}
	}
	if s := poolStatsOf(t, p); s.OversizeTotal != 3 || s.MappedBytes > 4<<20 || s.OutBuffers != 0 {
		t.Errorf("%+v", s)
	}
	if p.ClassCount() != 6 {
		t.Error(p.ClassCount())
	}
}

func TestPoolClassesOfAnyList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		var config PoolConfig
		size := uint64(0)
		for range 1 + random.IntN(64) {
			size += 1 + random.Uint64N(1<<random.IntN(18))
			config.ClassBytes = append(config.ClassBytes, size)
		}
		p := newPool(t, config)
		for range 300 {
			n := 1 + random.IntN(int(size))
			want := 0
			for i := len(config.ClassBytes) - 1; i >= 0 && config.ClassBytes[i] >= uint64(n); i-- {
				want = int(config.ClassBytes[i])
			}
			b := p.Get(n)
			if cap(b) != want {
				t.Fatalf("Get(%d) of %v: capacity %d", n, config.ClassBytes, cap(b))
			}
			p.Put(b)
		}
	}
}

func TestPoolImpossibleLengths(t *testing.T) {
	p := newPool(t, PoolConfig{})
	for _, n := range []int{-1, -1 << 63, 1<<63 - 1} {
		_, err := p.TryGet(n)
		wantErr(t, err, syscall.ENOMEM)
		if n > 0 {
			if p.Get(n) != nil {
				t.Errorf("Get(%d)", n)
			}
			continue
		}
		func() {
			defer func() {
				if err, _ := recover().(error); !errors.Is(err, syscall.ENOMEM) {
					t.Errorf("Get(%d) panics with %v", n, err)
				}
			}()
			p.Get(n)
		}()
	}
	if s := poolStatsOf(t, p); s.FailuresTotal != 6 {
		t.Errorf("%d failures", s.FailuresTotal)
	}
}

// The buffer that was put last is the next one that is got.
func TestPoolReuse(t *testing.T) {
	oneProcessor(t)
	p := newPool(t, PoolConfig{})
	b := p.Get(5000)
	p.Put(b)
	c := p.Get(6000)
	if address(b) != address(c) {
		t.Error("another buffer")
	}
	p.Put(c[:0:1])
	if s := poolStatsOf(t, p); s.HitsTotal != 1 || s.MissesTotal != 1 || s.ReusedBytesTotal != 8192 {
		t.Errorf("%+v", s)
	}
}

func TestPoolBatch(t *testing.T) {
	countOnly(t)
	p := newPool(t, PoolConfig{})
	out := make([][]byte, 1000)
	if n, err := p.GetN(3000, out); n != 1000 || err != nil {
		t.Fatal(n, err)
	}
	for i, b := range out {
		paint(b, uint64(i))
	}
	for i, b := range out {
		if !painted(b, uint64(i)) {
			t.Fatalf("buffer %d was overwritten", i)
		}
	}
	wrong := out[0][1:]
	if n := p.PutN(append([][]byte{nil, wrong, make([]byte, 10)}, out...)); n != 1000 {
		t.Errorf("PutN: %d", n)
	}
	if s := poolStatsOf(t, p); s.MisusesTotal != 2 || s.OutBuffers != 0 || s.PutsTotal != 1000 {
		t.Errorf("%+v", s)
	}
	if n, err := p.GetN(1<<62, out); n != 0 || !errors.Is(err, syscall.ENOMEM) {
		t.Error(n, err)
	}
}

// Steady state: nothing is allocated, and C is not entered.
func TestPoolAllocatesNothing(t *testing.T) {
	p := newPool(t, PoolConfig{})
	l := p.Local()
	defer l.Close()
	use := func() {
		for _, n := range []int{100, 4096, 20000, 65536} {
			a, b := p.Get(n), l.Get(n)
			p.Put(b)
			l.Put(a)
		}
	}
	for range 100 {
		use()
	}
	before := poolStatsOf(t, p)
	if n := testing.AllocsPerRun(1000, use); n != 0 {
		t.Errorf("%v allocations", n)
	}
	after := poolStatsOf(t, p)
	entered := after.FillsTotal + after.FlushesTotal - before.FillsTotal - before.FlushesTotal
	if gets := after.AllocsTotal - before.AllocsTotal; gets < 8000 || entered*20 > gets {
		t.Errorf("C was entered %d times for %d gets", entered, gets)
	}
}

func TestPoolAgainstModel(t *testing.T) {
	for _, config := range []PoolConfig{
		{},
		{LocalCacheBytes: 1},
		{LocalCacheBytes: 100 << 10},
		{ClassBytes: []uint64{1000, 3000, 100000, 500000}},
		{ZeroMode: ZeroOnAlloc},
		{ZeroMode: ZeroOnFree, LocalCacheBytes: 300 << 10},
		{Flags: PoolTags, CheckMode: CheckExact},
		{ExhaustMode: ExhaustFallback, Alignment: 4096},
	} {
		p := newPool(t, config)
		locals := []*PoolLocal{p.Local(), p.Local()}
		random := rand.New(rand.NewPCG(5, 6))
		type held struct {
			b    []byte
			seed uint64
		}
		var out []held
		lengths := []int{0, 1, 500, 1000, 2048, 3000, 9000, 65000, 70000}
		steps := uint64(20000)
		if raceEnabled {
			steps = 4000
		}
		for step := range steps {
			l := locals[random.IntN(2)]
			if len(out) < 100 || random.IntN(2) == 0 && len(out) < 400 {
				n := lengths[random.IntN(len(lengths))]
				b := p.Get
				if step%3 == 0 {
					b = l.Get
				}
				got := b(n)
				if len(got) != n || cap(got) < n {
					t.Fatalf("%+v: Get(%d): %d, %d", config, n, len(got), cap(got))
				}
				full := got[:cap(got)]
				if config.ZeroMode != ZeroNone && len(bytes.Trim(full, "\x00")) != 0 {
					t.Fatalf("%+v: not zero", config)
				}
				paint(full, step)
				out = append(out, held{got, step})
				continue
			}
			i := random.IntN(len(out))
			h := out[i]
			if !painted(h.b[:cap(h.b)], h.seed) {
				t.Fatalf("%+v: a buffer was overwritten", config)
			}
			out[i] = out[len(out)-1]
			out = out[:len(out)-1]
			if step%5 == 0 {
				l.Put(h.b)
			} else {
				p.Put(h.b)
			}
			if step%1000 == 0 {
				p.Trim()
				l.Flush()
			}
		}
		if leaks := must[[]BlockInfo](t)(p.Leaks()); len(leaks) != len(out) {
			t.Errorf("%+v: %d buffers out, the walk meets %d", config, len(out), len(leaks))
		}
		for _, h := range out {
			p.Put(h.b)
		}
		s := poolStatsOf(t, p)
		if s.UsedBytes != 0 || s.OutBuffers != 0 || s.AllocsTotal != s.FreesTotal || s.MisusesTotal != 0 || s.FailuresTotal != 0 {
			t.Errorf("%+v: %+v", config, s)
		}
		for _, l := range locals {
			wantNil(t, l.Close())
		}
	}
}

// Many goroutines, buffers handed to others, a garbage collection now and then: no
// buffer is with two of them.
func TestPoolUnderLoad(t *testing.T) {
	p := newPool(t, PoolConfig{LocalCacheBytes: 512 << 10})
	const workers, rounds = 8, 2000
	passed := make(chan []byte, 64)
	var wg sync.WaitGroup
	for w := range uint64(workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			random := rand.New(rand.NewPCG(w, 7))
			l := p.Local()
			defer l.Close()
			var out [][]byte
			for i := range rounds {
				n := 8 + random.IntN(40000)
				var b []byte
				if i%2 == 0 {
					b = p.Get(n)
				} else {
					b = l.Get(n)
				}
				paint(b, w)
				out = append(out, b)
				if len(out) > 20 {
					k := random.IntN(len(out))
					b := out[k]
					out[k] = out[len(out)-1]
					out = out[:len(out)-1]
					if !painted(b, w) {
						t.Error("a buffer was overwritten")
						return
					}
					select {
					case passed <- b:
					case other := <-passed:
						p.Put(other)
						l.Put(b)
					}
				}
			}
			p.PutN(out)
		}()
	}
	wg.Wait()
	close(passed)
	for b := range passed {
		p.Put(b)
	}
	if s := poolStatsOf(t, p); s.OutBuffers != 0 || s.MisusesTotal != 0 || s.AllocsTotal != workers*rounds || s.FreesTotal != workers*rounds {
		t.Errorf("%+v", s)
	}
}
