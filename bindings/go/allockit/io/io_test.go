package io

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"allockit"
)

func newIo(t *testing.T, config Config) *Io {
	t.Helper()
	io, err := New(config)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		t.Skip(err)
	}
	check(t, err)
	t.Cleanup(func() { check(t, io.Close()) })
	return io
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// one waits for one event.
func one(t *testing.T, io *Io) Event {
	t.Helper()
	_, err := io.Submit(1, 10*time.Second)
	check(t, err)
	var e [1]Event
	if io.Take(e[:]) != 1 {
		t.Fatal("no event came")
	}
	return e[0]
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(7*i + i>>8)
	}
	return b
}

func ringOf(t *testing.T, io *Io, register bool) *allockit.Ring {
	t.Helper()
	ring, err := allockit.NewRing(allockit.RingConfig{})
	check(t, err)
	t.Cleanup(func() { ring.CloseNow() })
	if register {
		check(t, io.Registration().AddRing(ring))
		if _, err := io.Registration().Sync(); err != nil {
			t.Skip(err)
		}
	}
	return ring
}

func TestFile(t *testing.T) {
	for _, registered := range []bool{false, true} {
		io := newIo(t, Config{})
		ring := ringOf(t, io, registered)
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		check(t, err)
		defer f.Close()
		b, content := ring.Acquire(60000), pattern(60000)
		copy(b, content)
		check(t, io.Write(int(f.Fd()), b, 1000, 1))
		e := one(t, io)
		if e.UserData != 1 || e.Res != 60000 || e.Err() != nil || (e.Flags&Fixed != 0) != registered {
			t.Fatalf("%+v", e)
		}
		clear(b)
		check(t, io.Read(int(f.Fd()), b, 1000, 2))
		if e := one(t, io); e.UserData != 2 || e.Res != 60000 || e.Buffer() != nil || !bytes.Equal(b, content) {
			t.Fatalf("%+v", e)
		}
		check(t, io.Read(int(f.Fd()), b[:10], 61000, 3)) // at the end
		if e := one(t, io); e.Res != 0 {
			t.Fatalf("%+v", e)
		}
		check(t, io.Read(-1, b, 0, 4))
		if e := one(t, io); !errors.Is(e.Err(), syscall.EBADF) {
			t.Fatalf("%+v", e)
		}
		if s, err := io.Stats(); err != nil || s.RequestsTotal != 4 || (s.FixedTotal == 0) == registered || s.InFlight != 0 {
			t.Errorf("%+v %v", s, err)
		}
		ring.Release(b)
	}
}

func TestGoHeap(t *testing.T) {
	io := newIo(t, Config{})
	b := make([]byte, 4096)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("memory of the Go heap was taken")
			}
		}()
		io.Read(0, b, 0, 1)
	}()
	f, err := os.Open("io.go")
	check(t, err)
	defer f.Close()
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&b[0])
	check(t, io.Read(int(f.Fd()), b, Position, 1))
	if e := one(t, io); e.Res != 4096 || !bytes.HasPrefix(b, []byte("// Package io")) {
		t.Errorf("%+v", e)
	}
}

func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(t, err)
	t.Cleanup(func() { syscall.Close(fds[1]) })
	return fds[0], fds[1]
}

func TestSocket(t *testing.T) {
	io := newIo(t, Config{})
	ring := ringOf(t, io, false)
	a, b := pair(t)
	out, in := ring.Acquire(5000), ring.Acquire(5000)
	copy(out, pattern(5000))
	check(t, io.Recv(b, in, syscall.MSG_WAITALL, 1))
	check(t, io.Send(a, out, 0, 2))
	seen := map[uint64]int32{}
	for range 2 {
		e := one(t, io)
		seen[e.UserData] = e.Res
	}
	if seen[1] != 5000 || seen[2] != 5000 || !bytes.Equal(in, out) {
		t.Error(seen)
	}
	syscall.Close(a)
	check(t, io.Recv(b, in, 0, 3))
	if e := one(t, io); e.Res != 0 {
		t.Errorf("%+v", e)
	}
}

