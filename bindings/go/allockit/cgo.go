package allockit

// The library is found with pkg-config, and nowhere else. Each file names the
// functions it calls as noescape (arguments may stay on the goroutine's stack)
// and nocallback (no way back into Go): true for every function of the kit,
// as it stores no pointer it is given and calls nothing of the program. The one
// exception in C, akit_misuse_handler, is therefore not offered here.

// #cgo pkg-config: allockit
// #include <stdlib.h>
// #include <allockit.h>
import "C"

import "unsafe"

// batch is how many blocks one entry into C allocates or frees. The addresses
// wait in an array of this length on the goroutine's stack (4 KiB).
const batch = 512

// pointerAt reads the address stored in slot as a pointer. Addresses of blocks
// are kept in integers where C reads them in bulk, because the check of
// arguments of type pointer would look at each one.
func pointerAt(slot *uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(slot))
}

// address is the first byte of b as C knows it; also right for the empty slice
// that stands for a block of size 0.
func address(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// bytesAt is the block at p as a slice of n bytes, with room for limit bytes.
func bytesAt(p unsafe.Pointer, n, limit int) []byte {
	return unsafe.Slice((*byte)(p), limit)[:n]
}
