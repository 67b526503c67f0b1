//go:build !race

package allockit

import (
	"runtime"
	"sync"
	_ "unsafe" // for go:linkname
)

// procPin keeps the goroutine on its processor (a P of the Go runtime, numbered
// from 0) and the processor on the goroutine, until procUnpin: nothing else runs
// there, so what belongs to the processor needs no lock. In between the goroutine
// must not block, panic or enter C.
//
// The runtime marks both "do not remove or change the type signature", as many
// packages depend on them (go.dev/issue/67401). TestPin checks that they do what
// this package builds on.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// enter begins a section in which the shard of the processor whose number it
// tells belongs to the caller, once locked; leave ends it.
func enter() int { return procPin() }
func leave()     { procUnpin() }

// shardLock is nothing here: pinning is the lock.
type shardLock struct{}

func (*shardLock) lock()   {}
func (*shardLock) unlock() {}

var quiet struct {
	sync.Mutex
	runtime.MemStats
}

// quiesce returns when every section between enter and leave that began before
// has ended. ReadMemStats stops the world: that takes until each processor is at
// a point where its goroutine can be preempted, and a pinned one cannot be.
func quiesce() {
	quiet.Lock()
	runtime.ReadMemStats(&quiet.MemStats)
	quiet.Unlock()
}

// crossing stands on both sides of a way that only the race detector has to be
// told of.
type crossing struct{}

func (*crossing) handOver() {}
func (*crossing) takeOver() {}
