package main

import (
	"bytes"
	"hash/maphash"
	"unsafe"

	"allockit"
)

// memory is where a table takes its blocks from.
type memory interface {
	get(n int) []byte
	zeroed(n int) []byte // for the table itself: at least 32 KiB
	put(b []byte)        // of the length it was asked for
	close(each func(put func(b []byte)))
}

// table is an open hash table that holds no Go pointers: the collector sees
// nothing but this struct.
type table struct {
	m     memory
	slots []slot
	used  int
}

type slot struct {
	key   allockit.Ref[byte]
	lines allockit.Ref[uint32]
	hash  uint32
	size  uint32 // bytes of the key, 0 in an empty slot
	n     uint32
	room  uint32 // lines there is room for
}

func newTable(m memory) *table { return &table{m: m, slots: slotsOf(m.zeroed(1024 * slotSize))} }

const slotSize = int(unsafe.Sizeof(slot{}))

func slotsOf(b []byte) []slot {
	return unsafe.Slice((*slot)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/slotSize)
}

func bytesOf[T any](s []T, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), n)
}

func (t *table) slot(key []byte, hash uint32) *slot {
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.size == 0 || s.hash == hash && int(s.size) == len(key) && bytes.Equal(s.key.Slice(len(key)), key) {
			return s
		}
	}
}

func (t *table) add(key []byte, line uint32) {
	hash := uint32(maphash.Bytes(seed, key))
	s := t.slot(key, hash)
	if s.size == 0 {
		if t.used++; t.used > len(t.slots)/4*3 {
			t.grow()
			s = t.slot(key, hash)
		}
		name := t.m.get(len(key))
		copy(name, key)
		*s = slot{key: allockit.RefOf(name), lines: t.lines(4), hash: hash, size: uint32(len(key)), room: 4}
	}
	old := s.lines.Slice(int(s.room))
	if s.n > 0 && old[s.n-1] == line {
		return
	}
	if s.n == s.room {
		s.room *= 2
		s.lines = t.lines(int(s.room))
		copy(s.lines.Slice(int(s.room)), old)
		t.m.put(bytesOf(old, 4*len(old)))
		old = s.lines.Slice(int(s.room))
	}
	old[s.n] = line
	s.n++
}

func (t *table) lines(n int) allockit.Ref[uint32] {
	return allockit.RefOf(unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(t.m.get(4*n)))), n))
}

func (t *table) grow() {
	old := t.slots
	t.slots = slotsOf(t.m.zeroed(2 * len(old) * slotSize))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s.size == 0 {
			continue
		}
		i := s.hash & mask
		for t.slots[i].size != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
	t.m.put(bytesOf(old, len(old)*slotSize))
}

func (t *table) find(key []byte) []uint32 {
	s := t.slot(key, uint32(maphash.Bytes(seed, key)))
	if s.size == 0 {
		return nil
	}
	return s.lines.Slice(int(s.n))
}

func (t *table) keys() int { return t.used }

func (t *table) close() {
	t.m.close(func(put func(b []byte)) {
		for i := range t.slots {
			if s := &t.slots[i]; s.size != 0 {
				put(s.key.Slice(int(s.size)))
				put(bytesOf(s.lines.Slice(int(s.room)), 4*int(s.room)))
			}
		}
		put(bytesOf(t.slots, len(t.slots)*slotSize))
	})
}
