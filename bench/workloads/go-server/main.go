// Command goserver answers requests for files with the bytes of the file, on
// loopback, to a load generator that it starts as a process of its own. Each
// request reads the file into a buffer; where that buffer comes from is the
// mode:
//
//	make            the collector's heap
//	sync.Pool       a pool per size class, put by value: Get(n) []byte, Put(b)
//	boxes           the same, but the program keeps the *[]byte it got
//	seed            the design of the pool this kit descends from
//	bytebufferpool  github.com/valyala/bytebufferpool, the program keeps the object
//	allockit        allockit.Pool
//
// Standard output has what the load generator received, the same in every
// mode; standard error, and the file named by BENCH_FIGURES, what it took.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
)

func main() {
	switch {
	case len(os.Args) == 7 && os.Args[1] == "load":
		load(os.Args[2], os.Args[3], os.Args[4], number(os.Args[5]), number(os.Args[6]))
	case len(os.Args) == 6:
		serve(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	default:
		fail("usage: goserver MODE framed|http FOLDER CONNECTIONS REQUESTS")
	}
}

func serve(mode, protocol, folder, connections, requests string) {
	files := openFiles(folder)
	buffers, end := openBuffers(mode)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	stop := start(protocol, listener, files, buffers)
	live := sessions(200_000)
	runtime.GC()

	client := startLoad(protocol, listener.Addr().String(), folder, connections, requests)
	before := now()
	result := client.run()
	after := now()

	client.end()
	stop()
	end()
	runtime.KeepAlive(live)
	fmt.Printf("%d files, %d requests, %d bytes, sum %d\n", len(files), result.Requests, result.Bytes, result.Sum)
	report(mode, protocol, result, before, after)
}

// sessions are what a server keeps beside its buffers, so that a collection has
// something to do.
func sessions(n int) map[string]string {
	all := make(map[string]string)
	for i := range n {
		all[strconv.Itoa(i)] = "session " + strconv.Itoa(i) + " of a user who is logged in"
	}
	return all
}

func number(word string) int {
	n, err := strconv.Atoi(word)
	check(err)
	return n
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "goserver:", why)
	os.Exit(1)
}
