package allockit

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

func TestPoolConfig(t *testing.T) {
	p := newPool(t, PoolConfig{Name: "cfg", Flags: PoolReportLeaks, LimitBytes: 64 << 20, ClassBytes: []uint64{3000, 9000},
		CheckMode: CheckExact, CacheBytes: 32 << 20, ExhaustMode: ExhaustFallback, Alignment: 256, LocalCacheBytes: 100000})
	c := must[PoolConfig](t)(p.Config())
	if c.Name != "cfg" || c.Flags != PoolReportLeaks || c.LimitBytes != 64<<20 || len(c.ClassBytes) != 2 || c.ClassBytes[1] != 9000 ||
		c.CheckMode != CheckExact || c.CacheBytes != 32<<20 || c.ExhaustMode != ExhaustFallback || c.Alignment != 256 ||
		c.LocalCacheBytes != 100000 {
		t.Errorf("%+v", c)
	}
	newPool(t, c)
	p.Put(p.Get(2000))
	newPool(t, must[PoolConfig](t)(p.Suggest()))
	if c := must[PoolConfig](t)(newPool(t, PoolConfig{}).Config()); c.LocalCacheBytes != 1<<20 {
		t.Errorf("%d bytes by default", c.LocalCacheBytes)
	}
	if c := must[PoolConfig](t)(newPool(t, PoolConfig{Flags: PoolTags}).Config()); c.LocalCacheBytes != 1 {
		t.Errorf("%d bytes with tags", c.LocalCacheBytes)
	}
	newPool(t, PoolConfig{LocalCacheBytes: None, CacheBytes: None}).Put(nil)
	for _, bad := range []PoolConfig{
		{Name: "a/b"}, {Name: "a\x00b"}, {Flags: 4}, {ClassBytes: []uint64{2, 1}}, {ClassBytes: make([]uint64, 65)},
		{ClassBytes: []uint64{17 << 20}}, {ExhaustMode: 3}, {Alignment: 96},
	} {
		_, err := NewPool(bad)
		wantErr(t, err, syscall.EINVAL)
	}
}

func TestPoolOnOtherHandles(t *testing.T) {
	memory, err := syscall.Mmap(-1, 0, 4<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	region := must[*Region](t)(NewRegion(RegionConfig{}))
	huge := must[*Huge](t)(NewHuge(HugeConfig{GiantMode: HugeNever}))
	pools := []*Pool{must[*Pool](t)(NewPool(PoolConfig{Region: region})), must[*Pool](t)(NewPool(PoolConfig{Huge: huge})),
		must[*Pool](t)(NewPool(PoolConfig{Memory: memory}))}
	wantNil(t, region.Close())
	wantNil(t, huge.Close())
	_, err = NewPool(PoolConfig{Region: region})
	wantErr(t, err, ErrClosed)
	_, err = NewPool(PoolConfig{Huge: huge})
	wantErr(t, err, ErrClosed)
	for _, p := range pools {
		out := make([][]byte, 20)
		must[int](t)(p.GetN(60000, out))
		for _, b := range out {
			paint(b, 1)
		}
		if n := p.PutN(out); n != 20 {
			t.Errorf("PutN: %d", n)
		}
		wantNil(t, p.Close())
	}
	wantNil(t, syscall.Munmap(memory))
}

func TestPoolTags(t *testing.T) {
	countOnly(t)
	p := must[*Pool](t)(NewPool(PoolConfig{Flags: PoolTags}))
	a, b := p.Get(4096), p.Get(1<<20)
	wantNil(t, p.SetTag(a, 77))
	wantNil(t, p.SetTag(b, 78))
	wantErr(t, p.SetTag(a[64:], 1), syscall.ENOENT)
	wantErr(t, p.SetTag(a[:0:0], 1), syscall.ENOENT)
	p.Put(a)
	wantErr(t, p.SetTag(a, 1), syscall.EINVAL)
	a = p.Get(4096)
	tags := map[uint64]uint64{}
	for _, info := range must[[]BlockInfo](t)(p.Leaks()) {
		tags[info.UsableBytes] = info.Tag
	}
	if tags[4096] != 0 || tags[1<<20] != 78 {
		t.Error(tags)
	}
	wantNil(t, p.SetTag(a, 5))
	leak := new(LeakError)
	if err := p.Close(); !errors.As(err, &leak) || !errors.Is(err, syscall.EBUSY) ||
		!strings.Contains(err.Error(), "2 buffers are out: 1 of 4096 bytes (tags [5]), 1 of 1048576 bytes (tags [78])") {
		t.Error(err)
	}
	wantErr(t, p.SetTag(a, 6), ErrClosed)
	p.Put(a)
	p.Put(b)
	q := newPool(t, PoolConfig{})
	c := q.Get(1)
	wantErr(t, q.SetTag(c, 1), syscall.EINVAL)
	q.Put(c)
}
