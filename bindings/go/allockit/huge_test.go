package allockit

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

func newHuge(t *testing.T, config HugeConfig) *Huge {
	t.Helper()
	h, err := NewHuge(config)
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

func TestHugeAlloc(t *testing.T) {
	h := newHuge(t, HugeConfig{})
	for _, n := range []int{0, 1, 2 << 20, 5000001} {
		b, backing, err := h.Alloc(n)
		if err != nil || len(b) != n || cap(b) != n {
			t.Fatalf("Alloc(%d): length %d, capacity %d, %v", n, len(b), cap(b), err)
		}
		for i := range b {
			b[i] = byte(i)
		}
		info := must[BlockInfo](t)(Inspect(address(b)))
		if info.Backing != backing || info.HandleKind != KindHuge || info.UsableBytes < uint64(max(n, 1)) {
			t.Errorf("%+v", info)
		}
		wantNil(t, h.Free(b))
	}
	_, _, err := h.Alloc(-1)
	wantErr(t, err, syscall.ENOMEM)
	_, _, err = h.AllocWith(1, 48, 0)
	wantErr(t, err, syscall.EINVAL)
	_, _, err = h.AllocWith(1, 0, AllocGuard)
	wantErr(t, err, syscall.EINVAL)
	wantNil(t, h.Free(nil))
	wantErr(t, h.Free(make([]byte, 1)), syscall.ENOENT)
	_, err = h.ReasonCount(99)
	wantErr(t, err, syscall.EINVAL)
	_, err = h.NodeBytes(4095)
	wantErr(t, err, syscall.ENOENT)
	s := must[HugeStats](t)(h.Stats())
	if s.UsedBytes != 0 || s.AllocsTotal != 4 || s.FreesTotal != 4 || s.FailuresTotal == 0 || s.Kind != KindHuge {
		t.Errorf("%+v", s)
	}
}

func TestHugeOrdinaryPages(t *testing.T) {
	h := newHuge(t, HugeConfig{GiantMode: HugeNever, HugeMode: HugeNever, THP: THPNever})
	b, _, err := h.Alloc(4 << 20)
	wantNil(t, err)
	for i := range b {
		b[i] = 7
	}
	wantNil(t, h.Free(b))
	b, backing, err := h.AllocZero(4 << 20)
	wantNil(t, err)
	info := must[BlockInfo](t)(Inspect(address(b)))
	if backing != BackingBase || info.Reason != ReasonNone || !info.Zeroed || len(bytes.Trim(b, "\x00")) != 0 {
		t.Errorf("%+v", info)
	}
	if s := must[HugeStats](t)(h.Stats()); s.BaseBytes < 4<<20 || s.THPBytes != 0 || s.FallbacksTotal != 0 {
		t.Errorf("%+v", s)
	}
	wantNil(t, h.Free(b))
	must[uint64](t)(h.Purge(PurgeAll | PurgeWait))
	if s := must[HugeStats](t)(h.Stats()); s.CachedBytes != 0 {
		t.Errorf("%+v", s)
	}
}

func TestHugeExplicitPages(t *testing.T) {
	system := must[HugeSystemInfo](t)(HugeSystem())
	h := newHuge(t, HugeConfig{GiantMode: HugeNever, HugeMode: HugeRequire})
	b, backing, err := h.Alloc(4 << 20)
	if system.HugeFree < 2 {
		wantErr(t, err, syscall.ENOMEM)
		var refused uint64
		for reason := ReasonNotReserved; reason <= ReasonLimit; reason++ {
			refused += must[uint64](t)(h.ReasonCount(reason))
		}
		if s := must[HugeStats](t)(h.Stats()); refused != 1 || s.FailuresTotal != 1 {
			t.Errorf("%d refusals, %+v", refused, s)
		}
		return
	}
	if err != nil || backing != BackingHuge {
		t.Fatalf("%v %v", backing, err)
	}
	b[0] = 1
	wantNil(t, h.Free(b))
}

func TestHugeSystem(t *testing.T) {
	system := must[HugeSystemInfo](t)(HugeSystem())
	if system.BasePageBytes != must[ProcessStats](t)(ReadProcessStats()).PageBytes || system.HugeFree > system.HugeTotal ||
		system.THPMode > THPModeNever || system.NumaNodes == 0 {
		t.Errorf("%+v", system)
	}
	if node, err := HugeSystemNode(0); err == nil && node.NumaNodes != 1 {
		t.Errorf("%+v", node)
	}
	_, err := HugeSystemNode(4095)
	wantErr(t, err, syscall.ENOENT)
	if text := must[string](t)(HugeSystemText()); !strings.Contains(text, "nr_hugepages") {
		t.Error(text)
	}
}

func TestHugeConfig(t *testing.T) {
	h := newHuge(t, HugeConfig{Name: "cfg", LimitBytes: 64 << 20, GiantMode: HugeNever, Populate: PopulateAll, CacheBytes: 16 << 20})
	c := must[HugeConfig](t)(h.Config())
	if c.Name != "cfg" || c.LimitBytes != 64<<20 || c.GiantMode != HugeNever || c.HugeMode != HugePrefer ||
		c.Populate != PopulateAll || c.CacheBytes != 16<<20 {
		t.Errorf("%+v", c)
	}
	b, _, err := h.Alloc(4 << 20)
	wantNil(t, err)
	wantNil(t, h.Free(b))
	newHuge(t, must[HugeConfig](t)(h.Suggest()))
	for _, bad := range []HugeConfig{{Name: "a/b"}, {HugePageBytes: 12345}, {HugeMode: 9}, {Populate: 2}} {
		_, err := NewHuge(bad)
		wantErr(t, err, syscall.EINVAL)
	}
}

func TestHugeClose(t *testing.T) {
	h := must[*Huge](t)(NewHuge(HugeConfig{}))
	b, _, err := h.Alloc(1 << 20)
	wantNil(t, err)
	wantNil(t, h.CloseDeferred())
	wantNil(t, h.Close())
	_, _, err = h.Alloc(1)
	wantErr(t, err, ErrClosed)
	_, err = h.Stats()
	wantErr(t, err, ErrClosed)
	_, err = h.ReasonCount(ReasonNone)
	wantErr(t, err, ErrClosed)
	b[1<<20-1] = 1
	wantNil(t, h.Free(b))
	wantErr(t, h.Free(b), syscall.EINVAL)
	if h.Pointer() != nil {
		t.Error("a closed handle still answers")
	}
}

func TestHeapOnHuge(t *testing.T) {
	h := must[*Huge](t)(NewHuge(HugeConfig{GiantMode: HugeNever}))
	heap := newHeap(t, TieredConfig{Huge: h})
	b := must[[]byte](t)(heap.Alloc(8 << 20))
	if s := must[HugeStats](t)(h.Stats()); s.UsedBytes < 8<<20 {
		t.Errorf("%+v", s)
	}
	wantNil(t, h.Close())
	b[8<<20-1] = 1
	heap.Free(b)
	_, err := NewTiered(TieredConfig{Huge: h})
	wantErr(t, err, ErrClosed)
}
