//go:build race

package allockit

import (
	"sync"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

// The race detector does not know pinning, so under it every shard has a lock,
// and the number of the processor only tells which shard is meant. See pin.go.

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

func enter() int {
	id := procPin()
	procUnpin()
	return id
}

func leave() {}

type shardLock struct{ mu sync.Mutex }

func (l *shardLock) lock()   { l.mu.Lock() }
func (l *shardLock) unlock() { l.mu.Unlock() }

// quiesce need not wait: whoever comes next finds a shard that is empty, and has
// the lock between.
func quiesce() {}

// crossing is the way of a buffer from one goroutine through C to another, which
// the race detector does not see either.
type crossing struct{ n atomic.Uint64 }

func (c *crossing) handOver() { c.n.Add(1) }
func (c *crossing) takeOver() { c.n.Load() }
