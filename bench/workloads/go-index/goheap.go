package main

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"unsafe"
)

// maps is the index of the language.
type maps map[string]*list

type list struct{ lines []uint32 }

func newMaps() index { return maps{} }

func (m maps) add(key []byte, line uint32) {
	l := m[string(key)]
	if l == nil {
		l = new(list)
		m[string(key)] = l
	}
	if n := len(l.lines); n == 0 || l.lines[n-1] != line {
		l.lines = append(l.lines, line)
	}
}

func (m maps) find(key []byte) []uint32 {
	if l := m[string(key)]; l != nil {
		return l.lines
	}
	return nil
}

func (m maps) keys() int { return len(m) }
func (m maps) close()    {}

// pool is an open hash table on the Go heap; slices that were outgrown, or
// closed with the index, wait for the next one in a sync.Pool per size.
type pool struct {
	slots []poolSlot
	used  int
}

type poolSlot struct {
	hash  uint64
	key   string
	lines []uint32
}

var (
	seed  = maphash.MakeSeed()
	pools [32]sync.Pool // of *uint32, the first of 4 << i
)

func newPool() index { return &pool{slots: make([]poolSlot, 1024)} }

func (p *pool) slot(key []byte, hash uint64) *poolSlot {
	mask := uint64(len(p.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &p.slots[i]
		if s.lines == nil || s.hash == hash && s.key == string(key) {
			return s
		}
	}
}

func (p *pool) add(key []byte, line uint32) {
	hash := maphash.Bytes(seed, key)
	s := p.slot(key, hash)
	if s.lines == nil {
		if p.used++; p.used > len(p.slots)/4*3 {
			p.grow()
			s = p.slot(key, hash)
		}
		*s = poolSlot{hash, string(key), getLines(4)}
	}
	n := len(s.lines)
	if n > 0 && s.lines[n-1] == line {
		return
	}
	if n == cap(s.lines) {
		old := s.lines
		s.lines = append(getLines(2*n), old...)
		putLines(old)
	}
	s.lines = append(s.lines, line)
}

func (p *pool) grow() {
	old := p.slots
	p.slots = make([]poolSlot, 2*len(old))
	mask := uint64(len(p.slots) - 1)
	for _, s := range old {
		if s.lines == nil {
			continue
		}
		i := s.hash & mask
		for p.slots[i].lines != nil {
			i = (i + 1) & mask
		}
		p.slots[i] = s
	}
}

func (p *pool) find(key []byte) []uint32 { return p.slot(key, maphash.Bytes(seed, key)).lines }
func (p *pool) keys() int                { return p.used }

func (p *pool) close() {
	for i := range p.slots {
		if lines := p.slots[i].lines; lines != nil {
			putLines(lines)
		}
	}
}

// The pools keep pointers to the first element: a slice in an interface would
// be one more allocation.
func getLines(n int) []uint32 {
	if first, _ := pools[bits.Len(uint(n)/4)].Get().(*uint32); first != nil {
		return unsafe.Slice(first, n)[:0]
	}
	return make([]uint32, 0, n)
}

func putLines(lines []uint32) {
	pools[bits.Len(uint(cap(lines))/4)].Put(unsafe.SliceData(lines))
}
