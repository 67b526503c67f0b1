package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// result is what the load generator tells its parent.
type result struct {
	Requests, Bytes int
	Sum             uint64 // of the checksums of all answers
	Seconds         float64
	Micros          map[string]float64 // latencies: p50, p99, p99.9
}

const warmups = 16 // requests of every connection before the measured ones

// load is the second process: it asks for the files in an order that is the
// same every time, compares every answer with the file, and waits for a line
// on standard input between warming up and being measured.
func load(protocol, address, folder string, connections, requests int) {
	sums := checksums(openFiles(folder))
	all := make([]*user, connections)
	each(all, func(i int) {
		c, err := net.Dial("tcp", address)
		check(err)
		share := requests / connections
		if i < requests%connections {
			share++
		}
		all[i] = &user{ask: dialects[protocol](c), sums: sums, random: uint32(i + 1), took: make([]time.Duration, 0, share), share: share}
		all[i].run(warmups)
		all[i].begin()
	})
	fmt.Println("ready")
	fmt.Scanln()
	began := time.Now()
	each(all, func(i int) { all[i].run(all[i].share) })
	seconds := time.Since(began).Seconds()
	check(json.NewEncoder(os.Stdout).Encode(total(all, seconds)))
	io.Copy(io.Discard, os.Stdin) // the connections stay open until the parent has seen the result
}

func checksums(files []file) []uint32 {
	sums := make([]uint32, len(files))
	b := make([]byte, largest)
	for i, f := range files {
		f.read(b[:f.size])
		sums[i] = crc32.Checksum(b[:f.size], table)
		f.Close()
	}
	return sums
}

var table = crc32.MakeTable(crc32.Castagnoli)

func each(all []*user, do func(i int)) {
	var running sync.WaitGroup
	running.Add(len(all))
	for i := range all {
		go func() {
			defer running.Done()
			do(i)
		}()
	}
	running.Wait()
}

// user is one connection.
type user struct {
	ask    func(n int) []byte
	sums   []uint32
	random uint32
	share  int
	took   []time.Duration
	bytes  int
	sum    uint64
}

// begin forgets what was measured so far.
func (u *user) begin() { u.took, u.bytes, u.sum = u.took[:0], 0, 0 }

func (u *user) run(requests int) {
	for range requests {
		u.random = u.random*1664525 + 1013904223
		n := int(u.random>>8) % len(u.sums)
		start := time.Now()
		answer := u.ask(n)
		u.took = append(u.took, time.Since(start))
		sum := crc32.Checksum(answer, table)
		if sum != u.sums[n] {
			fail(fmt.Sprint("a wrong answer to request ", n))
		}
		u.bytes += len(answer)
		u.sum += uint64(sum)
	}
}

func total(all []*user, seconds float64) result {
	r := result{Seconds: seconds, Micros: map[string]float64{}}
	var took []time.Duration
	for _, u := range all {
		r.Requests += len(u.took)
		r.Bytes += u.bytes
		r.Sum += u.sum
		took = append(took, u.took...)
	}
	slices.Sort(took)
	for name, share := range map[string]float64{"p50": 0.5, "p99": 0.99, "p99.9": 0.999} {
		r.Micros[name] = float64(took[int(share*float64(len(took)))].Nanoseconds()) / 1e3
	}
	return r
}
