package io

// #include <allockit/io.h>
//
// // An address inside of a struct is checked by cgo: it panics for one of the Go heap that
// // is not pinned.
// typedef struct { int fd; uint32_t flags; void *p; size_t length; uint64_t offset, user_data; } request;
// static int io_read(akit_io *io, const request *r) { return akit_io_read(io, r->fd, r->p, r->length, r->offset, r->user_data); }
// static int io_write(akit_io *io, const request *r) { return akit_io_write(io, r->fd, r->p, r->length, r->offset, r->user_data); }
// static int io_send(akit_io *io, const request *r) { return akit_io_send(io, r->fd, r->p, r->length, r->flags, r->user_data); }
// static int io_recv(akit_io *io, const request *r) { return akit_io_recv(io, r->fd, r->p, r->length, r->flags, r->user_data); }
// #cgo noescape io_read
// #cgo nocallback io_read
// #cgo noescape io_write
// #cgo nocallback io_write
// #cgo noescape io_send
// #cgo nocallback io_send
// #cgo noescape io_recv
// #cgo nocallback io_recv
// #cgo noescape akit_io_recv_group
// #cgo nocallback akit_io_recv_group
// #cgo noescape akit_io_accept
// #cgo nocallback akit_io_accept
// #cgo noescape akit_io_cancel
// #cgo nocallback akit_io_cancel
import "C"

import (
	"math"
	"unsafe"

	"allockit"
)

// Position stands for the file's own position, as an offset.
const Position int64 = -1

func requestOf(fd int, b []byte, userData uint64) C.request {
	return C.request{
		fd:        descriptor(fd),
		p:         unsafe.Pointer(unsafe.SliceData(b)),
		length:    C.size_t(len(b)),
		user_data: C.uint64_t(userData),
	}
}

// descriptor is never another one than was meant.
func descriptor(fd int) C.int {
	if fd < 0 || fd > math.MaxInt32 {
		return -1
	}
	return C.int(fd)
}

// Read queues a read of up to len(b) bytes at offset, or at the file's own [Position]. When
// b is registered, the fixed operation is used. Its event has the bytes read or -errno as
// Res. What is queued must be submitted before the Sync that removes its memory.
//
// The error is EBUSY when the queue is full and the kernel takes nothing now: take events,
// then try again (otherwise a full queue is submitted by the call itself); ENOMEM; EEXIST on
// another thread than the handle's own; [allockit.ErrClosed].
func (io *Io) Read(fd int, b []byte, offset int64, userData uint64) error {
	r := requestOf(fd, b, userData)
	r.offset = C.uint64_t(offset)
	return io.call("Io.Read", func() C.int { return C.io_read(io.h, &r) })
}

// Write queues a write of b at offset, or at the file's own [Position]: as Read.
func (io *Io) Write(fd int, b []byte, offset int64, userData uint64) error {
	r := requestOf(fd, b, userData)
	r.offset = C.uint64_t(offset)
	return io.call("Io.Write", func() C.int { return C.io_write(io.h, &r) })
}

// Send queues a send; flags are syscall.MSG_... A broken connection is an event with -EPIPE.
// The error is that of Read.
func (io *Io) Send(fd int, b []byte, flags int, userData uint64) error {
	r := requestOf(fd, b, userData)
	r.flags = C.uint32_t(flags)
	return io.call("Io.Send", func() C.int { return C.io_send(io.h, &r) })
}

// Recv queues a receive of up to len(b) bytes; flags are syscall.MSG_... The error is that
// of Read.
func (io *Io) Recv(fd int, b []byte, flags int, userData uint64) error {
	r := requestOf(fd, b, userData)
	r.flags = C.uint32_t(flags)
	return io.call("Io.Recv", func() C.int { return C.io_recv(io.h, &r) })
}

// RecvGroup queues a receive that goes on, into buffers of a group of this io_uring: one
// event for each buffer that was filled ([Event.Buffer]), the last one with Res 0 (the peer
// has closed, or an empty datagram) or an error. When the group runs dry, the receive
// waits for buffers; Submit refills the groups. The group must not be closed before the
// last event. The error is that of Read, EINVAL for a group that is closed, ENOSPC for more
// than 256 groups at once.
func (io *Io) RecvGroup(fd int, g *allockit.Group, flags int, userData uint64) error {
	return io.call("Io.RecvGroup", func() C.int {
		return C.akit_io_recv_group(io.h, descriptor(fd), (*C.akit_uring_group)(g.Pointer()), C.uint32_t(flags),
			C.uint64_t(userData))
	})
}

// Accept queues an accept that goes on: one event for each connection, whose Res is the
// descriptor; the last one has an error. flags are syscall.SOCK_CLOEXEC and SOCK_NONBLOCK.
// The error is that of Read.
func (io *Io) Accept(fd int, flags int, userData uint64) error {
	return io.call("Io.Accept", func() C.int {
		return C.akit_io_accept(io.h, descriptor(fd), C.uint32_t(flags), C.uint64_t(userData))
	})
}

// Cancel queues the end of all requests with this number and returns how many were asked to
// end. Each still has its last event: with -ECANCELED, or as it ended when it was too late.
// The error is ENOENT when there is none, otherwise that of Read.
func (io *Io) Cancel(userData uint64) (int, error) {
	n := 0
	err := io.call("Io.Cancel", func() C.int {
		rc := C.akit_io_cancel(io.h, C.uint64_t(userData))
		n = int(max(rc, 0))
		return rc
	})
	return n, err
}
