package allockit

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestPoolClose(t *testing.T) {
	countOnly(t)
	p := must[*Pool](t)(NewPool(PoolConfig{}))
	id := poolStatsOf(t, p).ID
	idle, small, big, kept := p.Get(2048), p.Get(4000), p.Get(1<<20), p.Get(60000)
	p.Put(idle)
	l := p.Local()
	l.Put(kept)
	paint(small, 1)
	paint(big, 2)

	leak := new(LeakError)
	err := p.Close()
	if !errors.As(err, &leak) || !errors.Is(err, syscall.EBUSY) || len(leak.Classes) != 2 ||
		leak.Classes[0].BufferBytes != 4096 || leak.Classes[0].Count != 1 || leak.Classes[1].BufferBytes != 1<<20 || leak.Classes[1].Count != 1 ||
		err.Error() != "allockit: Pool.Close: 2 buffers are out: 1 of 4096 bytes, 1 of 1048576 bytes" {
		t.Errorf("%v %+v", err, leak)
	}
	for range 2 {
		wantNil(t, p.Close())
		wantNil(t, p.CloseNow())
	}
	for _, n := range []int{0, 100, 1 << 20} {
		_, err := p.TryGet(n)
		wantErr(t, err, ErrClosed)
		_, err = l.TryGet(n)
		wantErr(t, err, ErrClosed)
		if p.Get(n) != nil || l.Get(n) != nil {
			t.Error("a closed pool gives")
		}
	}
	_, err = p.Stats()
	wantErr(t, err, ErrClosed)
	_, err = p.ClassStats()
	wantErr(t, err, ErrClosed)
	_, err = p.Config()
	wantErr(t, err, ErrClosed)
	_, err = p.Suggest()
	wantErr(t, err, ErrClosed)
	_, err = p.Purge(0)
	wantErr(t, err, ErrClosed)
	wantErr(t, p.Warm(1, 1), ErrClosed)
	if p.Pointer() != nil || p.ClassCount() != 0 {
		t.Error("a closed pool still answers")
	}
	p.Trim()

	// What is out lives on.
	if !painted(small, 1) || !painted(big, 2) || p.Capacity(small) != 4096 || p.Capacity(big) != 1<<20 {
		t.Error("a buffer that is out has changed")
	}
	if out := must[[]BlockInfo](t)(p.Leaks()); len(out) != 2 || out[0].HandleID != id {
		t.Errorf("%+v", out)
	}
	wantErr(t, p.TryPut(idle), syscall.EINVAL)
	wantErr(t, p.TryPut(make([]byte, 4096)), syscall.ENOENT)
	wantErr(t, p.TryPut(small[128:]), syscall.ENOENT)
	p.Put(small)
	wantErr(t, p.TryPut(small), syscall.EINVAL)
	if out := must[[]BlockInfo](t)(p.Leaks()); len(out) != 1 {
		t.Errorf("%+v", out)
	}
	l.Put(big) // the last one: what lay in the local went back with the first call after Close
	wantErr(t, p.TryPut(big), ErrClosed)
	wantErr(t, p.TryPut(small), ErrClosed)
	wantErr(t, p.TryPut(make([]byte, 4096)), ErrClosed)
	p.Put(nil)
	_, err = p.Leaks()
	wantErr(t, err, ErrClosed)
	if p.Capacity(small) != 0 {
		t.Error("a capacity of nothing")
	}
	for _, h := range Handles() {
		if h.ID == id {
			t.Error("the pool has not ended")
		}
	}
}

func TestPoolCloseNow(t *testing.T) {
	p := must[*Pool](t)(NewPool(PoolConfig{}))
	a, b := p.Get(4096), p.Get(1<<20)
	l := p.Local()
	l.Put(l.Get(100))
	wantNil(t, p.CloseNow())
	wantErr(t, p.TryPut(a), ErrClosed)
	wantErr(t, p.TryPut(b), ErrClosed)
	wantErr(t, l.TryPut(a), ErrClosed)
	wantErr(t, p.TryPut(make([]byte, 1)), ErrClosed)
	wantNil(t, l.Close())
	wantNil(t, p.Close())
	if p.Capacity(a) != 0 {
		t.Error("a capacity of nothing")
	}
}

// A local that is closed, or was made too late, goes on as the pool itself.
func TestPoolLocalLife(t *testing.T) {
	p := must[*Pool](t)(NewPool(PoolConfig{}))
	l := p.Local()
	a := l.Get(100)
	l.Put(l.Get(3000))
	if s := poolStatsOf(t, p); s.OutBuffers != 1 || s.LocalCacheBytes == 0 {
		t.Errorf("%+v", s)
	}
	l.Flush()
	if s := poolStatsOf(t, p); s.LocalCacheBytes != 0 {
		t.Errorf("%+v", s)
	}
	b := l.Get(100)
	wantNil(t, l.Close())
	wantNil(t, l.Close())
	l.Put(a)
	l.Put(b)
	c := l.Get(100)
	l.Put(c)
	if s := poolStatsOf(t, p); s.OutBuffers != 0 || s.AllocsTotal != 4 || s.FreesTotal != 4 {
		t.Errorf("%+v", s)
	}
	d := p.Get(100)
	m := p.Local()
	m.Put(m.Get(5000))
	wantErr(t, p.Close(), syscall.EBUSY)
	p.Put(d)
	if out := must[[]BlockInfo](t)(p.Leaks()); len(out) != 0 || p.over() {
		t.Errorf("%+v", out) // what lies in the local is no leak, and still there
	}
	wantNil(t, m.Close())
	if !p.over() {
		t.Error("the pool has not ended")
	}
	late := p.Local()
	if late.Get(1) != nil {
		t.Error("a closed pool gives")
	}
	wantNil(t, late.Close())
}

// Close comes while others get and put: every get before it succeeds, every one
// after it does not, every put is taken, and nothing is left in the end.
func TestPoolConcurrentClose(t *testing.T) {
	handles := len(Handles())
	for range 30 {
		p := must[*Pool](t)(NewPool(PoolConfig{}))
		var wg sync.WaitGroup
		var closed atomic.Bool
		for w := range uint64(4) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				l := p.Local()
				defer l.Close()
				for i := 0; ; i++ {
					after := closed.Load()
					a, err := p.TryGet(4096)
					b := l.Get(9000)
					if a != nil {
						if after {
							t.Error("a get after Close")
						}
						paint(a, w)
					} else if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					if a != nil && !painted(a, w) {
						t.Error("a buffer was overwritten")
					}
					l.Put(a)
					p.Put(b)
					if a == nil && b == nil && i > 10 {
						return
					}
				}
			}()
		}
		for range 2 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if err := p.Close(); err != nil && !errors.Is(err, syscall.EBUSY) {
					t.Error(err)
				}
				closed.Store(true)
			}()
		}
		wg.Wait()
		if left := p.left.Load(); left != 0 {
			t.Fatalf("%d buffers are missing", left)
		}
	}
	if now := len(Handles()); now != handles {
		t.Errorf("%d handles, %d before", now, handles)
	}
}