// TestGroup receives more than the group has buffers for; each is put back at once.
func TestGroup(t *testing.T) {
	io := newIo(t, Config{})
	pool, err := allockit.NewPool(allockit.PoolConfig{})
	check(t, err)
	defer pool.Close()
	group, err := io.Registration().NewGroup(allockit.GroupConfig{Pool: pool, BufferBytes: 2048, Entries: 2})
	if err != nil {
		t.Skip(err)
	}
	a, b := pair(t)
	check(t, io.RecvGroup(b, group, 0, 9))
	content := pattern(100_000)
	go func() {
		f := os.NewFile(uintptr(a), "a")
		defer f.Close()
		f.Write(content)
	}()
	var have []byte
	for last := false; !last; {
		e := one(t, io)
		check(t, e.Err())
		have = append(have, e.Buffer()...)
		if e.Flags&HasBuffer != 0 {
			check(t, group.Put(e.Buffer()))
		}
		last = e.Flags&More == 0
	}
	if !bytes.Equal(have, content) {
		t.Errorf("%d bytes came", len(have))
	}
	check(t, group.Close())
}

func TestAcceptCancel(t *testing.T) {
	io := newIo(t, Config{})
	listener, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(t, err)
	defer syscall.Close(listener)
	name := &syscall.SockaddrUnix{Name: filepath.Join(t.TempDir(), "s")}
	check(t, syscall.Bind(listener, name))
	check(t, syscall.Listen(listener, 5))
	check(t, io.Accept(listener, syscall.SOCK_CLOEXEC, 5))
	for range 3 {
		client, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		check(t, err)
		defer syscall.Close(client)
		_, err = io.Submit(0, 0)
		check(t, err)
		check(t, syscall.Connect(client, name))
		e := one(t, io)
		if e.UserData != 5 || e.Flags&More == 0 {
			t.Errorf("%+v", e)
		}
		check(t, e.Err())
		syscall.Close(int(e.Res))
	}
	if n, err := io.Cancel(5); n != 1 || err != nil {
		t.Error(n, err)
	}
	if e := one(t, io); !errors.Is(e.Err(), syscall.ECANCELED) || e.Flags&More != 0 {
		t.Errorf("%+v", e)
	}
	if _, err := io.Cancel(5); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
}

func TestTimeout(t *testing.T) {
	io := newIo(t, Config{})
	ring := ringOf(t, io, false)
	a, b := pair(t)
	defer syscall.Close(a)
	in := ring.Acquire(100)
	check(t, io.Recv(b, in, 0, 1))
	if n, err := io.Submit(1, time.Millisecond); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := io.Submit(1<<20, 0); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	check(t, io.Close()) // with the receive in flight
	ring.Release(in)
}

func TestClose(t *testing.T) {
	io := newIo(t, Config{Name: "closing", SingleIssuer: No, Entries: 10})
	if g, err := io.Config(); err != nil || g.Name != "closing" || g.Entries != 16 || g.SlotCount != 1024 {
		t.Errorf("%+v %v", g, err)
	}
	if io.FD() < 0 {
		t.Error("no descriptor")
	}
	check(t, io.Close())
	check(t, io.Close())
	check(t, io.CloseNow())
	if err := io.Read(0, nil, 0, 0); !errors.Is(err, allockit.ErrClosed) {
		t.Error(err)
	}
	if _, err := io.Stats(); !errors.Is(err, allockit.ErrClosed) {
		t.Error(err)
	}
	if _, err := io.Registration().Sync(); !errors.Is(err, allockit.ErrClosed) {
		t.Error(err)
	}
	if io.FD() != -1 || io.Take(make([]Event, 1)) != 0 {
		t.Error("a closed handle still answers")
	}
	if _, err := New(Config{Name: "a\x00b"}); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	if _, err := New(Config{Entries: 1 << 20}); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}

// TestSingleIssuer keeps to its thread.
func TestSingleIssuer(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	io := newIo(t, Config{SingleIssuer: Yes})
	ring := ringOf(t, io, true)
	f, err := os.Open("io.go")
	check(t, err)
	defer f.Close()
	b := ring.Acquire(64 << 10)
	check(t, io.Read(int(f.Fd()), b, 0, 1))
	if e := one(t, io); !bytes.HasPrefix(b[:e.Res], []byte("// Package io")) {
		t.Errorf("%+v", e)
	}
	ring.Release(b)
}
