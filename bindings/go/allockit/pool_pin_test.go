package allockit

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPin checks what the pool needs of the runtime: a pinned goroutine stays on
// its processor, which has a number below GOMAXPROCS, and quiesce waits for it.
func TestPin(t *testing.T) {
	if raceEnabled {
		t.Skip("the shards have locks under the race detector")
	}
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("needs two processors")
	}
	var pinned, past atomic.Bool
	done := make(chan bool)
	go func() {
		id := enter()
		if id < 0 || id >= runtime.GOMAXPROCS(0) {
			t.Errorf("processor %d", id)
		}
		pinned.Store(true)
		// Nobody could end this wait: while quiesce waits, nothing else runs.
		for begin := time.Now(); time.Since(begin) < 20*time.Millisecond; {
		}
		early := past.Load()
		leave()
		done <- early
	}()
	for !pinned.Load() {
		runtime.Gosched()
	}
	quiesce()
	past.Store(true)
	if <-done {
		t.Error("quiesce came back while a goroutine was pinned")
	}
}

// Two goroutines that are pinned at the same time are on different processors.
func TestPinIsExclusive(t *testing.T) {
	if raceEnabled {
		t.Skip("the shards have locks under the race detector")
	}
	var users [256]atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20000 {
				id := enter()
				if users[id].Add(1) != 1 {
					t.Error("two on one processor")
				}
				for range 20 {
					users[id].Load()
				}
				users[id].Add(-1)
				leave()
			}
		}()
	}
	wg.Wait()
}

// Processors come and go, goroutines move between them and between threads.
func TestPoolMigration(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	p := newPool(t, PoolConfig{})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range uint64(6) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if w%2 == 0 {
				runtime.LockOSThread() // and never unlocked: the thread ends, too
			}
			l := p.Local()
			defer l.Close()
			for i := uint64(0); !stop.Load(); i++ {
				a, b := p.Get(2048), l.Get(5000)
				paint(a, i)
				paint(b, i+1)
				runtime.Gosched()
				if !painted(a, i) || !painted(b, i+1) {
					t.Error("a buffer was overwritten")
					return
				}
				l.Put(a)
				p.Put(b)
			}
		}()
	}
	for i := range 60 {
		runtime.GOMAXPROCS([]int{1, 7, 2, 12, 3}[i%5])
		if i%10 == 0 {
			p.Trim()
			runtime.GC()
		}
		time.Sleep(time.Millisecond)
	}
	stop.Store(true)
	wg.Wait()
	if s := poolStatsOf(t, p); s.OutBuffers != 0 || s.AllocsTotal != s.FreesTotal || s.MisusesTotal != 0 {
		t.Errorf("%+v", s)
	}
}

// The collector runs while buffers are out, with slices to them on the Go heap.
func TestPoolAndTheCollector(t *testing.T) {
	p := newPool(t, PoolConfig{})
	type request struct {
		body []byte
		next *request
	}
	var first *request
	for i := range uint64(2000) {
		b := p.Get(64 + int(i)*10)
		paint(b, i)
		first = &request{b, first}
		if i%200 == 0 {
			runtime.GC()
		}
	}
	for i := uint64(1999); first != nil; i-- {
		if !painted(first.body, i) {
			t.Fatal("a buffer was overwritten")
		}
		p.Put(first.body)
		first = first.next
	}
	runtime.GC()
}
