package main

import (
	"errors"
	"fmt"
	"math"

	"allockit"
)

var ringOperations = map[string]operation{
	"ring_create":   opRingCreate,
	"ring_destroy":  opRingDestroy,
	"acquire":       opAcquire,
	"acquire_n":     opAcquireN,
	"acquire_until": opAcquireUntil,
	"commit":        opCommit,
	"retain":        opRetain,
	"release":       opRelease,
	"release_n":     opReleaseN,
	"release_to":    opReleaseTo,
	"ring_memory":   opRingMemory,
	"within":        opWithin,
	"ring_stats":    opRingStats,
	"ring_save":     opRingSave,
	"ring_config":   opRingConfig,
	"ring_suggest":  opRingSuggest,
}

func opRingCreate(s *state, w []string) error {
	var config allockit.RingConfig
	for _, assignment := range w[1:] {
		if err := s.set(&config, assignment); err != nil {
			return err
		}
	}
	r, err := allockit.NewRing(config)
	if err != nil {
		return err
	}
	stats, err := r.Stats()
	if err != nil {
		return err
	}
	s.handles[w[0]] = &handle{ring: r, id: stats.ID}
	return nil
}

// opRingDestroy reports a ring that was closed before, which Close does not.
func opRingDestroy(s *state, w []string) error {
	r := s.ring(w[0])
	if _, err := r.Stats(); err != nil {
		return err
	}
	if len(w) > 1 {
		return r.CloseNow()
	}
	return r.Close()
}

func opAcquire(s *state, w []string) error {
	length := s.size(w[2])
	b, err := s.ring(w[0]).TryAcquire(length)
	if err != nil {
		if b != nil {
			return errors.New("an error and a slice")
		}
		return err
	}
	s.blocks[w[1]] = b
	return long(b, length)
}

func opAcquireN(s *state, w []string) error {
	length, out := s.size(w[2]), make([][]byte, s.size(w[3]))
	// Fewer than asked for is an answer here, the error only says why.
	done, err := s.ring(w[0]).AcquireN(length, out)
	if (done < len(out)) != (err != nil) {
		return fmt.Errorf("%d slices with the error %v", done, err)
	}
	for _, b := range out[:done] {
		if err := long(b, length); err != nil {
			return err
		}
	}
	s.setBatch(w[1], out[:done])
	return s.compare(uint64(done), w[4:])
}

func opAcquireUntil(s *state, w []string) error {
	var slices [][]byte
	length := s.size(w[2])
	for len(slices) < 1_000_000 {
		b, err := s.ring(w[0]).TryAcquire(length)
		if err != nil {
			s.setBatch(w[1], slices)
			if wrong := s.compare(uint64(len(slices)), w[3:]); wrong != nil {
				return wrong
			}
			return err
		}
		slices = append(slices, b)
	}
	return errors.New("1000000 slices and no end")
}

func opCommit(s *state, w []string) error {
	used := s.size(w[2])
	b, err := s.ring(w[0]).Commit(s.block(w[1]), used)
	if err != nil {
		return err
	}
	s.blocks[w[1]] = b
	return long(b, used)
}

func opRetain(s *state, w []string) error {
	count := s.number(w[2])
	if count > math.MaxUint32 {
		return fmt.Errorf("not a count: %s", w[2])
	}
	return s.ring(w[0]).Retain(s.block(w[1]), int(count))
}

func opRelease(s *state, w []string) error { return s.ring(w[0]).TryRelease(s.block(w[1])) }

// gather is what words name: the blocks of batches, and single ones.
func (s *state) gather(words []string) (blocks [][]byte) {
	for _, name := range words {
		if _, batch := s.batches[name]; batch {
			blocks = append(blocks, s.batch(name)...)
		} else {
			blocks = append(blocks, s.block(name))
		}
	}
	return blocks
}

func opReleaseN(s *state, w []string) error {
	answer := len(w) - 2
	return s.compare(uint64(s.ring(w[0]).ReleaseN(s.gather(w[1:answer]))), w[answer:])
}

func opReleaseTo(s *state, w []string) error {
	n, err := s.ring(w[0]).ReleaseTo(s.block(w[1]))
	if err != nil {
		return err
	}
	return s.compare(uint64(n), w[2:])
}

// acquireRelease is "repeat N acquire_release H LENGTH".
func (s *state) acquireRelease(n uint64, w []string) error {
	r, length := s.ring(w[0]), s.size(w[1])
	for range n {
		b, err := r.TryAcquire(length)
		if err == nil {
			err = r.TryRelease(b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func opRingMemory(s *state, w []string) error {
	return s.compare(uint64(len(s.ring(w[0]).Memory())), w[1:])
}

func opWithin(s *state, w []string) error {
	area, at := s.ring(w[0]).Memory(), uint64(address(s.block(w[1])))
	base := uint64(address(area))
	if at < base || at+s.number(w[2]) > base+uint64(len(area)) {
		return fmt.Errorf("%#x lies outside of %d bytes from %#x", at, len(area), base)
	}
	return nil
}

func opRingStats(s *state, w []string) error {
	stats, err := s.ring(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opRingSave(s *state, w []string) error {
	stats, err := s.ring(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

func opRingConfig(s *state, w []string) error {
	config, err := s.ring(w[0]).Config()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opRingSuggest(s *state, w []string) error {
	config, err := s.ring(w[0]).Suggest()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}
