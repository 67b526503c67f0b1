package allockit

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

func newRing(t testing.TB, config RingConfig) *Ring {
	t.Helper()
	r, err := NewRing(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.CloseNow(); err != nil {
			t.Errorf("CloseNow: %v", err)
		}
	})
	return r
}

// counting keeps misuse that a test makes on purpose from file descriptor 2.
func counting(t testing.TB) {
	t.Helper()
	noError(t, SetMisuseMode(MisuseCount))
	t.Cleanup(func() { SetMisuseMode(MisuseReport) })
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestRingLengths(t *testing.T) {
	r := newRing(t, RingConfig{CapacityBytes: 1 << 20, BlockBytes: 64 << 10})
	for _, c := range []struct{ n, capacity int }{{0, 64}, {1, 64}, {64, 64}, {65, 128}, {64 << 10, 64 << 10}} {
		b := r.Acquire(c.n)
		if len(b) != c.n || cap(b) != c.capacity {
			t.Fatalf("Acquire(%d): length %d, capacity %d", c.n, len(b), cap(b))
		}
		b = b[:cap(b)]
		for i := range b {
			b[i] = byte(i)
		}
		r.Release(b)
	}
	if area := r.Memory(); len(area) != 1<<20 || uintptr(address(area))%4096 != 0 {
		t.Errorf("%d bytes at %p", len(area), address(area))
	}
	_, err := r.TryAcquire(64<<10 + 1)
	wantErr(t, err, syscall.EMSGSIZE)
	_, err = r.TryAcquire(-1)
	wantErr(t, err, syscall.ENOMEM)
	if r.Acquire(1<<20) != nil {
		t.Error("more than a block")
	}
	defer func() {
		if _, is := recover().(*Error); !is {
			t.Error("a negative length does not panic")
		}
	}()
	r.Acquire(-1)
}

func TestRingBatches(t *testing.T) {
	counting(t)
	r := newRing(t, RingConfig{CapacityBytes: 4 << 20, BlockBytes: 64 << 10})
	out := make([][]byte, 1500) // three entries into C
	n, err := r.AcquireN(1000, out)
	if n != len(out) || err != nil {
		t.Fatal(n, err)
	}
	for i, b := range out {
		for k := range b {
			b[k] = byte(i)
		}
	}
	for i, b := range out {
		if len(b) != 1000 || !bytes.Equal(b, bytes.Repeat([]byte{byte(i)}, 1000)) {
			t.Fatal("slice", i)
		}
	}
	if done := r.ReleaseN(append(out[1:], nil, make([]byte, 10))); done > 1500 || done < 1499 {
		t.Error("released", done)
	}
	r.Release(out[0])
	more := make([][]byte, 100)
	n, err = r.AcquireN(64<<10, more)
	wantErr(t, err, syscall.ENOBUFS)
	if n < 63 || n == 100 || more[n] != nil {
		t.Errorf("%d of 64 blocks", n)
	}
	if done := r.ReleaseN(more[:n]); done != n {
		t.Error("released", done)
	}
}

func TestRingCommitRetain(t *testing.T) {
	r := newRing(t, RingConfig{})
	a := r.Acquire(60000)
	a = must[[]byte](t)(r.Commit(a, 100))
	if len(a) != 100 || cap(a) != 128 {
		t.Errorf("length %d, capacity %d", len(a), cap(a))
	}
	b := r.Acquire(10)
	if &b[0] != &r.Memory()[128] {
		t.Error("the next slice does not begin behind what was committed")
	}
	wantNil(t, r.Retain(a, 2))
	wantErr(t, r.Retain(a, 1000), syscall.EOVERFLOW)
	wantErr(t, r.Retain(a, -1), syscall.EINVAL)
	for range 2 {
		r.Release(a)
	}
	if s := must[RingStats](t)(r.Stats()); s.OutSlices != 2 || s.UsedBytes != 192 || s.ReleasesTotal != 2 {
		t.Errorf("%+v", s)
	}
	r.Release(a)
	r.Release(b)
}

func TestRingOrdered(t *testing.T) {
	counting(t)
	r := newRing(t, RingConfig{Order: RingOrdered, CapacityBytes: 64 << 10})
	var all [10][]byte
	if n, err := r.AcquireN(4096, all[:]); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := r.ReleaseTo(all[7]); n != 7 || err != nil {
		t.Error(n, err)
	}
	if n := r.ReleaseN(all[7:]); n != 3 {
		t.Error(n)
	}
	_, err := r.ReleaseTo(all[8])
	wantErr(t, err, syscall.EINVAL)
}

func TestRingMisuse(t *testing.T) {
	counting(t)
	r, other := newRing(t, RingConfig{}), newRing(t, RingConfig{})
	a, foreign := r.Acquire(1000), make([]byte, 1000)
	wantErr(t, other.TryRelease(a), syscall.ENOENT)
	wantErr(t, r.TryRelease(a[1:]), syscall.ENOENT)
	wantErr(t, r.TryRelease(a[128:]), syscall.ENOENT)
	wantErr(t, r.TryRelease(foreign), syscall.ENOENT)
	wantErr(t, r.Retain(foreign, 1), syscall.ENOENT)
	_, err := r.Commit(a, 2000)
	wantErr(t, err, syscall.EINVAL)
	r.Release(nil)
	r.Release(a[:0])
	wantErr(t, r.TryRelease(a), syscall.EINVAL)
	if s := must[RingStats](t)(r.Stats()); s.MisusesTotal != 6 || s.OutSlices != 0 {
		t.Errorf("%+v", s)
	}
	defer func() {
		if err, is := recover().(*Error); !is || !errors.Is(err, syscall.EINVAL) {
			t.Error("a double release does not panic")
		}
	}()
	r.Release(a)
}

func TestRingClose(t *testing.T) {
	counting(t)
	r, err := NewRing(RingConfig{Name: "closing"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Acquire(1000), r.Acquire(1000)
	copy(a, "still there")
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			wantNil(t, r.Close())
		}()
	}
	wg.Wait()
	if r.Acquire(1) != nil || r.Memory() != nil || r.Pointer() != nil {
		t.Error("a closed ring still answers")
	}
	_, err = r.TryAcquire(1)
	wantErr(t, err, ErrClosed)
	_, err = r.AcquireN(1, make([][]byte, 1))
	wantErr(t, err, ErrClosed)
	_, err = r.Commit(b, 1)
	wantErr(t, err, ErrClosed)
	_, err = r.Stats()
	wantErr(t, err, ErrClosed)
	_, err = r.Config()
	wantErr(t, err, ErrClosed)
	_, err = r.Suggest()
	wantErr(t, err, ErrClosed)
	if string(a[:11]) != "still there" {
		t.Error("the slice went with the ring")
	}
	wantNil(t, r.Retain(a, 1))
	r.Release(a)
	wantErr(t, errors.Join(r.TryRelease(b), r.TryRelease(b)), syscall.EINVAL)
	r.Release(a)
	wantErr(t, r.TryRelease(a), syscall.EINVAL)
	wantNil(t, r.CloseNow())
}

func TestRingConfig(t *testing.T) {
	memory, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	r := newRing(t, RingConfig{Name: "own", Memory: memory, Alignment: 128, BlockBytes: 8 << 10})
	g := must[RingConfig](t)(r.Config())
	if g.Name != "own" || &g.Memory[0] != &memory[0] || len(g.Memory) != 1<<20 || g.Alignment != 128 || g.CapacityBytes != 1<<20 {
		t.Errorf("%+v", g)
	}
	if b := r.Acquire(1); &b[0] != &memory[0] || cap(b) != 128 {
		t.Error("not in the memory that was given")
	}
	_, err = NewRing(RingConfig{Name: "a\x00b"})
	wantErr(t, err, syscall.EINVAL)
	_, err = NewRing(RingConfig{Alignment: 100})
	wantErr(t, err, syscall.EINVAL)

	region := newRegion(t, RegionConfig{})
	on := newRing(t, RingConfig{Region: region})
	if must[RingConfig](t)(on.Config()).Region != region {
		t.Error("the region is not told")
	}
	shut, err := NewRegion(RegionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	shut.Close()
	_, err = NewRing(RingConfig{Region: shut})
	wantErr(t, err, ErrClosed)
	suggested := must[RingConfig](t)(on.Suggest())
	suggested.ForkMode = 0 // it is the region's
	newRing(t, suggested)
}

// TestRingGoroutines has one producer and several that release, in any order and from
// any thread, each slice with a pattern of its own.
func TestRingGoroutines(t *testing.T) {
	r := newRing(t, RingConfig{CapacityBytes: 1 << 20, BlockBytes: 16 << 10})
	type message struct {
		b    []byte
		seed byte
	}
	work := make(chan message, 64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var held []message
			drop := func(m message) {
				for i, have := range m.b {
					if have != m.seed+byte(i) {
						t.Errorf("byte %d of %d", i, len(m.b))
						break
					}
				}
				r.Release(m.b)
			}
			for m := range work {
				if held = append(held, m); len(held) > 5 {
					i := rand.IntN(len(held))
					drop(held[i])
					held[i] = held[len(held)-1]
					held = held[:len(held)-1]
				}
			}
			for _, m := range held {
				drop(m)
			}
		}()
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 20000 {
		m := message{seed: byte(n)}
		for m.b == nil {
			if m.b = r.Acquire(random.IntN(4096)); m.b == nil {
				runtime.Gosched()
			}
		}
		for i := range m.b {
			m.b[i] = m.seed + byte(i)
		}
		work <- m
	}
	close(work)
	wg.Wait()
	if s := must[RingStats](t)(r.Stats()); s.OutSlices != 0 || s.UsedBytes != 0 || s.FreesTotal != 20000 || s.MisusesTotal != 0 {
		t.Errorf("%+v", s)
	}
}

func BenchmarkRing(b *testing.B) {
	r := newRing(b, RingConfig{})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			r.Release(r.Acquire(1024))
		}
	})
	b.Run("batch", func(b *testing.B) { // per slice
		var out [512][]byte
		for i := 0; i < b.N; i += len(out) {
			n, err := r.AcquireN(1024, out[:])
			if err != nil {
				b.Fatal(err)
			}
			r.ReleaseN(out[:n])
		}
	})
}
