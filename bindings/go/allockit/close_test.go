package allockit

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestClose(t *testing.T) {
	h, err := NewTiered(TieredConfig{})
	if err != nil {
		t.Fatal(err)
	}
	b := must[[]byte](t)(h.Alloc(100))
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := h.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if _, err := h.Stats(); !errors.Is(err, ErrClosed) {
				t.Errorf("Stats after Close: %v", err)
			}
		}()
	}
	wg.Wait()
	_, err = h.Alloc(1)
	wantErr(t, err, ErrClosed)
	_, err = h.Purge(0)
	wantErr(t, err, ErrClosed)
	_, err = h.Config()
	wantErr(t, err, ErrClosed)
	_, err = h.NewLocal(0)
	wantErr(t, err, ErrClosed)
	_, err = MakeSlice[int](h, 1, 1)
	wantErr(t, err, ErrClosed)
	if h.Pointer() != nil || h.Owns(b) || h.UsableSize(b) != 0 || h.GoodSize(1) != 0 {
		t.Error("a closed heap still answers")
	}
	wantPanic(t, func() { h.Free(b) })
	wantPanic(t, func() { h.FreeN([][]byte{b}) })
}

func wantPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if s, _ := recover().(string); !strings.Contains(s, "after Close") {
			t.Errorf("panic with %q", s)
		}
	}()
	f()
}

func TestCloseDeferred(t *testing.T) {
	h, err := NewTiered(TieredConfig{})
	if err != nil {
		t.Fatal(err)
	}
	blocks := make([][]byte, 10)
	must[int](t)(h.AllocN(100, blocks))
	s := must[[]uint64](t)(MakeSlice[uint64](h, 10, 10))
	if err := h.CloseDeferred(); err != nil {
		t.Fatal(err)
	}
	_, err = h.Alloc(1)
	wantErr(t, err, ErrClosed)
	blocks[0][99], s[9] = 1, 2
	h.Free(blocks[0])
	FreeSlice(h, s)
	if n := h.FreeN(blocks[1:]); n != 9 {
		t.Errorf("FreeN: %d of 9", n)
	}
	for range 2 {
		if err := h.CloseDeferred(); err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}
