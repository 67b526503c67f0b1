package allockit

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

func newHeap(t *testing.T, config TieredConfig) *Tiered {
	t.Helper()
	h, err := NewTiered(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return h
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
	if e := new(Error); !errors.As(err, &e) || e.Op == "" {
		t.Errorf("%v names no operation", err)
	}
}

func TestAllocSizes(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	for _, n := range []int{0, 1, 15, 16, 17, 100, 1024, 1025, 16 << 10, 16<<10 + 1, 1 << 20, 2 << 20, 9 << 20} {
		b := must[[]byte](t)(h.Alloc(n))
		if len(b) != n || cap(b) != n {
			t.Fatalf("Alloc(%d): length %d, capacity %d", n, len(b), cap(b))
		}
		if uintptr(address(b))%MinAlign != 0 {
			t.Errorf("Alloc(%d): not aligned", n)
		}
		for i := range b {
			b[i] = byte(i)
		}
		if u := h.UsableSize(b); u < n || u == 0 {
			t.Errorf("Alloc(%d): usable size %d", n, u)
		}
		if g := h.GoodSize(n); g < n {
			t.Errorf("GoodSize(%d) = %d", n, g)
		}
		if !h.Owns(b) {
			t.Errorf("Alloc(%d): not owned", n)
		}
		h.Free(b)
	}
}

func TestAllocZeroAndAligned(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	for range 3 {
		b := must[[]byte](t)(h.AllocZero(5000))
		if !bytes.Equal(b, make([]byte, 5000)) {
			t.Fatal("AllocZero: not zero")
		}
		for i := range b {
			b[i] = 0xa5
		}
		h.Free(b)
	}
	for _, a := range []int{0, 1, 16, 64, 4096, 1 << 20} {
		b := must[[]byte](t)(h.AlignedAlloc(a, 100))
		if a > 0 && uintptr(address(b))%uintptr(a) != 0 {
			t.Errorf("AlignedAlloc(%d, 100): not aligned", a)
		}
		h.Free(b)
	}
	_, err := h.AlignedAlloc(48, 100)
	wantErr(t, err, syscall.EINVAL)
}

func TestRealloc(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	b := must[[]byte](t)(h.Realloc(nil, 10))
	copy(b, "0123456789")
	for _, n := range []int{100, 3000, 100 << 10, 5 << 20, 2000, 10} {
		b = must[[]byte](t)(h.Realloc(b, n))
		if string(b[:10]) != "0123456789" || len(b) != n {
			t.Fatalf("Realloc(%d): contents or length changed", n)
		}
	}
	b = must[[]byte](t)(h.Realloc(b, 0))
	if b == nil || h.UsableSize(b) == 0 {
		t.Error("Realloc to 0 freed the block")
	}
	h.Free(b)

	x := must[[]byte](t)(h.Allocx(100, 64, AllocZero))
	if cap(x) < 100 || uintptr(address(x))%64 != 0 || !bytes.Equal(x[:cap(x)], make([]byte, cap(x))) {
		t.Errorf("Allocx: capacity %d", cap(x))
	}
	x = must[[]byte](t)(h.Reallocx(x, 9000, 64, AllocZero))
	if !bytes.Equal(x[:cap(x)], make([]byte, cap(x))) {
		t.Error("Reallocx: grown part is not zero")
	}
	_, err := h.Reallocx(x, 64<<20, 0, AllocNoMove)
	wantErr(t, err, syscall.ENOMEM)
	h.Free(x)
}

func TestBadArguments(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	_, err := h.Alloc(-1)
	wantErr(t, err, syscall.ENOMEM)
	_, err = h.Realloc(nil, -1)
	wantErr(t, err, syscall.ENOMEM)
	_, err = h.Alloc(maxInt)
	wantErr(t, err, syscall.ENOMEM)
	_, err = h.AllocN(-1, make([][]byte, 1))
	wantErr(t, err, syscall.ENOMEM)
	_, err = h.Calloc(maxInt, 2)
	wantErr(t, err, syscall.ENOMEM)
	_, err = NewTiered(TieredConfig{Name: strings.Repeat("n", 64)})
	wantErr(t, err, syscall.EINVAL)
	_, err = NewTiered(TieredConfig{Name: "a\x00b"})
	wantErr(t, err, syscall.EINVAL)
	_, err = NewTiered(TieredConfig{ZeroMode: 99})
	wantErr(t, err, syscall.EINVAL)
	h.Free(nil)
	if h.GoodSize(-1) != 0 || h.Owns(nil) {
		t.Error("GoodSize(-1) or Owns(nil)")
	}
}

func TestMisuseIsCounted(t *testing.T) {
	if err := SetMisuseMode(MisuseCount); err != nil {
		t.Fatal(err)
	}
	defer SetMisuseMode(MisuseReport)
	h, other := newHeap(t, TieredConfig{}), newHeap(t, TieredConfig{})
	b := must[[]byte](t)(other.Alloc(100))
	h.Free(b)
	s := must[TieredStats](t)(h.Stats())
	if s.MisusesTotal == 0 {
		t.Error("block of another heap: not counted")
	}
	if n := h.FreeN([][]byte{nil, b}); n != 1 {
		t.Errorf("FreeN of nil and a foreign block: %d done, want 1", n)
	}
	if h.Owns(b) || !other.Owns(b) {
		t.Error("Owns is wrong about a block of another heap")
	}
	other.Free(b)
}

func TestLimit(t *testing.T) {
	h := newHeap(t, TieredConfig{LimitBytes: 8 << 20, Name: "limit.test"})
	if c := must[TieredConfig](t)(h.Config()); c.LimitBytes != 8<<20 || c.Name != "limit.test" || c.DecayNs != 100e6 {
		t.Errorf("Config: %+v", c)
	}
	var blocks [][]byte
	for {
		b, err := h.Alloc(256 << 10)
		if err != nil {
			wantErr(t, err, syscall.ENOMEM)
			break
		}
		blocks = append(blocks, b)
		if len(blocks) > 32 {
			t.Fatal("cap not reached")
		}
	}
	if n := h.FreeN(blocks); n != len(blocks) {
		t.Errorf("FreeN: %d of %d", n, len(blocks))
	}
	h.Free(must[[]byte](t)(h.Alloc(256 << 10)))
	s := must[TieredStats](t)(h.Stats())
	if s.LimitHitsTotal == 0 || s.LimitBytes != 8<<20 {
		t.Errorf("Stats: %+v", s)
	}
}

func TestBatch(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	blocks := make([][]byte, 3*batch+7)
	if n, err := h.AllocN(48, blocks); n != len(blocks) || err != nil {
		t.Fatalf("AllocN: %d, %v", n, err)
	}
	seen := map[unsafe.Pointer]bool{}
	for _, b := range blocks {
		if len(b) != 48 || seen[address(b)] {
			t.Fatal("AllocN: wrong length or one block twice")
		}
		seen[address(b)] = true
		b[0], b[47] = 1, 2
	}
	blocks[5], blocks[6] = nil, append([]byte(nil), blocks[6]...)[:0:0]
	blocks[6] = nil
	if n := h.FreeN(blocks); n != len(blocks) {
		t.Errorf("FreeN: %d of %d", n, len(blocks))
	}
	if n, err := h.AllocN(48, nil); n != 0 || err != nil {
		t.Errorf("AllocN of nothing: %d, %v", n, err)
	}
	small := newHeap(t, TieredConfig{LimitBytes: 4 << 20})
	n, err := small.AllocN(64<<10, blocks)
	wantErr(t, err, syscall.ENOMEM)
	if n == 0 || n > 64 || small.FreeN(blocks[:n]) != n {
		t.Errorf("AllocN under a cap: %d", n)
	}
}

func TestManyGoroutines(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	hand := make(chan []byte, 64)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			for i := range 2000 {
				b, err := h.Alloc(16 + (i*g*37)%3000)
				if err != nil {
					t.Error(err)
					return
				}
				b[0], b[len(b)-1] = byte(len(b)), byte(len(b))
				hand <- b
			}
		}()
		go func() {
			defer wg.Done()
			for range 2000 {
				b := <-hand
				if b[0] != byte(len(b)) || b[len(b)-1] != byte(len(b)) {
					t.Error("contents changed on the way")
				}
				h.Free(b)
			}
		}()
	}
	wg.Wait()
	if s := must[TieredStats](t)(h.Stats()); s.UsedBytes != 0 || s.AllocsTotal != 8000 || s.FreesTotal != 8000 {
		t.Errorf("after all is free: %d used, %d allocs, %d frees", s.UsedBytes, s.AllocsTotal, s.FreesTotal)
	}
}

func TestNothingOnTheGoHeap(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	blocks := make([][]byte, 100)
	l := must[*Local](t)(h.NewLocal(0))
	defer l.Close()
	for range 2 { // the second round finds the cache's own slices grown
		per := testing.AllocsPerRun(100, func() {
			b, _ := h.Alloc(100)
			b, _ = h.Realloc(b, 200)
			h.Free(b)
			h.AllocN(32, blocks)
			h.FreeN(blocks)
			b, _ = l.Alloc(100)
			l.Free(b)
			h.Stats()
		})
		if per != 0 {
			t.Errorf("%v allocations on the Go heap per round, want 0", per)
		}
	}
}
