package io_test

import (
	"fmt"
	"log"
	"os"

	"allockit"
	akio "allockit/io"
)

// A file is read with fixed buffers: the ring's area is registered once.
func Example() {
	file, err := os.Open("example_test.go")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	ring, err := allockit.NewRing(allockit.RingConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	io, err := akio.New(akio.Config{})
	if err != nil {
		log.Fatal(err) // EPERM, ENOSYS: io_uring is forbidden here
	}
	defer io.Close()
	io.Registration().AddRing(ring)
	io.Registration().Sync() // what is refused here is read all the same

	b := ring.Acquire(64 << 10)
	defer ring.Release(b)
	io.Read(int(file.Fd()), b, 0, 42) // queued
	io.Submit(1, akio.Forever)        // sent; waits for one event
	var events [16]akio.Event
	for _, e := range events[:io.Take(events[:])] {
		fmt.Printf("%d %s", e.UserData, b[:e.Res][:16])
	}
	// Output:
	// 42 package io_test
}
