package allockit

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

const sysIoUringSetup = 425 // on every architecture

// newIoUring makes an io_uring of 8 entries and returns its descriptor.
func newIoUring(t *testing.T) int {
	t.Helper()
	var params [15]uint64 // struct io_uring_params
	fd, _, errno := syscall.Syscall(sysIoUringSetup, 8, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		t.Skip("io_uring_setup:", errno)
	}
	t.Cleanup(func() { syscall.Close(int(fd)) })
	return int(fd)
}

func newUring(t *testing.T, config UringConfig) *Uring {
	t.Helper()
	config.RingFD, config.Flags = newIoUring(t), UringCreateTable
	u, err := NewUring(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return u
}

// registers is Sync where the limit of locked memory allows it.
func registers(t *testing.T, u *Uring) int {
	t.Helper()
	n, err := u.Sync()
	if err != nil {
		t.Skip("Sync:", err)
	}
	return n
}

func TestUringDescriptors(t *testing.T) {
	for fd, want := range map[int]syscall.Errno{1 << 20: syscall.EBADF, 1 << 40: syscall.EBADF} {
		_, err := NewUring(UringConfig{RingFD: fd, SlotCount: 1})
		wantErr(t, err, want)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = NewUring(UringConfig{RingFD: int(f.Fd()), Flags: UringCreateTable})
	wantErr(t, err, syscall.EOPNOTSUPP)
}

func TestUringRing(t *testing.T) {
	u := newUring(t, UringConfig{SlotCount: 8})
	r := newRing(t, RingConfig{})
	wantNil(t, u.AddRing(r))
	wantErr(t, u.AddRing(r), syscall.EBUSY)
	b := r.Acquire(4096)
	if _, fixed := u.Lookup(b); fixed {
		t.Error("registered before Sync")
	}
	registers(t, u)
	if slot, fixed := u.Lookup(b); !fixed || slot >= 8 {
		t.Error(slot, fixed)
	}
	if _, fixed := u.Lookup(make([]byte, 10)); fixed {
		t.Error("the Go heap is registered")
	}
	if s := must[UringStats](t)(u.Stats()); s.State != UringOn || s.RegisteredBytes != 4<<20 || s.LookupsMissedTotal != 2 {
		t.Errorf("%+v", s)
	}
	wantNil(t, u.RemoveRing(r))
	registers(t, u)
	if _, fixed := u.Lookup(b); fixed {
		t.Error("registered after it was removed")
	}
}

func TestUringMemoryAndPool(t *testing.T) {
	u := newUring(t, UringConfig{})
	region, pool := newRegion(t, RegionConfig{}), must[*Pool](t)(NewPool(PoolConfig{}))
	defer pool.Close()
	b, buffer := must[[]byte](t)(region.Alloc(1<<20)), pool.Get(4096)
	defer pool.Put(buffer)
	wantNil(t, u.AddMemory(b))
	wantNil(t, u.AddPool(pool))
	wantErr(t, u.AddMemory(nil), syscall.EINVAL)
	registers(t, u)
	for _, memory := range [][]byte{b, b[100:200], buffer} {
		if _, fixed := u.Lookup(memory); !fixed {
			t.Error("not registered")
		}
	}
	wantNil(t, u.RemoveMemory(b))
	wantNil(t, u.RemovePool(pool))
	wantErr(t, u.RemoveMemory(b), syscall.ENOENT)
	registers(t, u)
	_, err := u.Drained(7)
	wantErr(t, err, syscall.ENOENT)
	wantNil(t, region.Free(b))
}

// TestUringGoHeap: cgo refuses an address of the Go heap that may move or go.
func TestUringGoHeap(t *testing.T) {
	u := newUring(t, UringConfig{})
	b := make([]byte, 64<<10)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("memory of the Go heap was taken")
			}
		}()
		u.AddMemory(b)
	}()
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&b[0])
	wantNil(t, u.AddMemory(b))
	registers(t, u)
	if _, fixed := u.Lookup(b); !fixed {
		t.Error("not registered")
	}
	wantNil(t, u.Close())
}

func TestUringClone(t *testing.T) {
	u := newUring(t, UringConfig{SlotCount: 4})
	region := newRegion(t, RegionConfig{})
	b := must[[]byte](t)(region.Alloc(1 << 20))
	wantNil(t, u.AddMemory(b))
	registers(t, u)
	w, err := u.Clone(UringConfig{RingFD: newIoUring(t), Flags: UringCreateTable, SlotCount: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	registers(t, w)
	wantNil(t, u.Close())
	if _, fixed := w.Lookup(b); !fixed {
		t.Error("not registered")
	}
	if _, fixed := u.Lookup(b); fixed || u.Pointer() != nil {
		t.Error("a closed registration still answers")
	}
	_, err = u.Sync()
	wantErr(t, err, ErrClosed)
	wantErr(t, u.AddMemory(b), ErrClosed)
	_, err = u.Clone(UringConfig{RingFD: 0})
	wantErr(t, err, ErrClosed)
	wantNil(t, u.Close())
}

func TestUringBorrowed(t *testing.T) {
	u := newUring(t, UringConfig{})
	w := BorrowUring(u.Pointer())
	must[UringStats](t)(w.Stats())
	wantNil(t, w.Close())
	_, err := w.Stats()
	wantErr(t, err, ErrClosed)
	must[UringStats](t)(u.Stats())
}

func TestUringGroup(t *testing.T) {
	counting(t)
	u := newUring(t, UringConfig{})
	pool := must[*Pool](t)(NewPool(PoolConfig{}))
	defer pool.Close()
	_, err := u.NewGroup(GroupConfig{})
	wantErr(t, err, syscall.EINVAL)
	g, err := u.NewGroup(GroupConfig{Pool: pool, BufferBytes: 4000, Entries: 8})
	if err != nil {
		t.Skip("NewGroup:", err)
	}
	if n, err := g.Refill(); n != 8 || err != nil {
		t.Error(n, err)
	}
	if s := must[PoolStats](t)(pool.Stats()); s.OutBuffers != 8 {
		t.Errorf("%+v", s)
	}
	_, err = g.Take(-int32(syscall.ENOBUFS), 0)
	wantErr(t, err, syscall.ENOBUFS)
	if b, err := g.Take(0, 0); b != nil || err != nil {
		t.Error(b, err)
	}
	wantErr(t, g.Put(make([]byte, 10)), syscall.ENOENT)
	wantNil(t, g.Put(nil))
	if s := must[GroupStats](t)(g.Stats()); s.EnobufsTotal != 1 || s.Published != 8 || s.MisusesTotal != 1 {
		t.Errorf("%+v", s)
	}
	wantNil(t, g.Close())
	wantNil(t, g.Close())
	_, err = g.Refill()
	wantErr(t, err, ErrClosed)
	_, err = g.Take(0, 0)
	wantErr(t, err, ErrClosed)
	if s := must[PoolStats](t)(pool.Stats()); s.OutBuffers != 0 {
		t.Errorf("%+v", s)
	}
}

func TestProbeUring(t *testing.T) {
	p := must[UringProbe](t)(ProbeUring())
	if p.MaxSlots != 16384 || p.MaxSlotBytes != 1<<30 || p.Available == (p.Error != 0) {
		t.Errorf("%+v", p)
	}
	text := must[string](t)(ProbeUringText(1 << 30))
	if !strings.Contains(text, "1073741824") {
		t.Error(text)
	}
}
