// Command burst holds 10,000 buffers of 64 KiB at once, puts them all, and is
// idle then, while somebody watches its memory from outside. It prints "peak"
// when all buffers are out and "freed" when they are back, stays until its input
// is closed, and prints what it cost, and what is left when the runtime is told
// twice to give back what it can: what is in a sync.Pool survives the first time.
//
//	burst NAME POOL [--bytes N]
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"pools"
)

const size = 64 << 10

func main() {
	if len(os.Args) != 3 && !(len(os.Args) == 5 && os.Args[3] == "--bytes") {
		fail("usage: burst NAME POOL [--bytes N]")
	}
	name, count := os.Args[1], 10_000
	if len(os.Args) == 5 {
		bytes, err := strconv.Atoi(os.Args[4])
		if err != nil {
			fail(err.Error())
		}
		count = bytes / size
	}
	p := pools.Open(os.Args[2])
	if p == nil {
		fail("unknown pool " + os.Args[2])
	}
	w := p.Worker()
	var start time.Time
	w.Burst(count, size, func() {
		fmt.Println("peak")
		time.Sleep(200 * time.Millisecond) // the watcher takes the peak
		start = time.Now()
	})
	took := time.Since(start)
	fmt.Println("freed")
	io.Copy(io.Discard, os.Stdin)

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	for _, figure := range []struct {
		row   string
		value float64
	}{{"put", took.Seconds() * 1e3}, {"collections", float64(m.NumGC)}, {"pause", float64(m.PauseTotalNs) / 1e3}, {"told", anonymousMiB()}} {
		fmt.Printf("{\"row\": \"%s-%s\", \"value\": %.6g}\n", name, figure.row, figure.value)
	}
	w.Close()
	p.Close()
}

func anonymousMiB() float64 {
	var all, resident, shared int
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &all, &resident, &shared)
	}
	if err != nil {
		fail(err.Error())
	}
	return float64((resident-shared)*os.Getpagesize()) / (1 << 20)
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "burst:", why)
	os.Exit(1)
}
