package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"allockit"
)

var uringOperations = map[string]operation{
	"io_uring":      opIoUring,
	"uring_probe":   opUringProbe,
	"uring_create":  opUringCreate,
	"uring_clone":   opUringClone,
	"uring_destroy": opUringDestroy,
	"add_ring":      opAddRing,
	"add_pool":      opAddPool,
	"add_memory":    opAddMemory,
	"uring_remove":  opUringRemove,
	"sync":          opSync,
	"drained":       opDrained,
	"lookup":        opLookup,
	"uring_stats":   opUringStats,
	"uring_save":    opUringSave,
}

const sysIoUringSetup = 425 // on every architecture

func opIoUring(s *state, w []string) error {
	var params [15]uint64 // struct io_uring_params; all zero asks for nothing special
	fd, _, errno := syscall.Syscall(sysIoUringSetup, 8, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return errno
	}
	s.handles[w[0]] = &handle{file: os.NewFile(fd, w[0])}
	return nil
}

func opUringProbe(s *state, w []string) error {
	probe, err := allockit.ProbeUring()
	if err != nil {
		return err
	}
	return s.compare(figure(&probe, w[0]), w[1:])
}

func (s *state) uringConfig(assignments []string, file *os.File) (config allockit.UringConfig, err error) {
	config.RingFD = -1
	for _, assignment := range assignments {
		switch name, value, _ := strings.Cut(assignment, "="); {
		case name != "ring":
			err = errors.Join(err, s.set(&config, assignment))
		case value == "file":
			config.RingFD = int(file.Fd())
		case value != "none":
			config.RingFD = int(s.any(value).file.Fd())
		}
	}
	return config, err
}

// registered notes a registration. Its id is that of the last handle of its kind.
func (s *state) registered(name string, u *allockit.Uring, err error) error {
	if err == nil {
		s.handles[name] = &handle{uring: u, id: newest(allockit.KindUring)}
	}
	return err
}

func newest(kind allockit.Kind) (id uint64) {
	for _, h := range allockit.Handles() {
		if h.Kind == kind {
			id = h.ID
		}
	}
	return id
}

func opUringCreate(s *state, w []string) error {
	file, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer file.Close()
	config, err := s.uringConfig(w[1:], file)
	if err != nil {
		return err
	}
	u, err := allockit.NewUring(config)
	return s.registered(w[0], u, err)
}

func opUringClone(s *state, w []string) error {
	config, err := s.uringConfig(w[2:], nil)
	if err != nil {
		return err
	}
	u, err := s.uring(w[1]).Clone(config)
	return s.registered(w[0], u, err)
}

// opUringDestroy reports a registration that was closed before, which Close does not.
func opUringDestroy(s *state, w []string) error {
	u := s.uring(w[0])
	if _, err := u.Stats(); err != nil {
		return err
	}
	if len(w) > 1 {
		return u.CloseNow()
	}
	return u.Close()
}

func opAddRing(s *state, w []string) error { return s.uring(w[0]).AddRing(s.ring(w[1])) }
func opAddPool(s *state, w []string) error { return s.uring(w[0]).AddPool(s.pool(w[1])) }

func opAddMemory(s *state, w []string) error {
	b, length := s.block(w[1]), s.number(w[2])
	if length > uint64(len(b)) && len(b) > 0 {
		return &allockit.Error{Op: "add_memory", Err: syscall.EINVAL} // no slice is so long
	}
	var pin runtime.Pinner // "foreign" lies in the Go heap
	defer pin.Unpin()
	if b != nil {
		pin.Pin(unsafe.SliceData(b))
		b = b[:length]
	}
	return s.uring(w[0]).AddMemory(b)
}

func opUringRemove(s *state, w []string) error {
	u := s.uring(w[0])
	switch h := s.handles[w[1]]; {
	case h != nil && h.ring != nil:
		return u.RemoveRing(h.ring)
	case h != nil && h.pool != nil:
		return u.RemovePool(h.pool)
	}
	return u.RemoveMemory(s.block(w[1]))
}

// counted compares how many, when the line says with what.
func (s *state) counted(n int, err error, w []string) error {
	if err != nil || len(w) == 0 {
		return err
	}
	return s.compare(uint64(n), w)
}

func opSync(s *state, w []string) error {
	n, err := s.uring(w[0]).Sync()
	return s.counted(n, err, w[1:])
}

func opDrained(s *state, w []string) error {
	n, err := s.uring(w[0]).Drained(s.number(w[1]))
	return s.counted(n, err, w[2:])
}

func opLookup(s *state, w []string) error {
	b := unsafe.Slice(unsafe.SliceData(s.block(w[1])), s.size(w[2]))
	slot, fixed := s.uring(w[0]).Lookup(b)
	if !fixed {
		if _, err := s.uring(w[0]).Stats(); err != nil {
			return err // closed
		}
		return notFound
	}
	return s.counted(slot, nil, w[3:])
}

func opUringStats(s *state, w []string) error {
	stats, err := s.uring(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opUringSave(s *state, w []string) error {
	stats, err := s.uring(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

var groupOperations = map[string]operation{
	"group_create":  opGroupCreate,
	"group_destroy": opGroupDestroy,
	"refill":        opRefill,
	"group_take":    opGroupTake,
	"group_put":     opGroupPut,
	"group_stats":   opGroupStats,
}

func opGroupCreate(s *state, w []string) error {
	var config allockit.GroupConfig
	for _, assignment := range w[2:] {
		if name, value, _ := strings.Cut(assignment, "="); name == "pool" {
			config.Pool = s.pool(value)
		} else if err := s.set(&config, assignment); err != nil {
			return err
		}
	}
	g, err := s.uring(w[1]).NewGroup(config)
	if err == nil {
		s.handles[w[0]] = &handle{group: g, id: newest(allockit.KindGroup)}
	}
	return err
}

func opGroupDestroy(s *state, w []string) error {
	g := s.group(w[0])
	if _, err := g.Stats(); err != nil {
		return err
	}
	if len(w) > 1 {
		return g.CloseNow()
	}
	return g.Close()
}

func opRefill(s *state, w []string) error {
	n, err := s.group(w[0]).Refill()
	return s.counted(n, err, w[1:])
}

func opGroupTake(s *state, w []string) error {
	res, failed := strings.CutPrefix(w[2], "-")
	code := int32(errnos[res])
	switch {
	case failed && code == 0:
		return fmt.Errorf("unknown error %s", res)
	case failed:
		code = -code
	default:
		code = int32(s.number(w[2]))
	}
	b, err := s.group(w[0]).Take(code, uint32(s.number(w[3])))
	if b != nil {
		s.blocks[w[1]] = b
		return s.counted(1, err, w[4:])
	}
	return s.counted(0, err, w[4:])
}

func opGroupPut(s *state, w []string) error { return s.group(w[0]).Put(s.block(w[1])) }

func opGroupStats(s *state, w []string) error {
	stats, err := s.group(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}
