// Package pools has the buffer pools that are compared, each behind the same
// loops.
package pools

//go:generate sh -c "./generate >loops_gen.go"

import (
	"math/bits"
	"math/rand"
)

// A Pool is one of the things compared.
type Pool interface {
	// Warm makes count buffers of the size idle, as far as the pool can.
	Warm(size, count int)
	// Worker is for one goroutine.
	Worker() Worker
	Close()
}

// A Worker runs the loops that are measured. Every pool has them written out
// for its own type (loops_gen.go), because a call through an interface costs as
// much as the fastest of the pools.
type Worker interface {
	// Pairs gets and puts n times.
	Pairs(n, size int)
	// Mixed is the same with 2, 4, 8 and 16 KiB in turn.
	Mixed(n int)
	// Reset is the same with 4 KiB, and zeroes them before the put.
	Reset(n int)
	// Load is the seed's load test: 4 and 8 KiB in turn, from the first-th on,
	// ten bytes written, until stop is closed. It returns the number of pairs.
	Load(stop <-chan struct{}, first int) int
	// Burst gets count buffers, writes every page, calls full, and puts them in
	// random order.
	Burst(count, size int, full func())
	Close()
}

// All are the pools, those of allockit first.
var All = []struct {
	Name string
	Open func() Pool
}{
	{"allockit", openAllockit},
	{"local", openLocal},
	{"seed", func() Pool { return newSeed() }},
	{"libp2p", func() Pool { return new(libp2p) }},
	{"boxes", func() Pool { return new(boxes) }},
	{"bytebufferpool", func() Pool { return new(byteBuffers) }},
	{"arrays", func() Pool { return newArrays() }},
	{"make", func() Pool { return new(makes) }},
}

// Open makes a pool, nil for a name that is not there.
func Open(name string) Pool {
	for _, p := range All {
		if p.Name == name {
			return p.Open()
		}
	}
	return nil
}

const (
	smallest = 2 << 10
	classes  = 6 // 2, 4, 8, 16, 32 and 64 KiB
	pageSize = 4 << 10
)

var (
	mixedSizes = [4]int{2 << 10, 4 << 10, 8 << 10, 16 << 10}
	loadSizes  = [2]int{4 << 10, 8 << 10}
)

// class is the smallest one that holds n bytes.
func class(n int) int { return max(0, bits.Len(uint(n-1))-11) }

// warm makes count buffers idle by having that many at once.
func warm[H any](get func(int) H, put func(H), size, count int) {
	held := make([]H, count)
	for i := range held {
		held[i] = get(size)
	}
	for _, h := range held {
		put(h)
	}
}

func burst[H any](get func(int) H, bytes func(H) []byte, put func(H), count, size int, full func()) {
	held := make([]H, count)
	for i := range held {
		held[i] = get(size)
		for b := bytes(held[i]); len(b) > 0; b = b[min(len(b), pageSize):] {
			b[0] = 1
		}
	}
	full()
	rand.New(rand.NewSource(1)).Shuffle(count, func(i, j int) { held[i], held[j] = held[j], held[i] })
	for _, h := range held {
		put(h)
	}
}

// shared is for pools whose workers share everything.
type shared struct{}

func (shared) Close() {}
