package allockit

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

func TestLocalAgainstModel(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	l := must[*Local](t)(h.NewLocal(256 << 10))
	random := rand.New(rand.NewPCG(3, 4))
	var blocks [][]byte
	fill := func(b []byte) []byte {
		for i := range b[:cap(b)] {
			b[:cap(b)][i] = byte(len(b))
		}
		return b
	}
	check := func(b []byte) {
		t.Helper()
		for _, x := range b {
			if x != byte(len(b)) {
				t.Fatal("block overwritten")
			}
		}
	}
	for range 20000 {
		if len(blocks) < 300 || random.IntN(2) == 0 {
			n := random.IntN(300)
			if random.IntN(50) == 0 {
				n = random.IntN(40000)
			}
			blocks = append(blocks, fill(must[[]byte](t)(l.Alloc(n))))
			continue
		}
		i := random.IntN(len(blocks))
		check(blocks[i])
		if random.IntN(4) == 0 {
			n := random.IntN(2000)
			old := len(blocks[i])
			b := must[[]byte](t)(l.Realloc(blocks[i], n))
			for _, x := range b[:min(n, old)] {
				if x != byte(old) {
					t.Fatal("Realloc lost contents")
				}
			}
			blocks[i] = fill(b)
			continue
		}
		l.Free(blocks[i])
		blocks[i] = blocks[len(blocks)-1]
		blocks = blocks[:len(blocks)-1]
		if l.Stats().CachedBytes > 256<<10 {
			t.Fatal("over its bound")
		}
	}
	s := l.Stats()
	if s.HitsTotal*10 < s.GetsTotal*8 || s.FillsTotal == 0 || s.DrainsTotal == 0 || s.PutsTotal == 0 {
		t.Errorf("too few hits or a dead counter: %+v", s)
	}
	l.FreeN(blocks)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if s := must[TieredStats](t)(h.Stats()); s.UsedBytes != 0 || s.MisusesTotal != 0 {
		t.Errorf("%d bytes used and %d misuses after all is free", s.UsedBytes, s.MisusesTotal)
	}
}

func TestLocalZeroAndLimits(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	l := must[*Local](t)(h.NewLocal(1 << 10))
	for range 100 {
		b := must[[]byte](t)(l.AllocZero(200))
		for i, x := range b[:cap(b)] {
			if x != 0 {
				t.Fatal("not zero")
			}
			b[:cap(b)][i] = 1
		}
		l.Free(b)
	}
	big := must[[]byte](t)(l.Alloc(100 << 10))
	l.Free(big)
	l.Free(nil)
	if _, err := l.Alloc(-1); err == nil {
		t.Error("Alloc(-1)")
	}
	if _, err := h.NewLocal(-1); err == nil {
		t.Error("NewLocal(-1)")
	}
	l.Flush()
	if s := l.Stats(); s.CachedBytes != 0 {
		t.Errorf("%d bytes after Flush", s.CachedBytes)
	}
}

func TestLocalUnderLimit(t *testing.T) {
	h := newHeap(t, TieredConfig{LimitBytes: 4 << 20})
	l := must[*Local](t)(h.NewLocal(2 << 20))
	exhaust := func(size int) (blocks [][]byte) {
		for {
			b, err := l.Alloc(size)
			if err != nil {
				wantErr(t, err, syscall.ENOMEM)
				return blocks
			}
			blocks = append(blocks, b)
		}
	}
	small := exhaust(100)
	l.FreeN(small)
	if kept := l.Stats().CachedBytes; kept < 1<<20 {
		t.Fatalf("only %d bytes kept", kept)
	}
	large := exhaust(8000)
	if len(large)*8000 < 2<<20 {
		t.Errorf("%d blocks of 8000 bytes: the cache kept the rest", len(large))
	}
	l.FreeN(large)
	l.Close()
}

func TestLocalAfterClose(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	l := must[*Local](t)(h.NewLocal(0))
	b := must[[]byte](t)(l.Alloc(100))
	h.Close()
	_, err := l.Alloc(100)
	wantErr(t, err, ErrClosed)
	_, err = l.AllocZero(100)
	wantErr(t, err, ErrClosed)
	_, err = l.Realloc(b, 50)
	wantErr(t, err, ErrClosed)
	wantPanic(t, func() { l.Free(b) })
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestLocalAfterCloseDeferred(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	l := must[*Local](t)(h.NewLocal(0))
	b := must[[]byte](t)(l.Alloc(100))
	h.CloseDeferred()
	b[99] = 1
	l.Free(b)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
