// Package allockit gives Go programs memory that the garbage collector does
// not see: heaps with a cap, statistics and an end of their own.
//
//	h, err := allockit.NewTiered(allockit.TieredConfig{LimitBytes: 1 << 30})
//	if err != nil { ... }
//	defer h.Close()              // everything allocated from h goes at once
//
//	b, err := h.Alloc(4096)      // []byte outside the Go heap
//	v, err := allockit.NewVec[uint32](h)
//	err = v.Append(1, 2, 3)
//
// A [Region] hands out big blocks of whole pages and keeps what is freed, a [Huge]
// does so on huge pages, and a heap can stand on either. A [Pool] hands out byte
// buffers, for servers and others that make and drop them all the time.
//
// The package is a thin layer over the C library of the same name, found with
// pkg-config. Sizes are in bytes and times in nanoseconds unless a type such as
// time.Duration says otherwise.
//
// # Pool
//
//	p, err := allockit.NewPool(allockit.PoolConfig{})   // 2, 4, 8, 16, 32 and 64 KiB
//	if err != nil { ... }
//	defer p.Close()
//
//	b := p.Get(n)                // length n, capacity of its class; any goroutine
//	k, err := conn.Read(b)
//	...
//	p.Put(b)                     // b must begin where the buffer does
//
// A get and a put cost about as much as those of a sync.Pool of fixed arrays, and
// allocate nothing; a [PoolLocal], for one goroutine at a time, costs less. Buffers
// are found and checked by their address alone, so a wrong put panics with a clear
// message, or is an error of [Pool.TryPut]: put twice, not of this pool, re-sliced.
// Close tells which buffers are still out; they stay valid until they are put.
//
// What is idle is bounded per processor (PoolConfig.LocalCacheBytes) and in all
// (CacheBytes), and goes back to the system after the decay time if something calls
// [Maintain], as [StartMaintenance] does. Use a sync.Pool instead for objects that hold
// pointers, and make for buffers that are few or live long.
//
// [Pool.BufferPool] is what httputil.ReverseProxy asks for, [Pool.Copy] is io.Copy
// with a buffer of the pool, and package allockit/metrics has an OpenMetrics handler
// and variables for expvar.
//
// # Ring and io_uring
//
// A [Ring] hands out slices of one contiguous area, one after the other, and takes them
// back in any order from any goroutine:
//
//	r, err := allockit.NewRing(allockit.RingConfig{})
//	b := r.Acquire(64 << 10)     // nil when there is no room now
//	n, err := conn.Read(b)
//	b, err = r.Commit(b, n)      // the next slice begins behind what was received
//	...
//	r.Release(b)                 // by any goroutine
//
// A [Uring] registers rings, pools and other memory with the io_uring of any package, and
// [Uring.Lookup] tells the slot for its FIXED operations; a [Group] is a ring of provided
// buffers. Package allockit/io brings an io_uring of its own.
//
// # Rules for memory outside the Go heap
//
//   - It must hold no Go pointers: the collector does not look there and would
//     free what they point to. [MakeSlice] and [NewVec] check their element type
//     once per type. [Ref] is the pointer that may be stored there.
//   - It is freed by Free or by closing its handle, never by the collector:
//     there are no finalizers. Reading a block after that is a bug that neither
//     Go nor this package can turn into an error.
//   - append beyond a slice's capacity copies to the Go heap, as always in Go;
//     use Realloc or [Vec] to grow outside of it.
//   - Go's race detector does not watch memory outside the Go heap. A test with
//     -race still checks the Go side (handles, headers of slices), but two
//     goroutines writing one block at the same time go unnoticed.
//   - debug.SetMemoryLimit and GOMEMLIMIT do not count it; see [SetMemoryLimit].
//
// # Cost
//
// Entering C costs tens of nanoseconds, several times the price of an
// allocation. Three ways avoid it: the N forms ([Tiered.AllocN], [Tiered.FreeN],
// [FreeSlices]) enter C once per few hundred blocks, [Local] keeps a bounded cache of
// blocks on the Go side as [Pool] does for buffers, and closing a handle frees everything
// in one call. For a [Ring] these are [Ring.AcquireN] and [Ring.ReleaseN].
//
// # Threads
//
// Goroutines move between threads; every handle here may be used from any of
// them at the same time, except where a type says otherwise ([Local], [PoolLocal],
// [Vec]).
// The C library caches blocks per thread. Threads of the Go runtime seldom end,
// so start [StartMaintenance] or, in a program without a [Pool], [PurgeThread] when
// idle memory should go back to the system.
//
// # Errors
//
// Every error is an [*Error] with the operation and, inside, a syscall.Errno or
// [ErrClosed] or [ErrPointers]; test it with errors.Is:
//
//	if errors.Is(err, syscall.ENOMEM) { ... }   // cap reached or no memory
//
// Some panic, as their like in Go do: [Pool.Get] and [Ring.Acquire] with a negative length,
// [Pool.Put] and [Ring.Release] of what is not out, and freeing after Close.
package allockit
