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
// does so on huge pages, and a heap can stand on either.
//
// The package is a thin layer over the C library of the same name, found with
// pkg-config. Sizes are in bytes and times in nanoseconds unless a type such as
// time.Duration says otherwise.
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
// blocks on the Go side, and closing a handle frees everything in one call.
//
// # Threads
//
// Goroutines move between threads; every handle here may be used from any of
// them at the same time, except where a type says otherwise ([Local], [Vec]).
// The C library caches blocks per thread. Threads of the Go runtime seldom end,
// so start [StartMaintenance] or [PurgeThread] in programs that should
// give idle memory back to the system.
//
// # Errors
//
// Every error is an [*Error] with the operation and, inside, a syscall.Errno or
// [ErrClosed] or [ErrPointers]; test it with errors.Is:
//
//	if errors.Is(err, syscall.ENOMEM) { ... }   // cap reached or no memory
package allockit
