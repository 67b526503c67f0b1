package allockit_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"syscall"

	"allockit"
)

func Example() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{LimitBytes: 16 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close()

	b, err := heap.Alloc(4096)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copy(b, "outside the Go heap"))
	heap.Free(b)

	_, err = heap.Alloc(17 << 20)
	fmt.Println(err, errors.Is(err, syscall.ENOMEM))
	// Output:
	// 19
	// allockit: Tiered.Alloc: cannot allocate memory true
}

func ExampleVec() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close()
	v, err := allockit.NewVec[uint32](heap)
	if err != nil {
		log.Fatal(err)
	}
	for i := range uint32(1000) {
		if err := v.Append(i); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(v.Len(), v.Slice()[999])
	_, err = allockit.NewVec[string](heap)
	fmt.Println(err)
	// Output:
	// 1000 999
	// allockit: NewVec: element type holds Go pointers: string
}

func ExampleRef() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close() // takes the whole list with it
	type node struct {
		value int
		next  allockit.Ref[node]
	}
	var first allockit.Ref[node]
	for i := range 3 {
		s, err := allockit.MakeSlice[node](heap, 1, 1)
		if err != nil {
			log.Fatal(err)
		}
		s[0] = node{i, first}
		first = allockit.RefOf(s)
	}
	for r := first; !r.IsNil(); r = r.Ptr().next {
		fmt.Println(r.Ptr().value)
	}
	// Output:
	// 2
	// 1
	// 0
}

func ExampleRegion() {
	region, err := allockit.NewRegion(allockit.RegionConfig{CacheBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer region.Close()

	column, err := region.Alloc(1 << 20)
	if err != nil {
		log.Fatal(err)
	}
	column[1000] = 7
	column, err = region.Resize(column, 3<<20)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(column), column[1000])
	fmt.Println(region.Free(column))
	// Output:
	// 3145728 7
	// <nil>
}

func ExampleHuge() {
	huge, err := allockit.NewHuge(allockit.HugeConfig{GiantMode: allockit.HugeNever})
	if err != nil {
		log.Fatal(err)
	}
	defer huge.Close()

	table, backing, err := huge.Alloc(8 << 20)
	if err != nil {
		log.Fatal(err)
	}
	defer huge.Free(table)
	if backing != allockit.BackingHuge {
		refused, err := huge.ReasonCount(allockit.ReasonNotReserved)
		log.Println("not on huge pages:", refused, err)
	}
	fmt.Println(len(table))
	// Output:
	// 8388608
}

func ExamplePool() {
	pool, err := allockit.NewPool(allockit.PoolConfig{LimitBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	b := pool.Get(3000)
	fmt.Println(len(b), cap(b))
	n := copy(b, "some bytes")
	pool.Put(b[:n])

	err = pool.TryPut(b)
	fmt.Println(err, errors.Is(err, syscall.EINVAL))

	leaked := pool.Get(10000)
	fmt.Println(pool.Close())
	pool.Put(leaked) // still legal: now the memory goes
	// Output:
	// 3000 4096
	// allockit: Pool.Put: put twice: this buffer is not out true
	// allockit: Pool.Close: 1 buffers are out: 1 of 16384 bytes
}

func ExamplePool_Local() {
	pool, err := allockit.NewPool(allockit.PoolConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		local := pool.Local() // of this goroutine
		defer local.Close()
		for i := range 3 {
			b := local.Get(100)
			lines <- fmt.Appendf(b[:0], "line %d", i)
		}
	}()
	for b := range lines {
		fmt.Printf("%s\n", b)
		pool.Put(b)
	}
	// Output:
	// line 0
	// line 1
	// line 2
}

func ExamplePool_BufferPool() {
	pool, err := allockit.NewPool(allockit.PoolConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello")
	}))
	defer backend.Close()
	target, err := url.Parse(backend.URL)
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.BufferPool = pool.BufferPool(32 << 10)

	answer := httptest.NewRecorder()
	proxy.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	fmt.Println(answer.Body)
	// Output:
	// hello
}

func ExamplePool_Copy() {
	pool, err := allockit.NewPool(allockit.PoolConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	reader, writer := io.Pipe()
	go func() {
		fmt.Fprintln(writer, "through a buffer of the pool")
		writer.Close()
	}()
	n, err := pool.Copy(os.Stdout, reader)
	fmt.Println(n, err)
	// Output:
	// through a buffer of the pool
	// 29 <nil>
}

func ExampleRing() {
	ring, err := allockit.NewRing(allockit.RingConfig{CapacityBytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	b := ring.Acquire(16 << 10) // room for whatever comes
	n := copy(b, "a message of unknown length")
	if b, err = ring.Commit(b, n); err != nil {
		log.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		fmt.Println(len(b), string(b))
		ring.Release(b) // by any goroutine, in any order
		close(done)
	}()
	<-done
	stats, _ := ring.Stats()
	fmt.Println(stats.OutSlices, stats.UsedPeakBytes)
	// Output:
	// 27 a message of unknown length
	// 0 16384
}
