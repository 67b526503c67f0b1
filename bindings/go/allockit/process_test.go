package allockit

import (
	"context"
	"encoding/json"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

func TestVersion(t *testing.T) {
	n := VersionNumber()
	if Version() == "" || n == 0 {
		t.Errorf("version %q, %#x", Version(), n)
	}
	wantErr(t, HasFeature(9999), syscall.EINVAL)
	wantErr(t, SetMisuseMode(99), syscall.EINVAL)
}

func TestInspect(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	b := must[[]byte](t)(h.Alloc(100))
	info := must[BlockInfo](t)(Inspect(unsafe.Pointer(&b[50])))
	if info.Base != uintptr(address(b)) || info.UsableBytes < 100 || info.State != BlockOut || info.HandleKind != KindTiered {
		t.Errorf("%+v", info)
	}
	h.Free(b)
	_, err := Inspect(unsafe.Pointer(&info))
	wantErr(t, err, syscall.ENOENT)
}

func TestProcessCalls(t *testing.T) {
	for name, err := range map[string]error{
		"CacheLimit":       CacheLimit(16 << 20),
		"CacheLimit back":  CacheLimit(32 << 20),
		"ThreadFlush":      ThreadFlush(),
		"PurgeThread on":   PurgeThread(true),
		"PurgeThread off":  PurgeThread(false),
		"PurgeThread same": PurgeThread(false),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	must[uint64](t)(Purge(0))
	_, err := Purge(1 << 20)
	wantErr(t, err, syscall.EINVAL)
	must[time.Duration](t)(Maintain())
}

func TestMaintenance(t *testing.T) {
	h := newHeap(t, TieredConfig{DecayNs: 5e6})
	blocks := make([][]byte, 64)
	m := StartMaintenance(context.Background())
	must[int](t)(h.AllocN(256<<10, blocks))
	for _, b := range blocks {
		clear(b)
	}
	h.FreeN(blocks)
	time.Sleep(50 * time.Millisecond)
	m.Stop()
	m.Stop()

	ctx, cancel := context.WithCancel(context.Background())
	m = StartMaintenance(ctx)
	cancel()
	m.Stop()
}

func TestStats(t *testing.T) {
	h := newHeap(t, TieredConfig{Name: "stats-test"})
	b := must[[]byte](t)(h.Alloc(1000))
	s := must[TieredStats](t)(h.Stats())
	if s.ID == 0 || s.Kind != KindTiered || s.UsedBytes < 1000 || s.MappedBytes < s.UsedBytes || s.AllocsTotal != 1 || s.LimitBytes != None {
		t.Errorf("%+v", s)
	}
	classes := must[[]ClassStats](t)(h.ClassStats())
	used := uint64(0)
	for i, c := range classes {
		used += c.UsedBlocks
		if i > 0 && c.BlockBytes <= classes[i-1].BlockBytes {
			t.Errorf("class %d of %d has blocks of %d bytes, the one before of %d", i, len(classes), c.BlockBytes, classes[i-1].BlockBytes)
		}
	}
	if used != 1 {
		t.Errorf("%d blocks used by the classes", used)
	}
	p := must[ProcessStats](t)(ReadProcessStats())
	if p.Handles == 0 || p.PageBytes == 0 || p.UsedBytes < 1000 {
		t.Errorf("%+v", p)
	}
	found := false
	for _, x := range Handles() {
		found = found || x == Handle{s.ID, KindTiered}
	}
	if !found {
		t.Error("Handles does not list the heap")
	}
	must[TieredConfig](t)(h.Suggest())
	must[uint64](t)(h.Purge(PurgeAll))
	_, err := h.Purge(1 << 20)
	wantErr(t, err, syscall.EINVAL)
	h.Free(b)
}

func TestText(t *testing.T) {
	h := newHeap(t, TieredConfig{Name: "text-test"})
	h.Free(must[[]byte](t)(h.Alloc(1000)))
	id := must[TieredStats](t)(h.Stats()).ID
	for _, which := range []uint64{id, 0} {
		js := must[string](t)(StatsJSON(which))
		if !json.Valid([]byte(js)) || !strings.Contains(js, "text-test") {
			t.Errorf("JSON of %d: %s", which, js)
		}
		om := must[string](t)(OpenMetrics(which))
		if !strings.Contains(om, `handle="text-test"`) || strings.Contains(om, "# EOF") != (which == 0) {
			t.Errorf("OpenMetrics of %d: %s", which, om)
		}
	}
	_, err := StatsJSON(1 << 60)
	wantErr(t, err, syscall.ENOENT)
	_, err = OpenMetrics(1 << 60)
	wantErr(t, err, syscall.ENOENT)

	// More handles than the first buffer has room for.
	for range 200 {
		newHeap(t, TieredConfig{Name: "one-of-many"})
	}
	if js := must[string](t)(StatsJSON(0)); !json.Valid([]byte(js)) || strings.Count(js, "one-of-many") != 200 {
		t.Error("JSON of many handles is not valid or not whole")
	}
}

func TestDefaultHeap(t *testing.T) {
	d := must[*Tiered](t)(Default())
	if again := must[*Tiered](t)(Default()); again != d {
		t.Error("Default is not always the same")
	}
	wantErr(t, DefaultConfigure(TieredConfig{}), syscall.EBUSY)
	wantErr(t, d.Close(), syscall.EPERM)
	wantErr(t, d.CloseDeferred(), syscall.EPERM)
	b := must[[]byte](t)(Malloc(100))
	if !d.Owns(b) || UsableSize(b) < 100 {
		t.Error("Malloc is not of the default heap")
	}
	b = must[[]byte](t)(Realloc(b, 1000))
	Free(b)
	z := must[[]byte](t)(Calloc(10, 10))
	if len(z) != 100 || z[99] != 0 {
		t.Error("Calloc")
	}
	d.Free(z)
	a := must[[]byte](t)(AlignedAlloc(256, 10))
	if uintptr(address(a))%256 != 0 {
		t.Error("AlignedAlloc")
	}
	Free(a)
	_, err := Calloc(maxInt, 16)
	wantErr(t, err, syscall.ENOMEM)
	_, err = Malloc(-1)
	wantErr(t, err, syscall.ENOMEM)

	h := newHeap(t, TieredConfig{})
	own := must[[]byte](t)(h.Alloc(64))
	if UsableSize(own) < 64 {
		t.Error("UsableSize of a block of another heap")
	}
	Free(own)
	if s := must[TieredStats](t)(h.Stats()); s.UsedBytes != 0 {
		t.Error("Free of a block of another heap")
	}
}

func TestHost(t *testing.T) {
	if HostLua() == nil || HostZalloc() == nil || HostZfree() == nil {
		t.Error("no address")
	}
	if newHeap(t, TieredConfig{}).Pointer() == nil {
		t.Error("no handle")
	}
}

func TestSetMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	h := newHeap(t, TieredConfig{})
	b := must[[]byte](t)(h.AllocZero(32 << 20))
	if previous := must[int64](t)(SetMemoryLimit(4 << 30)); previous != before {
		t.Errorf("previous limit %d, want %d", previous, before)
	}
	if now := debug.SetMemoryLimit(-1); now > 4<<30-32<<20 {
		t.Errorf("limit is %d", now)
	}
	must[int64](t)(SetMemoryLimit(math.MaxInt64))
	h.Free(b)
	runtime.GC()
}
