package allockit

import (
	"sync"
	"sync/atomic"
)

// A put is given nothing but an address. So that it is checked without entering
// C, the pool keeps a byte for every place where one of its buffers may begin: 0
// where no buffer of a class has begun so far, else the class plus 1, with the
// bit stateOut as long as the program has the buffer. Whoever holds the buffer
// writes the byte, and nobody else does; it stays when the buffer goes back to C.
//
// The bytes are kept by ranges of addresses in a small hash table, which is
// replaced as a whole when it grows, so that looking something up takes no lock.
const (
	bufferAlign = 128 // every buffer of a class begins at a multiple
	rangeShift  = 22
	rangeUnits  = 1 << rangeShift / bufferAlign

	stateOut = 0x80
)

type rangeStates [rangeUnits]uint8

// states is the table of one pool.
type states struct {
	table atomic.Pointer[rangeTable]
	mu    sync.Mutex // replacing it
	known int        // ranges in it
}

type rangeTable struct {
	slots []rangeSlot // a power of two
}

type rangeSlot struct {
	key    uintptr // address >> rangeShift, 0 while the slot is free
	states *rangeStates
}

// unit is the byte of an address within its range. Neighbours lie far apart:
// side by side, the bytes of buffers of 2 KiB would share a cache line, and two
// processors would meet there.
func unit(a uintptr) uintptr { return a / bufferAlign * 2053 % rangeUnits }

// at is the state at a, a multiple of bufferAlign. nil: not in the first place
// where it may be, see find.
func (t *rangeTable) at(a uintptr) *uint8 {
	s := &t.slots[(a>>rangeShift)&uintptr(len(t.slots)-1)]
	if s.key != a>>rangeShift {
		return nil
	}
	return &s.states[unit(a)]
}

// find is the state at a, which may be any address; nil where no buffer of a
// class has been.
func (t *rangeTable) find(a uintptr) *uint8 {
	key := a >> rangeShift
	if key == 0 || a%bufferAlign != 0 {
		return nil
	}
	for i := key; ; i++ {
		switch s := &t.slots[i&uintptr(len(t.slots)-1)]; s.key {
		case 0:
			return nil
		case key:
			return &s.states[unit(a)]
		}
	}
}

// insert reports whether the range got the first place where it may be.
func (t *rangeTable) insert(key uintptr, states *rangeStates) bool {
	for i := key; ; i++ {
		if s := &t.slots[i&uintptr(len(t.slots)-1)]; s.key == 0 {
			*s = rangeSlot{key, states}
			return i == key
		}
	}
}

func (x *states) init() { x.table.Store(&rangeTable{make([]rangeSlot, 8)}) }

// from is the state of a buffer of a class that came from C.
func (x *states) from(a uintptr) *uint8 {
	for {
		if state := x.table.Load().find(a); state != nil {
			return state
		}
		x.add(a >> rangeShift)
	}
}

func (x *states) add(key uintptr) {
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.table.Load()
	if old.find(key<<rangeShift) != nil {
		return
	}
	x.known++
	added := rangeSlot{key, new(rangeStates)}
	// Twice as many slots as ranges, and more, within reason, as long as one
	// range is in the way of another.
	for n := max(len(old.slots), 8); ; n *= 2 {
		if n < 2*x.known {
			continue
		}
		t, apart := &rangeTable{make([]rangeSlot, n)}, true
		for _, s := range append(old.slots[:len(old.slots):len(old.slots)], added) {
			if s.key != 0 {
				apart = t.insert(s.key, s.states) && apart
			}
		}
		if apart || n >= 32*x.known {
			x.table.Store(t)
			return
		}
	}
}
