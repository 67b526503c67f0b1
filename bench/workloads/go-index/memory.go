package main

import (
	"unsafe"

	"allockit"
)

// heap is an allockit heap behind a cache on the Go side.
type heap struct {
	t    *allockit.Tiered
	l    *allockit.Local
	drop bool
}

func newHeapIndex(drop bool) index {
	t, err := allockit.NewTiered(allockit.TieredConfig{Name: "index"})
	check(err)
	l, err := t.NewLocal(0)
	check(err)
	return newTable(&heap{t, l, drop})
}

func (h *heap) get(n int) []byte {
	b, err := h.l.Alloc(n)
	check(err)
	return b
}

func (h *heap) zeroed(n int) []byte {
	b, err := h.t.AllocZero(n)
	check(err)
	return b
}

func (h *heap) put(b []byte) { h.l.Free(b) }

func (h *heap) close(each func(put func(b []byte))) {
	if !h.drop {
		each(h.put)
		check(h.l.Close())
	}
	check(h.t.Close())
}

// slabs is what a program without such a heap has to write: blocks cut from
// large slices without pointers, and free lists by size inside of them.
type slabs struct {
	all  [][]byte // keeps the slabs alive
	rest []byte
	free [64]uintptr // first free block of (i + 1) * 16 bytes, then of larger powers of two
}

const slabBytes = 1 << 20

func newSlabIndex() index { return newTable(new(slabs)) }

func sizeClass(n int) (class, size int) {
	if n <= 512 {
		class = (n - 1) / 16
		return class, (class + 1) * 16
	}
	for class, size = 32, 1024; size < n; class++ {
		size *= 2
	}
	return class, size
}

func (s *slabs) get(n int) []byte {
	class, size := sizeClass(n)
	if first := &s.free[class]; *first != 0 {
		b := unsafe.Slice(*(**byte)(unsafe.Pointer(first)), n)
		*first = *(*uintptr)(unsafe.Pointer(&b[0]))
		return b
	}
	if size > slabBytes/8 {
		return s.zeroed(size)[:n]
	}
	if len(s.rest) < size {
		s.rest = s.zeroed(slabBytes)
	}
	b := s.rest[:n]
	s.rest = s.rest[size:]
	return b
}

func (s *slabs) zeroed(n int) []byte {
	b := make([]byte, n)
	s.all = append(s.all, b)
	return b
}

func (s *slabs) put(b []byte) {
	if len(b) >= 32<<10 {
		for i := range s.all {
			if unsafe.SliceData(s.all[i]) == unsafe.SliceData(b) {
				s.all[i] = nil
				return
			}
		}
	}
	class, _ := sizeClass(len(b))
	*(*uintptr)(unsafe.Pointer(&b[0])) = s.free[class]
	s.free[class] = uintptr(unsafe.Pointer(&b[0]))
}

func (s *slabs) close(func(put func(b []byte))) { *s = slabs{} }
