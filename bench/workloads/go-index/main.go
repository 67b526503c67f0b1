// Command goindex keeps an index of all word pairs of a text, with the lines
// they stand in, and answers queries from it. The index is the same in every
// mode; where it lives differs:
//
//	maps     Go map of strings to slices: what one writes first
//	pool     own hash table, strings and slices on the Go heap, outgrown slices through sync.Pool
//	slabs    own hash table without pointers, in slabs written by hand on the Go heap
//	freed    the same table on an allockit heap, blocks freed one by one
//	dropped  the same, the heap closed with everything in it
//
// Standard output has the counts, standard error what the collector had to do.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"allockit"
)

// An index maps a key to the lines it was added with, in that order and each
// line once.
type index interface {
	add(key []byte, line uint32)
	find(key []byte) []uint32
	keys() int
	close()
}

const (
	rounds  = 2       // the index is built, asked and dropped so often
	queries = 150_000 // per round
)

func main() {
	if len(os.Args) != 3 {
		fail("usage: goindex maps|pool|slabs|freed|dropped TEXT")
	}
	open := map[string]func() index{
		"maps": newMaps, "pool": newPool, "slabs": newSlabIndex,
		"freed": func() index { return newHeapIndex(false) }, "dropped": func() index { return newHeapIndex(true) },
	}[os.Args[1]]
	if open == nil {
		fail("unknown mode " + os.Args[1])
	}
	data, err := os.ReadFile(os.Args[2])
	check(err)
	check(allockit.PurgeThread(true))
	begin := time.Now()
	pairs := 0
	var sum uint64
	for range rounds {
		x := open()
		n := build(x, data)
		sum += ask(x, data)
		fmt.Println(x.keys(), "keys,", n, "pairs")
		pairs += n
		x.close()
	}
	fmt.Println(pairs, "pairs, sum of answers", sum)
	report(os.Args[1], time.Since(begin))
}

// build adds every word together with the one before it.
func build(x index, text []byte) (pairs int) {
	scan(text, 0, func(key []byte, line uint32) bool {
		x.add(key, line)
		pairs++
		return true
	})
	return pairs
}

// ask looks for pairs from all over the text and makes a reply of each answer,
// which is garbage soon after, as in a server.
func ask(x index, text []byte) (sum uint64) {
	random := uint64(88172645463325252)
	var last []byte
	for range queries {
		random ^= random << 13
		random ^= random >> 7
		random ^= random << 17
		scan(text, int(random%uint64(len(text)-4096)), func(key []byte, _ uint32) bool {
			last = reply(key, x.find(key))
			return false
		})
		for _, c := range last {
			sum = sum*31 + uint64(c)
		}
	}
	return sum
}

func reply(key []byte, lines []uint32) []byte {
	text := append(make([]byte, 0, 64), key...)
	for _, line := range lines[:min(len(lines), 20)] {
		text = strconv.AppendUint(append(text, ' '), uint64(line), 10)
	}
	return strconv.AppendInt(append(text, '/'), int64(len(lines)), 10)
}

// report says what the run cost the collector.
func report(mode string, took time.Duration) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	cpu := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/user:cpu-seconds"}}
	metrics.Read(cpu)
	fmt.Fprintf(os.Stderr, "%s: %.3f s, %d collections, %.3f s of CPU in them (user code %.3f s), pauses %v, %d objects and %d MB on the Go heap\n",
		mode, took.Seconds(), m.NumGC, cpu[0].Value.Float64(), cpu[1].Value.Float64(),
		time.Duration(m.PauseTotalNs), m.Mallocs, m.TotalAlloc>>20)
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "goindex:", why)
	os.Exit(1)
}
