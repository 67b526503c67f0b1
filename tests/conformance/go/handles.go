package main

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"

	"allockit"
)

type operation func(s *state, words []string) error

var operations map[string]operation

func init() {
	operations = map[string]operation{
		"create": opCreate, "destroy": opDestroy,
		"alloc": opAlloc, "calloc": opCalloc, "aligned": opAligned, "allocx": opAllocx,
		"realloc": opRealloc, "reallocx": opReallocx,
		"free": opFree, "free_sized": opFreeSized, "free_aligned_sized": opFreeAlignedSized,
		"free_any": opFreeAny, "alloc_n": opAllocN, "free_n": opFreeN,
		"exhaust": opExhaust, "repeat": opRepeat,
		"fill": opFill, "verify": opVerify, "zeros": opZeros, "fill_n": opFillN, "verify_n": opVerifyN,
		"at": opAt, "same": opSame, "differ": opDiffer, "keep": opKeep,
		"usable": opUsable, "good_size": opGoodSize, "owns": opOwns, "inspect": opInspect,
		"stats": opStats, "save": opSave, "config": opConfig, "suggest": opSuggest,
		"classes": opClasses, "class_sum": opClassSum, "process": opProcess, "listed": opListed,
		"json": opJSON, "metrics": opMetrics,
		"purge": opPurge, "purge_process": opPurgeProcess, "cache_limit": opCacheLimit,
		"maintain": opMaintain, "thread_flush": opThreadFlush, "sleep": opSleep,
		"room": opRoom, "backing": opBacking, "other": opOther, "given": opGiven,
	}
	maps.Copy(operations, regionOperations)
	maps.Copy(operations, hugeOperations)
	maps.Copy(operations, poolOperations)
	maps.Copy(operations, poolLookOperations)
	maps.Copy(operations, ringOperations)
	maps.Copy(operations, uringOperations)
	maps.Copy(operations, groupOperations)
}

func opCreate(s *state, w []string) error {
	var config allockit.TieredConfig
	for _, assignment := range w[1:] {
		if err := s.set(&config, assignment); err != nil {
			return err
		}
	}
	t, err := allockit.NewTiered(config)
	if err != nil {
		return err
	}
	stats, err := t.Stats()
	if err != nil {
		return err
	}
	s.handles[w[0]] = &handle{tiered: t, id: stats.ID}
	return nil
}

func opDestroy(s *state, w []string) error {
	h := s.handle(w[0])
	switch {
	case len(w) == 1:
		return h.Close()
	case w[1] == "defer":
		return h.CloseDeferred()
	default:
		return fmt.Errorf("unknown flag %s", w[1])
	}
}

func opUsable(s *state, w []string) error {
	return s.compare(uint64(s.handle(w[0]).UsableSize(s.block(w[1]))), w[2:])
}

func opGoodSize(s *state, w []string) error {
	return s.compare(uint64(s.handle(w[0]).GoodSize(s.size(w[1]))), w[2:])
}

func opOwns(s *state, w []string) error {
	have := uint64(0)
	if s.handle(w[0]).Owns(s.block(w[1])) {
		have = 1
	}
	return s.compare(have, w[2:])
}

func opInspect(s *state, w []string) error {
	info, err := allockit.Inspect(unsafe.Pointer(unsafe.SliceData(s.block(w[0]))))
	if err != nil || len(w) == 1 {
		return err
	}
	return s.compare(figure(&info, w[1]), w[2:])
}

func opStats(s *state, w []string) error {
	stats, err := s.handle(w[0]).Stats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[1]), w[2:])
}

func opSave(s *state, w []string) error {
	stats, err := s.handle(w[1]).Stats()
	if err == nil {
		s.saved[w[0]] = figure(&stats, w[2])
	}
	return err
}

func opConfig(s *state, w []string) error {
	config, err := s.handle(w[0]).Config()
	if err != nil {
		return err
	}
	return s.compareConfig(&config, w[1:])
}

func opSuggest(s *state, w []string) error {
	config, err := s.handle(w[0]).Suggest()
	if err != nil {
		return err
	}
	return s.compare(figure(&config, w[1]), w[2:])
}

func opClasses(s *state, w []string) error {
	classes, err := s.handle(w[0]).ClassStats()
	if err != nil {
		return err
	}
	return s.compare(uint64(len(classes)), w[1:])
}

func opClassSum(s *state, w []string) error {
	classes, err := s.handle(w[0]).ClassStats()
	if err != nil {
		return err
	}
	sum := uint64(0)
	for i := range classes {
		sum += figure(&classes[i], w[1])
	}
	return s.compare(sum, w[2:])
}

func opProcess(s *state, w []string) error {
	stats, err := allockit.ReadProcessStats()
	if err != nil {
		return err
	}
	return s.compare(figure(&stats, w[0]), w[1:])
}

func opListed(s *state, w []string) error {
	id, have := s.any(w[0]).id, uint64(0)
	if slices.ContainsFunc(allockit.Handles(), func(h allockit.Handle) bool { return h.ID == id }) {
		have = 1
	}
	return s.compare(have, w[1:])
}

func opJSON(s *state, w []string) error    { return s.contains(allockit.StatsJSON, w) }
func opMetrics(s *state, w []string) error { return s.contains(allockit.OpenMetrics, w) }

func (s *state) contains(text func(id uint64) (string, error), w []string) error {
	all, err := text(s.any(w[0]).id)
	if err != nil {
		return err
	}
	if !strings.Contains(all, w[1]) {
		return fmt.Errorf("not in %s", all)
	}
	return nil
}

func opPurge(s *state, w []string) error {
	_, err := s.handle(w[0]).Purge(purgeFlags(w[1]))
	return err
}

func opPurgeProcess(_ *state, w []string) error {
	_, err := allockit.Purge(purgeFlags(w[0]))
	return err
}

func opCacheLimit(s *state, w []string) error { return allockit.CacheLimit(s.number(w[0])) }

func opMaintain(*state, []string) error {
	_, err := allockit.Maintain()
	return err
}

func opThreadFlush(*state, []string) error { return allockit.ThreadFlush() }

func opSleep(s *state, w []string) error {
	time.Sleep(time.Duration(s.number(w[0])) * time.Millisecond)
	return nil
}

// opOther performs the rest of the line on a thread of its own, which ends with
// it.
func opOther(s *state, w []string) error {
	op, known := operations[w[0]]
	if !known {
		return errors.New("unknown operation")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread exits with the goroutine
		done <- s.call(op, w[1:])
	}()
	return <-done
}

// errSkip is what a line found that the rest of the case needs to be otherwise.
type errSkip struct{ error }

// opGiven performs the rest of the line, which must go well for the case to go
// on.
func opGiven(s *state, w []string) error {
	op, known := operations[w[0]]
	if !known {
		return errors.New("unknown operation")
	}
	if err := s.call(op, w[1:]); err != nil {
		return errSkip{err}
	}
	return nil
}
