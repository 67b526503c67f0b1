// Command io reads the file that is its argument through an io_uring of its own, with
// fixed buffers, four requests at a time, and compares it with what os.ReadFile reads.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"syscall"

	"allockit"
	akio "allockit/io"
)

const (
	chunk = 16 << 10
	depth = 4
)

func main() {
	want, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	io, err := akio.New(akio.Config{Name: "reader"})
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		fmt.Println("skipped: io_uring:", err)
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	defer io.Close()
	have, fixed, err := read(io, os.Args[1], len(want))
	if err != nil {
		log.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		log.Fatalf("%d bytes were read, and differ from the %d of the file", len(have), len(want))
	}
	stats, err := io.Registration().Stats()
	if err != nil {
		log.Fatal(err)
	}
	if stats.State == allockit.UringOn && fixed == 0 {
		log.Fatal("no read used a fixed buffer")
	}
	fmt.Println("file read")
}

// read returns the first size bytes of a file, and how many reads used fixed buffers.
func read(io *akio.Io, path string, size int) ([]byte, int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	ring, err := allockit.NewRing(allockit.RingConfig{CapacityBytes: depth * chunk, BlockBytes: chunk})
	if err != nil {
		return nil, 0, err
	}
	defer ring.Close()
	if err := io.Registration().AddRing(ring); err != nil {
		return nil, 0, err
	}
	if _, err := io.Registration().Sync(); err != nil {
		fmt.Fprintln(os.Stderr, "read without fixed buffers:", err)
	}

	all, fixed := make([]byte, size), 0
	slices := map[uint64][]byte{} // by the offset, which is the number of the request
	for next := 0; next < size || len(slices) > 0; {
		for ; next < size && len(slices) < depth; next += chunk {
			b := ring.Acquire(chunk)
			if err := io.Read(int(file.Fd()), b, int64(next), uint64(next)); err != nil {
				return nil, 0, err
			}
			slices[uint64(next)] = b
		}
		if _, err := io.Submit(1, akio.Forever); err != nil {
			return nil, 0, err
		}
		var events [depth]akio.Event
		for _, e := range events[:io.Take(events[:])] {
			if err := e.Err(); err != nil {
				return nil, 0, err
			}
			if e.Flags&akio.Fixed != 0 {
				fixed++
			}
			b := slices[e.UserData]
			copy(all[e.UserData:], b[:e.Res])
			ring.Release(b)
			delete(slices, e.UserData)
		}
	}
	return all, fixed, nil
}
