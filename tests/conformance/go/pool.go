package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"allockit"
)

var poolOperations = map[string]operation{
	"pool_create":  opPoolCreate,
	"pool_destroy": opPoolDestroy,
	"get":          opGet,
	"put":          opPut,
	"get_n":        opGetN,
	"put_n":        opPutN,
	"get_until":    opGetUntil,
	"warm":         opWarm,
	"tag":          opTag,
	"pool_purge":   opPoolPurge,
}

func opPoolCreate(s *state, w []string) error {
	var config allockit.PoolConfig
	if !s.caches {
		config.LocalCacheBytes = 1
	}
	count := -1
	for _, assignment := range w[1:] {
		name, value, _ := strings.Cut(assignment, "=")
		switch name {
		case "class_bytes":
			config.ClassBytes = s.numbers(value)
		case "class_count":
			count = s.size(value)
		default:
			if err := s.set(&config, assignment); err != nil {
				return err
			}
		}
	}
	if count >= 0 && count != len(config.ClassBytes) {
		return &allockit.Error{Op: "class_count", Err: syscall.EINVAL} // a slice knows its length
	}
	p, err := allockit.NewPool(config)
	if err != nil {
		return err
	}
	stats, err := p.Stats()
	if err != nil {
		return err
	}
	s.handles[w[0]] = &handle{pool: p, id: stats.ID}
	return nil
}

// numbers reads a list.
func (s *state) numbers(list string) (all []uint64) {
	for _, word := range strings.Split(list, ",") {
		all = append(all, s.number(word))
	}
	return all
}

func opPoolDestroy(s *state, w []string) error {
	if len(w) > 1 {
		return s.pool(w[0]).CloseNow()
	}
	err := s.pool(w[0]).Close()
	if leaks := (*allockit.LeakError)(nil); errors.As(err, &leaks) {
		return nil // the pool is closed, and there are buffers to come
	}
	return err
}

// buffer is a block by name. One that begins inside of a buffer has the rest of its
// capacity, as b[n:] has.
func (s *state) buffer(name string) []byte {
	plain, offset, inside := strings.Cut(name, "+")
	b := s.block(plain)
	if inside {
		b = b[:cap(b)][s.number(offset):]
	}
	return b
}

// long reports a buffer that is not as long as asked for.
func long(b []byte, length int) error {
	if len(b) != length {
		return fmt.Errorf("length %d and capacity %d for a length of %d", len(b), cap(b), length)
	}
	return nil
}

func opGet(s *state, w []string) error {
	length := s.size(w[2])
	b, err := s.pool(w[0]).TryGet(length)
	if err != nil {
		if b != nil {
			return errors.New("an error and a buffer")
		}
		return err
	}
	s.blocks[w[1]] = b
	if err := long(b, length); err != nil || len(w) == 3 {
		return err
	}
	return s.compare(uint64(cap(b)), w[3:])
}

func opPut(s *state, w []string) error { return s.pool(w[0]).TryPut(s.buffer(w[1])) }

func opGetN(s *state, w []string) error {
	length, out := s.size(w[2]), make([][]byte, s.size(w[3]))
	// Fewer than asked for is an answer here, the error only says why.
	done, err := s.pool(w[0]).GetN(length, out)
	if (done < len(out)) != (err != nil) {
		return fmt.Errorf("%d buffers with the error %v", done, err)
	}
	for _, b := range out[:done] {
		if err := long(b, length); err != nil {
			return err
		}
	}
	s.setBatch(w[1], out[:done])
	return s.compare(uint64(done), w[4:])
}

func opPutN(s *state, w []string) error {
	var buffers [][]byte
	answer := len(w) - 2
	for _, name := range w[1:answer] {
		if _, batch := s.batches[name]; batch {
			buffers = append(buffers, s.batch(name)...)
		} else {
			buffers = append(buffers, s.buffer(name))
		}
	}
	return s.compare(uint64(s.pool(w[0]).PutN(buffers)), w[answer:])
}

func opGetUntil(s *state, w []string) error {
	var buffers [][]byte
	length := s.size(w[2])
	for len(buffers) < 1_000_000 {
		b, err := s.pool(w[0]).TryGet(length)
		if err != nil {
			s.setBatch(w[1], buffers)
			if wrong := s.compare(uint64(len(buffers)), w[3:]); wrong != nil {
				return wrong
			}
			return err
		}
		buffers = append(buffers, b)
	}
	return errors.New("1000000 buffers and no end")
}

// getPut is "repeat N get_put H LENGTH".
func (s *state) getPut(n uint64, w []string) error {
	p, length := s.pool(w[0]), s.size(w[1])
	for range n {
		b, err := p.TryGet(length)
		if err == nil {
			err = p.TryPut(b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func opWarm(s *state, w []string) error { return s.pool(w[0]).Warm(s.size(w[1]), s.size(w[2])) }

func opTag(s *state, w []string) error { return s.pool(w[0]).SetTag(s.buffer(w[1]), s.number(w[2])) }

func opPoolPurge(s *state, w []string) error {
	_, err := s.pool(w[0]).Purge(purgeFlags(w[1]))
	return err
}
