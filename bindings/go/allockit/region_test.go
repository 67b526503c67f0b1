package allockit

import (
	"bytes"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

func newRegion(t *testing.T, config RegionConfig) *Region {
	t.Helper()
	r, err := NewRegion(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func wantNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestRegionSizes(t *testing.T) {
	r := newRegion(t, RegionConfig{})
	for _, n := range []int{0, 1, 4096, 100001, 1 << 20, 9 << 20} {
		b := must[[]byte](t)(r.Alloc(n))
		if len(b) != n || cap(b) < max(n, 1) || uintptr(address(b))%4096 != 0 {
			t.Fatalf("Alloc(%d): length %d, capacity %d, at %p", n, len(b), cap(b), address(b))
		}
		full := b[:cap(b)]
		for i := range full {
			full[i] = byte(i)
		}
		info := must[BlockInfo](t)(Inspect(address(b)))
		if info.UsableBytes != uint64(cap(b)) || info.HandleKind != KindRegion || info.State != BlockOut {
			t.Errorf("%+v", info)
		}
		wantNil(t, r.Free(b))
	}
	_, err := r.Alloc(-1)
	wantErr(t, err, syscall.ENOMEM)
	_, err = r.AllocWith(1, 48, 0)
	wantErr(t, err, syscall.EINVAL)
	_, err = r.AllocWith(1, 0, AllocNoMove)
	wantErr(t, err, syscall.EINVAL)
	wantNil(t, r.Free(nil))
	s := must[RegionStats](t)(r.Stats())
	if s.UsedBytes != 0 || s.MisusesTotal != 0 || s.AllocsTotal != 6 || s.FreesTotal != 6 || s.FailuresTotal == 0 {
		t.Errorf("%+v", s)
	}
}

func TestRegionZeroAndAlignment(t *testing.T) {
	r := newRegion(t, RegionConfig{})
	b := must[[]byte](t)(r.Alloc(1 << 20))
	for i := range b {
		b[i] = 9
	}
	wantNil(t, r.Free(b))
	b = must[[]byte](t)(r.AllocZero(1 << 20))
	if len(bytes.Trim(b[:cap(b)], "\x00")) != 0 || !must[BlockInfo](t)(Inspect(address(b))).Zeroed {
		t.Error("AllocZero is not zero")
	}
	wantNil(t, r.Free(b))
	b = must[[]byte](t)(r.AllocWith(5000, 2<<20, AllocZero|AllocGuard))
	if uintptr(address(b))%(2<<20) != 0 || b[4999] != 0 {
		t.Error("AllocWith")
	}
	wantNil(t, r.Free(b))
}

func TestRegionResize(t *testing.T) {
	r := newRegion(t, RegionConfig{LimitBytes: 64 << 20})
	b := must[[]byte](t)(r.Resize(nil, 100000))
	for _, n := range []int{200000, 5 << 20, 90000} {
		for i := range b {
			b[i] = 3
		}
		kept := min(len(b), n)
		b = must[[]byte](t)(r.Resize(b, n))
		if len(b) != n || bytes.Count(b[:kept], []byte{3}) != kept {
			t.Fatalf("Resize to %d", n)
		}
	}
	_, err := r.Resize(b, 1<<30)
	wantErr(t, err, syscall.ENOMEM)
	same := must[[]byte](t)(r.ResizeWith(b, cap(b), AllocNoMove))
	if address(same) != address(b) {
		t.Error("AllocNoMove moved")
	}
	_, err = r.Resize(make([]byte, 10), 1)
	wantErr(t, err, syscall.ENOENT)
	wantNil(t, r.Free(same))
}

func TestRegionPins(t *testing.T) {
	r := newRegion(t, RegionConfig{})
	b := must[[]byte](t)(r.Alloc(1 << 20))
	b[5] = 5
	wantNil(t, r.Pin(b))
	_, err := r.Resize(b, 8<<20)
	wantErr(t, err, syscall.EBUSY)
	wantNil(t, r.Free(b))
	must[uint64](t)(r.Purge(PurgeAll | PurgeWait))
	if s := must[RegionStats](t)(r.Stats()); s.PinnedBytes < 1<<20 || s.PurgeSkippedPinnedTotal != 1 || b[5] != 5 {
		t.Errorf("%+v", s)
	}
	wantNil(t, r.Unpin(b))
	c := must[[]byte](t)(r.Alloc(1 << 20))
	wantErr(t, r.Unpin(c), syscall.EINVAL)
	wantErr(t, r.Pin(make([]byte, 1)), syscall.ENOENT)
	wantNil(t, r.Free(c))
	wantErr(t, r.Free(c), syscall.EINVAL)
	wantErr(t, r.Free(make([]byte, 1)), syscall.ENOENT)
}

func TestRegionPrefault(t *testing.T) {
	r := newRegion(t, RegionConfig{})
	b := must[[]byte](t)(r.Alloc(1 << 20))
	wantNil(t, r.Prefault(b))
	wantNil(t, r.Prefault(b[:0]))
	wantNil(t, r.Prefault(b[8192:12288]))
	wantErr(t, r.Prefault(unsafe.Slice(&b[0], 1<<30)), syscall.EINVAL)
	wantErr(t, r.Prefault(make([]byte, 1)), syscall.ENOENT)
	if s := must[RegionStats](t)(r.Stats()); s.PrefaultedBytesTotal < 1<<20 {
		t.Errorf("%+v", s)
	}
	_, err := r.NodeBytes(4095)
	wantErr(t, err, syscall.ENOENT)
}

func TestRegionConfig(t *testing.T) {
	want := RegionConfig{Name: "cfg", LimitBytes: 64 << 20, DecayNs: 7e6, CacheBytes: 1 << 20,
		MaxWastePermille: 50, MaxEntries: 10, PurgeMethod: PurgeMethodDontNeed, Guard: true}
	r := newRegion(t, want)
	have := must[RegionConfig](t)(r.Config())
	if have.Name != want.Name || have.LimitBytes != want.LimitBytes || have.DecayNs != want.DecayNs ||
		have.CacheBytes != want.CacheBytes || have.MaxWastePermille != 50 || have.MaxEntries != 10 ||
		have.PurgeMethod != PurgeMethodDontNeed || !have.Guard || have.MaxMappings != 16384 || have.Memory != nil {
		t.Errorf("%+v", have)
	}
	wantNil(t, r.Free(must[[]byte](t)(r.Alloc(1<<20))))
	newRegion(t, must[RegionConfig](t)(r.Suggest()))
	for _, bad := range []RegionConfig{{Name: "a/b"}, {Name: "a\x00b"}, {LimitBytes: 1}, {MaxWastePermille: 1001}, {PurgeMethod: 9}} {
		_, err := NewRegion(bad)
		wantErr(t, err, syscall.EINVAL)
	}
	js := must[string](t)(StatsJSON(must[RegionStats](t)(r.Stats()).ID))
	if !strings.Contains(js, `"name":"cfg"`) || !strings.Contains(js, "purge_skipped_pinned_total") {
		t.Error(js)
	}
}

func TestRegionOnMemoryOfTheProgram(t *testing.T) {
	memory := must[[]byte](t)(syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE))
	defer syscall.Munmap(memory)
	r := must[*Region](t)(NewRegion(RegionConfig{Memory: memory}))
	if c := must[RegionConfig](t)(r.Config()); address(c.Memory) != address(memory) || len(c.Memory) != len(memory) {
		t.Errorf("%+v", c)
	}
	_, err := r.Alloc(2 << 20)
	wantErr(t, err, syscall.EMSGSIZE)
	b := must[[]byte](t)(r.Alloc(500000))
	if at := uintptr(address(b)) - uintptr(address(memory)); at >= uintptr(len(memory)) {
		t.Errorf("block at %d", at)
	}
	_, err = r.Alloc(700000)
	wantErr(t, err, syscall.ENOBUFS)
	wantErr(t, r.Prefault(b), syscall.ENOSYS)
	wantNil(t, r.Free(b))
	wantNil(t, r.Close())
	clear(memory)
	_, err = NewRegion(RegionConfig{Memory: memory[:100]})
	wantErr(t, err, syscall.EINVAL)
	_, err = NewRegion(RegionConfig{Memory: memory, Guard: true})
	wantErr(t, err, syscall.EINVAL)

	defer func() {
		if recover() == nil {
			t.Error("memory of the Go heap was taken")
		}
	}()
	NewRegion(RegionConfig{Memory: make([]byte, 1<<20)})
}

func TestRegionClose(t *testing.T) {
	r := must[*Region](t)(NewRegion(RegionConfig{}))
	b := must[[]byte](t)(r.Alloc(100000))
	pinned := must[[]byte](t)(r.Alloc(100000))
	wantNil(t, r.Pin(pinned))
	if r.Pointer() == nil {
		t.Error("no handle")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			wantNil(t, r.Close())
			_, err := r.Stats()
			wantErr(t, err, ErrClosed)
		}()
	}
	wg.Wait()
	pinned[99999] = 1
	wantNil(t, r.Unpin(pinned))
	_, err := r.Alloc(1)
	wantErr(t, err, ErrClosed)
	_, err = r.Resize(b, 1)
	wantErr(t, err, ErrClosed)
	_, err = r.Purge(0)
	wantErr(t, err, ErrClosed)
	_, err = r.Config()
	wantErr(t, err, ErrClosed)
	_, err = r.Suggest()
	wantErr(t, err, ErrClosed)
	_, err = r.NodeBytes(0)
	wantErr(t, err, ErrClosed)
	wantErr(t, r.Pin(b), ErrClosed)
	wantErr(t, r.Prefault(b), ErrClosed)
	wantErr(t, r.Free(b), syscall.EINVAL)
	if r.Pointer() != nil {
		t.Error("a closed handle still answers")
	}
}

func TestRegionCloseDeferred(t *testing.T) {
	r := must[*Region](t)(NewRegion(RegionConfig{}))
	b := must[[]byte](t)(r.Alloc(100000))
	wantNil(t, r.CloseDeferred())
	wantNil(t, r.CloseDeferred())
	wantNil(t, r.Close())
	_, err := r.Alloc(1)
	wantErr(t, err, ErrClosed)
	b[99999] = 1
	wantNil(t, r.Free(b))
	wantErr(t, r.Free(b), syscall.EINVAL)
}

func TestHeapOnRegion(t *testing.T) {
	r := must[*Region](t)(NewRegion(RegionConfig{}))
	h := newHeap(t, TieredConfig{Region: r})
	b := must[[]byte](t)(h.Alloc(5 << 20))
	if s := must[RegionStats](t)(r.Stats()); s.MappedBytes < 5<<20 {
		t.Errorf("%+v", s)
	}
	if c := must[TieredConfig](t)(h.Config()); c.Region != r || c.Huge != nil {
		t.Errorf("%+v", c)
	}
	wantNil(t, r.Close())
	b[5<<20-1] = 1
	h.Free(b)
	h.Free(must[[]byte](t)(h.Alloc(100000)))
	_, err := NewTiered(TieredConfig{Region: r})
	wantErr(t, err, ErrClosed)
}
