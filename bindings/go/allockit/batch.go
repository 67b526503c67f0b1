package allockit

// #include <allockit.h>
// #cgo noescape akit_tiered_alloc_n
// #cgo nocallback akit_tiered_alloc_n
// #cgo noescape akit_tiered_free_n
// #cgo nocallback akit_tiered_free_n
import "C"

import "unsafe"

// AllocN allocates a block of n bytes into every element of out and returns how
// many it got, from the front. Fewer than len(out) come with the error that
// stopped it, as of [Tiered.Alloc]; those before it are valid. C is entered once
// for every 512 blocks.
func (t *Tiered) AllocN(n int, out [][]byte) (int, error) {
	if !t.live() {
		return 0, closed("Tiered.AllocN")
	}
	var p [batch]uintptr
	for done := 0; done < len(out); {
		want := min(batch, len(out)-done)
		got, err := t.allocN(n, p[:want])
		for i := range got {
			out[done+i] = bytesAt(pointerAt(&p[i]), n, n)
		}
		done += got
		if got < want {
			return done, failed("Tiered.AllocN", err)
		}
	}
	return len(out), nil
}

// allocN fills p with the addresses of new blocks, in one entry into C.
func (t *Tiered) allocN(n int, p []uintptr) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	got, err := C.akit_tiered_alloc_n(t.h, C.size_t(n), C.size_t(len(p)),
		(*unsafe.Pointer)(unsafe.Pointer(&p[0])))
	return int(got), err
}

// FreeN frees the blocks that the elements of blocks begin at, which may be of
// any sizes, and returns how many were done. nil elements are skipped and count
// as done; wrong ones are misuse as in [Tiered.Free] and do not. C is entered
// once for every 512 blocks. FreeN panics after Close.
func (t *Tiered) FreeN(blocks [][]byte) int { return freeAll(t, blocks) }

// FreeSlices is [Tiered.FreeN] for slices made by [MakeSlice].
func FreeSlices[T any](t *Tiered, slices [][]T) int { return freeAll(t, slices) }

func freeAll[T any](t *Tiered, slices [][]T) int {
	var p [batch]uintptr
	done, n := 0, 0
	for _, s := range slices {
		p[n] = uintptr(unsafe.Pointer(unsafe.SliceData(s)))
		if n++; n == batch {
			done += t.freeN(p[:n])
			n = 0
		}
	}
	return done + t.freeN(p[:n])
}

// freeN frees blocks by address, in one entry into C.
func (t *Tiered) freeN(p []uintptr) int {
	if len(p) == 0 {
		return 0
	}
	if !t.live() {
		t.mustBeDeferred("Tiered.FreeN")
		for i := range p {
			C.akit_free(pointerAt(&p[i]))
		}
		return len(p)
	}
	return int(C.akit_tiered_free_n(t.h, C.size_t(len(p)), (*unsafe.Pointer)(unsafe.Pointer(&p[0]))))
}
