// Package io is a small io_uring for Go programs that bring none: reads and writes of
// files, sends and receives, queued, sent to the kernel together, and answered by events.
// Memory that is registered ([Io.Registration]) is used with fixed buffers by itself.
//
//	import akio "allockit/io"
//
//	ring, err := allockit.NewRing(allockit.RingConfig{})
//	io, err := akio.New(akio.Config{})
//	io.Registration().AddRing(ring)
//	io.Registration().Sync()                    // from now on slices of ring are fixed buffers
//	b := ring.Acquire(64 << 10)
//	io.Read(int(file.Fd()), b, 0, 42)           // queued
//	io.Submit(1, akio.Forever)                  // sent; waits for one event
//	var events [16]akio.Event
//	for _, e := range events[:io.Take(events[:])] {
//		fmt.Println(e.UserData, e.Res)      // 42, bytes read or -errno
//	}
//	ring.Release(b)
//
// It needs the C library allockit_io beside allockit, found with pkg-config, which stands
// on liburing.
//
// # Memory
//
// The memory of a request belongs to the kernel from the call that queues it to its last
// event. It must lie outside the Go heap (a [allockit.Ring], [allockit.Pool], any other
// handle, syscall.Mmap), or be pinned by a runtime.Pinner for so long; other memory of
// the Go heap panics, as cgo's rules demand.
//
// # Threads
//
// One goroutine at a time may use an [Io], and it may move between threads. With
// Config.SingleIssuer the handle belongs to the thread that made it: call
// runtime.LockOSThread before [New], and keep to it. A wait in [Io.Submit] keeps its thread
// busy, not other goroutines.
package io

// #cgo pkg-config: allockit_io
// #include <stdlib.h>
// #include <allockit/io.h>
// #cgo noescape akit_io_create
// #cgo nocallback akit_io_create
// #cgo noescape akit_io_destroy
// #cgo nocallback akit_io_destroy
// #cgo noescape akit_io_registration
// #cgo nocallback akit_io_registration
// #cgo noescape akit_io_fd
// #cgo nocallback akit_io_fd
// #cgo noescape akit_io_config_get
// #cgo nocallback akit_io_config_get
import "C"

import (
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"allockit"
)

// Io is an io_uring of its own. See the rules for memory and threads at the top.
type Io struct {
	h        *C.akit_io
	over     atomic.Bool
	register *allockit.Uring
}

// Config configures an [Io]. Zero in any field is its default. A value that makes no sense
// is EINVAL.
type Config struct {
	Flags        Flags  // NoMultishot
	Name         string // label of the registration in the statistics: up to 63 of A-Z a-z 0-9 . _ -
	MemlockBytes uint64 // most locked memory to ask for. 0: as much as the kernel gives
	Entries      uint32 // requests that can be queued between two submits, 1 to 32768. 0: 256
	SingleIssuer Choice // Yes: only the thread that made the handle may use it
	DeferTaskrun Choice // Yes, only with SingleIssuer: completions are worked on only in Submit. 0: as SingleIssuer
	SQPoll       Choice // Yes: a thread of the kernel fetches the requests
	SlotCount    uint32 // slots of the table of fixed buffers, at most 16384. 0: 1024
}

// Flags are flags of an [Io].
type Flags uint64

// NoMultishot has receives and accepts that go on armed again after each event, as on older
// kernels.
const NoMultishot Flags = C.AKIT_IO_NO_MULTISHOT

// Choice is whether a facility of the kernel is used.
type Choice uint32

// Values of the fields SingleIssuer, DeferTaskrun and SQPoll.
const (
	Default Choice = C.AKIT_IO_DEFAULT
	Yes     Choice = C.AKIT_IO_YES // where the kernel has it; Config tells what came of it
	No      Choice = C.AKIT_IO_NO
)

// New makes an io_uring, with a table of fixed buffers that is empty. The error is EPERM
// when io_uring is forbidden, ENOSYS when the kernel has none, EINVAL for a configuration
// that makes no sense, ENOMEM, EMFILE. The caller ends it with Close.
func New(config Config) (*Io, error) {
	c := C.akit_io_config{
		struct_size:   C.sizeof_akit_io_config,
		flags:         C.uint64_t(config.Flags),
		memlock_bytes: C.uint64_t(config.MemlockBytes),
		entries:       C.uint32_t(config.Entries),
		single_issuer: C.uint32_t(config.SingleIssuer),
		defer_taskrun: C.uint32_t(config.DeferTaskrun),
		sqpoll:        C.uint32_t(config.SQPoll),
		slot_count:    C.uint32_t(config.SlotCount),
	}
	if config.Name != "" {
		if strings.IndexByte(config.Name, 0) >= 0 {
			return nil, &allockit.Error{Op: "io.New", Err: syscall.EINVAL}
		}
		c.name = C.CString(config.Name)
		defer C.free(unsafe.Pointer(c.name))
	}
	io := new(Io)
	if err := result("io.New", C.akit_io_create(&c, &io.h)); err != nil {
		return nil, err
	}
	io.register = allockit.BorrowUring(unsafe.Pointer(C.akit_io_registration(io.h)))
	return io, nil
}

// Close cancels all requests, waits until the kernel uses none of their memory any more,
// and ends the handle. Events that were not taken are dropped: their buffers go back to
// the groups, and connections that were accepted are closed. The error is EEXIST on
// another thread than the handle's own. A second call does nothing and returns nil.
func (io *Io) Close() error { return io.destroy("Io.Close", 0) }

// CloseNow cancels nothing and waits for nothing: the program vouches that no request is in
// flight, or that the process ends.
func (io *Io) CloseNow() error { return io.destroy("Io.CloseNow", C.AKIT_DESTROY_NOW) }

func (io *Io) destroy(op string, flags C.uint32_t) error {
	if io.over.Swap(true) {
		return nil
	}
	io.register.Close()
	return result(op, C.akit_io_destroy(io.h, flags))
}

// Registration is the registration of this io_uring: add rings, pools and memory to it, make
// groups, and call its Sync. It ends with the Io; its own Close does nothing in C.
func (io *Io) Registration() *allockit.Uring { return io.register }

// FD is the descriptor of the io_uring, for poll: readable when the kernel has answered
// something; -1 after Close. It must not be closed.
func (io *Io) FD() int {
	if io.over.Load() {
		return -1
	}
	return int(C.akit_io_fd(io.h))
}

// Config is the configuration in force, with the defaults filled in.
func (io *Io) Config() (Config, error) {
	c := C.akit_io_config{struct_size: C.sizeof_akit_io_config}
	if err := io.call("Io.Config", func() C.int { return C.akit_io_config_get(io.h, &c) }); err != nil {
		return Config{}, err
	}
	g := Config{
		Flags:        Flags(c.flags),
		MemlockBytes: uint64(c.memlock_bytes),
		Entries:      uint32(c.entries),
		SingleIssuer: Choice(c.single_issuer),
		DeferTaskrun: Choice(c.defer_taskrun),
		SQPoll:       Choice(c.sqpoll),
		SlotCount:    uint32(c.slot_count),
	}
	if c.name != nil {
		g.Name = C.GoString(c.name)
	}
	return g, nil
}

// call is a call of C, unless the handle is closed.
func (io *Io) call(op string, f func() C.int) error {
	if io.over.Load() {
		return &allockit.Error{Op: op, Err: allockit.ErrClosed}
	}
	return result(op, f())
}

func result(op string, rc C.int) error {
	if rc >= 0 {
		return nil
	}
	return &allockit.Error{Op: op, Err: syscall.Errno(-rc)}
}
