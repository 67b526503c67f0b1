package main

import (
	"errors"
	"fmt"
	"strconv"
	"syscall"

	"allockit"
)

// made keeps the block that an allocation gave.
func (s *state) made(name string, b []byte, err error) error {
	if err == nil {
		s.blocks[name] = b
	}
	return err
}

func opAlloc(s *state, w []string) error {
	b, err := s.handle(w[0]).Alloc(s.size(w[2]))
	return s.made(w[1], b, err)
}

func opCalloc(s *state, w []string) error {
	b, err := s.handle(w[0]).Calloc(s.size(w[2]), s.size(w[3]))
	return s.made(w[1], b, err)
}

func opAligned(s *state, w []string) error {
	b, err := s.handle(w[0]).AlignedAlloc(s.size(w[2]), s.size(w[3]))
	return s.made(w[1], b, err)
}

func opAllocx(s *state, w []string) error {
	b, err := s.handle(w[0]).Allocx(s.size(w[2]), s.size(w[3]), allocFlags(w[4]))
	return s.made(w[1], b, err)
}

func opRealloc(s *state, w []string) error {
	b, err := s.handle(w[0]).Realloc(s.blocks[w[1]], s.size(w[2]))
	return s.made(w[1], b, err)
}

func opReallocx(s *state, w []string) error {
	b, err := s.handle(w[0]).Reallocx(s.blocks[w[1]], s.size(w[2]), s.size(w[3]), allocFlags(w[4]))
	return s.made(w[1], b, err)
}

func opFree(s *state, w []string) error {
	s.handle(w[0]).Free(s.block(w[1]))
	return nil
}

func opFreeSized(s *state, w []string) error {
	s.handle(w[0]).FreeSized(s.block(w[1]), s.size(w[2]))
	return nil
}

func opFreeAlignedSized(s *state, w []string) error {
	s.handle(w[0]).FreeAlignedSized(s.block(w[1]), s.size(w[2]), s.size(w[3]))
	return nil
}

func opFreeAny(s *state, w []string) error {
	allockit.Free(s.block(w[0]))
	return nil
}

func opAllocN(s *state, w []string) error {
	out := make([][]byte, s.size(w[3]))
	// Fewer than asked for is an answer here, the error only says why.
	done, err := s.handle(w[0]).AllocN(s.size(w[2]), out)
	if (done < len(out)) != (err != nil) {
		return fmt.Errorf("%d blocks with the error %v", done, err)
	}
	s.setBatch(w[1], out[:done])
	return s.compare(uint64(done), w[4:])
}

func opFreeN(s *state, w []string) error {
	return s.compare(uint64(s.handle(w[0]).FreeN(s.batch(w[1]))), w[2:])
}

func opExhaust(s *state, w []string) error {
	var blocks [][]byte
	size := s.size(w[2])
	for len(blocks) < 1_000_000 {
		b, err := s.handle(w[0]).Alloc(size)
		if errors.Is(err, syscall.ENOMEM) {
			s.setBatch(w[1], blocks)
			return s.compare(uint64(len(blocks)), w[3:])
		}
		if err != nil {
			return err
		}
		blocks = append(blocks, b)
	}
	return errors.New("1000000 blocks and no end")
}

func opRepeat(s *state, w []string) error {
	switch w[1] {
	case "alloc_free":
	case "get_put":
		return s.getPut(s.number(w[0]), w[2:])
	case "acquire_release":
		return s.acquireRelease(s.number(w[0]), w[2:])
	default:
		return errors.New("unknown operation")
	}
	h, size := s.handle(w[2]), s.size(w[3])
	for range s.number(w[0]) {
		b, err := h.Alloc(size)
		if err != nil {
			return err
		}
		h.Free(b)
	}
	return nil
}

func opRoom(s *state, w []string) error { return s.compare(uint64(cap(s.block(w[0]))), w[1:]) }

func opBacking(s *state, w []string) error {
	return s.compare(uint64(s.backing[address(s.block(w[0]))]), w[1:])
}

func pattern(seed uint64, i int) byte { return byte(seed + 7*uint64(i) + uint64(i)/256) }

func fill(b []byte, seed uint64) {
	for i := range b {
		b[i] = pattern(seed, i)
	}
}

func verify(b []byte, seed uint64) error {
	for i, have := range b {
		if want := pattern(seed, i); have != want {
			return fmt.Errorf("byte %d is %d, expected %d", i, have, want)
		}
	}
	return nil
}

func opFill(s *state, w []string) error {
	fill(s.block(w[0]), s.number(w[1]))
	return nil
}

func opVerify(s *state, w []string) error {
	b := s.block(w[0])
	if len(w) > 2 {
		b = b[:s.size(w[2])]
	}
	return verify(b, s.number(w[1]))
}

func opZeros(s *state, w []string) error {
	b := s.block(w[0])
	if len(w) > 1 {
		b = b[:s.size(w[1])]
	}
	for i, have := range b {
		if have != 0 {
			return fmt.Errorf("byte %d is %d, expected 0", i, have)
		}
	}
	return nil
}

func opFillN(s *state, w []string) error {
	for i, b := range s.batch(w[0]) {
		fill(b, s.number(w[1])+uint64(i))
	}
	return nil
}

func opVerifyN(s *state, w []string) error {
	for i, b := range s.batch(w[0]) {
		if err := verify(b, s.number(w[1])+uint64(i)); err != nil {
			return fmt.Errorf("block %s: %w", strconv.Itoa(i), err)
		}
	}
	return nil
}

func opAt(s *state, w []string) error {
	if a := address(s.block(w[0])); uint64(a)%s.number(w[1]) != 0 {
		return fmt.Errorf("address is %#x", a)
	}
	return nil
}

func opSame(s *state, w []string) error {
	if a, b := address(s.block(w[0])), address(s.block(w[1])); a != b {
		return fmt.Errorf("%#x and %#x", a, b)
	}
	return nil
}

func opDiffer(s *state, w []string) error {
	if a, b := address(s.block(w[0])), address(s.block(w[1])); a == b {
		return fmt.Errorf("both are %#x", a)
	}
	return nil
}

func opKeep(s *state, w []string) error {
	s.blocks[w[1]] = s.block(w[0])
	return nil
}
