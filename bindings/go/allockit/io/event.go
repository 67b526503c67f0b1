package io

// #include <errno.h>
// #include <allockit/io.h>
// #cgo noescape akit_io_submit
// #cgo nocallback akit_io_submit
// #cgo noescape akit_io_take
// #cgo nocallback akit_io_take
// #cgo noescape akit_io_stats_get
// #cgo nocallback akit_io_stats_get
import "C"

import (
	"math"
	"syscall"
	"time"
	"unsafe"
)

// Event is the answer to a request. Its memory is laid out as in C.
type Event struct {
	UserData uint64 // as given with the request
	Res      int32  // as of the system call: bytes, a descriptor, or -errno
	Flags    EventFlags
	buffer   unsafe.Pointer
	group    unsafe.Pointer
}

// EventFlags are flags of an [Event].
type EventFlags uint32

// Flags of events.
const (
	More      EventFlags = C.AKIT_IO_EVENT_MORE   // further events of this request follow
	HasBuffer EventFlags = C.AKIT_IO_EVENT_BUFFER // Buffer is not nil
	Fixed     EventFlags = C.AKIT_IO_EVENT_FIXED  // a read or write that used registered memory
)

// An Event that is smaller or larger than C's does not compile.
var _ = [1]struct{}{}[unsafe.Sizeof(Event{})-C.sizeof_akit_io_event]

// Buffer is what a group receive brought, nil for other events. It goes back with the Put
// of its group.
func (e *Event) Buffer() []byte {
	if e.Flags&HasBuffer == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(e.buffer), max(e.Res, 0))
}

// Err is the error of the request, nil when there was none.
func (e *Event) Err() error {
	if e.Res >= 0 {
		return nil
	}
	return syscall.Errno(-e.Res)
}

// Forever is a timeout without bound.
const Forever time.Duration = -1

// Submit sends what is queued, refills the groups, and waits until waitFor events can be
// taken, for timeout at most (0: it does not wait; [Forever]). It does not wait for what
// cannot come: when fewer requests are in flight, it waits for these. It returns how many
// events can be taken; fewer than waitFor is no error.
//
// The error is EINTR when a signal came before timeout and no event can be taken, never with
// Forever: submit again. EBUSY when events must be taken first, EAGAIN when the
// kernel has no memory for more requests now, EINVAL for a waitFor above twice the entries,
// [allockit.ErrClosed].
func (io *Io) Submit(waitFor int, timeout time.Duration) (int, error) {
	ns := C.uint64_t(math.MaxUint64)
	if timeout >= 0 {
		ns = C.uint64_t(timeout)
	}
	n := 0
	err := io.call("Io.Submit", func() C.int {
		wait := C.uint32_t(min(max(waitFor, 0), math.MaxUint32))
		rc := C.akit_io_submit(io.h, wait, ns)
		for timeout < 0 && rc == -C.EINTR {
			rc = C.akit_io_submit(io.h, wait, ns)
		}
		n = int(max(rc, 0))
		return rc
	})
	return n, err
}

// Take takes up to len(events) events, oldest first, and returns how many. It does not wait,
// and does not enter the kernel. 0 after Close.
func (io *Io) Take(events []Event) int {
	if io.over.Load() || len(events) == 0 {
		return 0
	}
	return int(C.akit_io_take(io.h, (*C.akit_io_event)(unsafe.Pointer(&events[0])), C.size_t(len(events))))
}

// Stats are the figures of one [Io]. Names ending in Total are counters since creation, all
// others are as of now.
type Stats struct {
	Entries       uint64 // Config.Entries in force
	Queued        uint64 // requests that wait for Submit
	InFlight      uint64 // requests whose last event has not come, queued ones included
	Starved       uint64 // of these, receives that wait for a buffer of their group
	EventsReady   uint64 // events that Take can deliver
	RequestsTotal uint64 // requests that were queued
	FixedTotal    uint64 // of these, reads and writes that used registered memory
	SubmitsTotal  uint64 // times the kernel was entered to send or to wait
	FullTotal     uint64 // times a request found the queue full
	EventsTotal   uint64 // events delivered by Take
	EnobufsTotal  uint64 // times a receive found its group dry
	RearmsTotal   uint64 // times a receive or an accept was armed again
	DrainedTotal  uint64 // areas of removed memory that the kernel was done with
}

// Stats reads the figures of the handle.
func (io *Io) Stats() (Stats, error) {
	c := C.akit_io_stats{struct_size: C.sizeof_akit_io_stats}
	if err := io.call("Io.Stats", func() C.int { return C.akit_io_stats_get(io.h, &c) }); err != nil {
		return Stats{}, err
	}
	return Stats{
		Entries:       uint64(c.entries),
		Queued:        uint64(c.queued),
		InFlight:      uint64(c.in_flight),
		Starved:       uint64(c.starved),
		EventsReady:   uint64(c.events_ready),
		RequestsTotal: uint64(c.requests_total),
		FixedTotal:    uint64(c.fixed_total),
		SubmitsTotal:  uint64(c.submits_total),
		FullTotal:     uint64(c.full_total),
		EventsTotal:   uint64(c.events_total),
		EnobufsTotal:  uint64(c.enobufs_total),
		RearmsTotal:   uint64(c.rearms_total),
		DrainedTotal:  uint64(c.drained_total),
	}, nil
}
